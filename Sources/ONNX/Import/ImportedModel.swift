import CoppiceFiles
public import CoppiceIR

/// What the user says about a model when it is read.
public struct ImportOptions: Sendable {
  /// Extents of dynamic dimensions: by the name in the model, or `INPUT:AXIS` for an unnamed one.
  public var dimensions: [String: Int]
  /// What the model may ask for.
  public var limits: Limits

  /// Makes options.
  ///
  /// - Parameters:
  ///   - dimensions: Extents of dynamic dimensions by name.
  ///   - limits: What the model may ask for.
  public init(dimensions: [String: Int] = [:], limits: Limits = Limits()) {
    self.dimensions = dimensions
    self.limits = limits
  }
}

/// A model that was read: its graph, and what is needed to write it back.
public struct ImportedModel {
  /// The graph, adapted to the newest form of every operator.
  public var graph: Graph
  /// Notes and warnings, such as the batch that was assumed.
  public var diagnostics: [Diagnostic]
  /// The whole model file, mapped.
  public let file: Bytes
  let document: ModelDocument
  let provenance: Provenance

  /// The model file and those with its external data.
  package var paths: [String] { [document.file.path] + document.external.paths }
}

/// Where the parts of a graph came from in the decoded model, by the names of values.
struct Provenance {
  /// A node as it was imported.
  struct NodeSource {
    let proto: UnsafeMutablePointer<NodeProto>
    /// The node's name, with a prefix where a function or loop was expanded.
    let name: String
    /// The operator's name after adaptation.
    let op: String
    let attributes: Attributes
    /// The operands after adaptation: names of values.
    let operands: [String?]
    /// The operands in the file: names of values.
    let fileOperands: [String?]
    /// The ranks in the file of operands that got trailing extents of 1.
    let trimmed: [Int: Int]
    /// The operands that were attributes in the file, and the attributes' names.
    let moved: [Int: String]
    /// The values of attributes that name an attribute of the function around the node.
    let references: [String: UnsafeMutablePointer<AttributeProto>]
    let domain: String
    let opset: Int
  }

  /// What held a constant in the file.
  enum ConstantSource {
    case initializer(UnsafeMutablePointer<TensorProto>)
    case sparse(UnsafeMutablePointer<SparseTensorProto>)
    /// A Constant node, or one whose result was computed from shapes and constants.
    case node(String)
    /// An attribute or a reshaped operand in the file.
    case adapted
    /// A computed value or an input, by its name, whose elements the declared shapes show.
    case assumed(String)
  }

  /// The bytes of all constants that the file held.
  var constantBytes: Int { constants.values.reduce(0) { $0 + $1.value.heldBytes } }

  /// Sources of nodes, by the name of the first result that has one.
  var nodes: [String: NodeSource] = [:]
  /// Sources of constants, with their elements at import.
  var constants: [String: (source: ConstantSource, value: Constant)] = [:]
  /// The types at import of values whose shape was read as a value.
  var shapesRead: [String: TensorType] = [:]
  /// Whether functions were expanded.
  var expandedFunctions = false
  /// The opset imports of the model.
  var opsets: [String: Int] = [:]
  /// The names of the graph's outputs in the file.
  var outputs: [String] = []
}

extension Constant {
  /// The bytes of the elements in memory, as they are stored; tables aside.
  fileprivate var heldBytes: Int {
    if case .uniform(let one) = storage { return one.count }
    return type.byteCount
  }
}
