/// Builds the kernel of one node; what `Operator.lower` talks to.
///
/// A class, because nested closures append to one place; it never leaves the lowering of a node.
/// What every operator calls is never inlined, and what takes closures leaves all but their calls to
/// functions that do not: each would be compiled again for hundreds of callers.
public final class LoopBuilder {
  /// Where the operands lie; `nil` for one that is absent.
  public let operands: [TensorView?]
  /// Where the results go; `nil` for one that nobody reads.
  public let results: [TensorView?]
  /// Types, as kernels compute in them, and known values of the operands.
  public let context: InferenceContext
  /// The storages of operands that are constants, for nonzero iteration.
  public let constants: [Constant?]
  /// Changes a value of result 0 on its way to memory: the fused tail.
  package var epilogue: ((_ index: [Expr], _ value: Expr, _ builder: LoopBuilder) -> Expr)?
  package var addConstant: (Bytes, ElementType, Int, String, Int?) -> Buffer
  package var addScratch: (ElementType, Int, String) -> Buffer
  package private(set) var scratch: [Buffer] = []
  /// Operations that the expressions of the kernel may have in all.
  package var sizeLimit = Int.max
  /// Operations so far; more than the limit when it was passed, and nothing is appended any more.
  package private(set) var size = 0
  private var frames: [[Statement]] = [[]]
  /// The number of the next variable.
  package var nextVariable = 0

  /// Makes a builder.
  package init(
    operands: [TensorView?], results: [TensorView?], context: InferenceContext,
    constants: [Constant?],
    addConstant: @escaping (Bytes, ElementType, Int, String, Int?) -> Buffer,
    addScratch: @escaping (ElementType, Int, String) -> Buffer
  ) {
    self.operands = operands
    self.results = results
    self.context = context.arithmetic
    self.constants = constants
    self.addConstant = addConstant
    self.addScratch = addScratch
  }

  /// What was built.
  package var statements: [Statement] { frames[0] }

  /// Starts again for another variant of the same kernel; variable numbers go on.
  package func takeStatements() -> [Statement] {
    defer { frames = [[]] }
    return frames[0]
  }

  /// An operand that must be there.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Where it lies.
  /// - Throws: `missing-operand`.
  public func operand(_ index: Int) throws(DiagnosticMessage) -> TensorView {
    guard index < operands.count, let view = operands[index] else {
      throw DiagnosticMessage("missing-operand", "operand \(index) is required but absent")
    }
    return view
  }

  /// A result that must be there.
  ///
  /// - Parameter index: The result.
  /// - Returns: Where it goes.
  /// - Throws: `missing-result`.
  public func result(_ index: Int = 0) throws(DiagnosticMessage) -> TensorView {
    guard index < results.count, let view = results[index] else {
      throw DiagnosticMessage("missing-result", "result \(index) is required but nobody reads it")
    }
    return view
  }

  /// A new variable.
  ///
  /// - Parameters:
  ///   - scalar: Its scalar type.
  ///   - lanes: 1, or the lanes of a vector.
  ///   - hint: A wish for the printed name.
  /// - Returns: The variable; it has no statement yet.
  @inline(never)
  public func variable(_ scalar: Scalar, lanes: Int = 1, _ hint: String) -> Variable {
    defer { nextVariable += 1 }
    return Variable(id: nextVariable, scalar: scalar, lanes: lanes, hint: hint)
  }

  /// Appends a statement.
  ///
  /// - Parameter statement: What comes next.
  @inline(never)
  public func emit(_ statement: Statement) {
    guard statement.expressions.allSatisfy({ admits($0) }) else { return }
    frames[frames.count - 1].append(statement)
  }

  /// Counts the operations of an expression that is about to be appended.
  ///
  /// An expression may share its parts, and so stand for far more than the memory that it takes:
  /// counting ends at the limit.
  private func admits(_ value: Expr) -> Bool {
    guard size <= sizeLimit else { return false }
    var pending = [value]
    while let next = pending.popLast() {
      size += 1
      if size > sizeLimit { return false }
      next.appendParts(to: &pending)
    }
    return true
  }

  /// Begins a block of statements.
  @inline(never)
  func openBlock() { frames.append([]) }

  /// Ends the block that was begun last.
  ///
  /// - Returns: What was appended since.
  @inline(never)
  func closeBlock() -> [Statement] { frames.removeLast() }

