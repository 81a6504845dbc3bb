/// An operator of the graph IR: its schema, type inference, plain lowering and facts.
///
/// A conforming type holds its attributes and nothing else. It is `package`: passes of the project ask
/// `node.op is Conv`, those of others ask for the name, or for a protocol that states a fact, such as
/// `LinearOperator`, and make operators by `OperatorRegistry.find`. To add one, write
/// `IR/Operators/<Family>/<Name>.swift` and list it in `OperatorRegistry.swift`.
public protocol Operator: Sendable {
  /// What it is called and takes.
  static var schema: OperatorSchema { get }

  /// The attributes that were given; `settings` adds the schema's defaults.
  var attributes: Attributes { get set }

  /// Makes the operator; attributes are checked by `inferTypes`.
  init(attributes: Attributes)

  /// The types of the results, in the order of the schema.
  ///
  /// - Throws: What is wrong with operands and attributes.
  func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType]

  /// The operands that are not known but must be, as the declared types of the results show them.
  func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand]

  /// Emits the plain loops that compute the results.
  ///
  /// - Throws: What type inference throws, and what cannot be computed.
  func lower(_ builder: LoopBuilder) throws(DiagnosticMessage)

  /// Brings a node of an older opset to the form of the newest.
  ///
  /// - Throws: Why an old form cannot be adapted.
  static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage)

  /// Results that need no loops: constants known without computing, or operands passed through.
  func fold(_ context: InferenceContext) -> [Constant]?

  /// The results as views of operand 0's memory, when no element has to move.
  func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]?

  /// The nodes that the operator stands for, when it is lowered by way of others.
  ///
  /// - Throws: What type inference of those nodes throws.
  func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool

  /// Every element of result 0 is stored exactly once, through `LoopBuilder.store`, and is not
  /// read back, so that an element-wise tail may be fused to the store.
  var storesOnce: Bool { get }

  /// Operands that result 0 may overwrite: element i of the result reads only element i of them.
  var inPlaceOperands: [Int] { get }

  /// A fair relative tolerance when two lowerings are compared.
  var tolerance: Double { get }
}

extension Operator {
  /// Nothing to adapt.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing here; others refuse forms that cannot be adapted.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {}

  /// None.
  ///
  /// - Parameter context: The operands, and the declared types of the results.
  /// - Returns: Operands by number.
  public func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] { [:] }

  /// Nothing known without computing.
  ///
  /// - Parameter context: The operands.
  /// - Returns: `nil`.
  public func fold(_ context: InferenceContext) -> [Constant]? { nil }

  /// Not a view.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operands.
  /// - Returns: `nil`.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? { nil }

  /// Lowered by itself.
  ///
  /// - Parameter builder: Takes the nodes that stand for the operator.
  /// - Returns: `false`: nothing was built.
  /// - Throws: Nothing here.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    false
  }

  /// Not known to store once.
  public var storesOnce: Bool { false }
  /// Never in place.
  public var inPlaceOperands: [Int] { [] }
  /// 1e-5.
  public var tolerance: Double { 1e-5 }

  /// ONNX's name of the operator.
  public var name: String { Self.schema.name }
}
