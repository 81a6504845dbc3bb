/// The number of a node in its graph; never reused.
public struct NodeID: Hashable, Comparable, Sendable {
  /// Counted from 0 in order of creation.
  public let index: Int
  package init(index: Int) { self.index = index }
  /// Compares the order of creation.
  ///
  /// - Parameters:
  ///   - left: A node.
  ///   - right: Another node.
  /// - Returns: Whether the left one is older.
  public static func < (left: NodeID, right: NodeID) -> Bool { left.index < right.index }
}

/// The number of a value in its graph; never reused.
public struct ValueID: Hashable, Comparable, Sendable {
  /// Counted from 0 in order of creation.
  public let index: Int
  package init(index: Int) { self.index = index }
  /// Compares the order of creation.
  ///
  /// - Parameters:
  ///   - left: A value.
  ///   - right: Another value.
  /// - Returns: Whether the left one is older.
  public static func < (left: ValueID, right: ValueID) -> Bool { left.index < right.index }
}

/// The number of a block in its graph.
public struct BlockID: Hashable, Sendable {
  /// Counted from 0; block 0 is the graph's body.
  public let index: Int
  package init(index: Int) { self.index = index }
}

/// The number of a constant in its graph's store.
public struct ConstantID: Hashable, Sendable {
  /// Counted from 0 in order of creation.
  public let index: Int
  package init(index: Int) { self.index = index }
}

/// Where a node came from in the model file.
public struct Origin: Hashable, Sendable {
  /// The node's position in the file.
  public var index: Int
  /// ONNX's operator name in the file.
  public var type: String

  /// Makes an origin.
  ///
  /// - Parameters:
  ///   - index: The node's position in the file.
  ///   - type: ONNX's operator name in the file.
  public init(index: Int, type: String) {
    self.index = index
    self.type = type
  }
}

/// A node: an operator with operands, results and its history.
///
/// Copies share what they hold until one of them is edited.
public struct Node: Sendable {
  /// An array of one, so that a copy is one reference.
  private var content: [Content]

  private struct Content: Sendable {
    var op: any Operator
    var operands: [ValueID?]
    var results: [ValueID?]
    var blocks: [BlockID] = []
    var parent: BlockID
    var name: String
    var origin: Origin
    var trail: [String]
  }

  init(
    op: any Operator, operands: [ValueID?], parent: BlockID, name: String, origin: Origin,
    trail: [String]
  ) {
    content = [
      Content(
        op: op, operands: operands, results: [], parent: parent, name: name, origin: origin,
        trail: trail)
    ]
  }

  /// What it computes.
  public internal(set) var op: any Operator {
    get { content[0].op }
    set { content[0].op = newValue }
  }

  /// What it reads; `nil` for an optional operand that is absent.
  public internal(set) var operands: [ValueID?] {
    get { content[0].operands }
    set { content[0].operands = newValue }
  }

  /// What it gives; `nil` for an optional result that nobody names.
  public internal(set) var results: [ValueID?] {
    get { content[0].results }
    set { content[0].results = newValue }
  }

  /// The bodies of If, Loop, Scan and Fused.
  public internal(set) var blocks: [BlockID] {
    get { content[0].blocks }
    set { content[0].blocks = newValue }
  }

  /// The block that the node stands in.
  public internal(set) var parent: BlockID {
    get { content[0].parent }
    set { content[0].parent = newValue }
  }

  /// The name in the model file.
  public internal(set) var name: String {
    get { content[0].name }
    set { content[0].name = newValue }
  }

  /// Where it came from.
  public internal(set) var origin: Origin {
    get { content[0].origin }
    set { content[0].origin = newValue }
  }

  /// The passes that made it what it is, in order.
  public internal(set) var trail: [String] {
    get { content[0].trail }
    set { content[0].trail = newValue }
  }

  /// The first result.
  public var result: ValueID? { results.first ?? nil }

  /// An operand, or `nil` when it is absent.
  ///
  /// - Parameter index: May lie past the end.
  /// - Returns: The value.
  public func operand(_ index: Int) -> ValueID? { index < operands.count ? operands[index] : nil }
}

/// A value: its type, name and what defines it.
public struct Value: Sendable {
  /// What defines a value.
  public enum Definition: Hashable, Sendable {
    /// An input of the graph or of a block.
    case input
    /// A constant in the store.
    case constant(ConstantID)
    /// A result of a node.
    case node(NodeID, result: Int)
    /// Nothing any more.
    case none
  }

  /// The element type and shape.
  public internal(set) var type: TensorType
  /// The name in the model file, unique in the graph.
  public internal(set) var name: String
  /// What defines it.
  public internal(set) var definition: Definition
}

/// A list of nodes in topological order, with its inputs and what it yields.
public struct Block: Sendable {
  /// Values that the caller supplies.
  public internal(set) var inputs: [ValueID] = []
  /// Values that the block yields.
  public internal(set) var outputs: [ValueID] = []
  /// The node that the block belongs to; `nil` for the graph's body.
  public internal(set) var owner: NodeID?
  var ends = NodeList.Ends()
  /// The graph's links, in blocks that a graph gives out.
  var links: [NodeList.Link] = []

  /// The nodes in order.
  public var nodes: NodeList { NodeList(ends, links) }
}