  /// The statements that a closure appends, taken out.
  ///
  /// - Parameter body: Appends statements.
  /// - Returns: What it appended.
  /// - Throws: What `body` throws.
  public func block<E: Error>(_ body: () throws(E) -> Void) throws(E) -> [Statement] {
    openBlock()
    do {
      try body()
    } catch {
      _ = closeBlock()
      throw error
    }
    return closeBlock()
  }

  /// A name for a value; constants and variables need none.
  ///
  /// - Parameters:
  ///   - hint: A wish for the name.
  ///   - value: The value.
  /// - Returns: The variable, or the value itself.
  @inline(never)
  public func define(_ hint: String, _ value: Expr) -> Expr {
    switch value {
    case .integer, .number, .whole, .variable: return value
    default:
      guard admits(value) else { return value }
      let variable = variable(value.scalar, lanes: value.lanes, hint)
      frames[frames.count - 1].append(.define(variable, value))
      return .variable(variable)
    }
  }

  /// A variable that `assign` may change.
  ///
  /// - Parameters:
  ///   - hint: A wish for the name.
  ///   - value: Its first value.
  /// - Returns: The variable.
  @inline(never)
  public func declare(_ hint: String, _ value: Expr) -> Variable {
    let variable = variable(value.scalar, lanes: value.lanes, hint)
    emit(.declare(variable, value))
    return variable
  }

  /// Changes a variable.
  ///
  /// - Parameters:
  ///   - variable: From `declare`.
  ///   - value: Its new value.
  @inline(never)
  public func assign(_ variable: Variable, _ value: Expr) { emit(.assign(variable, value)) }

  /// Adds to a variable.
  ///
  /// - Parameters:
  ///   - variable: From `declare`.
  ///   - value: What is added.
  @inline(never)
  public func accumulate(_ variable: Variable, _ value: Expr) {
    emit(.assign(variable, .variable(variable) + value))
  }

  /// Runs statements if a condition holds.
  ///
  /// - Parameters:
  ///   - condition: A bool.
  ///   - body: What runs if it holds.
  ///   - otherwise: What runs if not.
  /// - Throws: What the closures throw.
  public func when<E: Error>(
    _ condition: Expr, _ body: () throws(E) -> Void, else otherwise: () throws(E) -> Void
  ) throws(E) {
    let yes = try block(body)
    let no = try block(otherwise)
    emit(.when(condition, yes, else: no))
  }

  /// Runs statements if a condition holds.
  ///
  /// - Parameters:
  ///   - condition: A bool.
  ///   - body: What runs if it holds.
  /// - Throws: What `body` throws.
  public func when<E: Error>(_ condition: Expr, _ body: () throws(E) -> Void) throws(E) {
    emit(.when(condition, try block(body), else: []))
  }

  /// Stores an element; into result 0 it goes through the fused tail.
  ///
  /// - Parameters:
  ///   - value: What is stored.
  ///   - view: A result, or scratch memory.
  ///   - index: One expression for each axis.
  @inline(never)
  public func store(_ value: Expr, to view: TensorView, at index: [Expr]) {
    var value = value
    if let epilogue, let result = results.first, view == result {
      value = epilogue(index, value, self)
      emit(.store(outputBuffer ?? view.buffer, view.at(index), value))
      return
    }
    emit(.store(view.buffer, view.at(index), value))
  }

  /// Where result 0 really goes when a fused tail changes its element type.
  package var outputBuffer: Buffer?
  /// What the fused tail reads besides the value, broadcast to the result.
  package var tailViews: [TensorView] = []
  /// The axis of result 0 that the lanes of stored vectors go along.
  package var laneAxis = 1

  /// Memory of the arena that is only used inside this kernel.
  ///
  /// - Parameters:
  ///   - element: The element type.
  ///   - shape: The extents.
  ///   - name: What it is for.
  /// - Returns: Where it lies, row-major.
  public func scratch(_ element: ElementType, _ shape: [Int], _ name: String) -> TensorView {
    let buffer = addScratch(element, shape.reduce(1, *), name)
    scratch.append(buffer)
    return TensorView(buffer, shape)
  }

  /// A table that is emitted with the code; equal tables are emitted once.
  ///
  /// - Parameters:
  ///   - constant: Its elements.
  ///   - name: What it is for.
  ///   - operand: The operand that it was packed from, for the report.
  /// - Returns: Where it lies.
  public func table(_ constant: Constant, _ name: String, from operand: Int? = nil) -> TensorView {
    let type = constant.type
    return TensorView(
      addConstant(constant.dense, type.element, type.count, name, operand), type.shape)
  }
}
