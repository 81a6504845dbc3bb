/// Builds the kernel of one node; what `Operator.lower` talks to.
///
/// A class, because nested closures append to one place; it never leaves the lowering of a node.
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
  public func variable(_ scalar: Scalar, lanes: Int = 1, _ hint: String) -> Variable {
    defer { nextVariable += 1 }
    return Variable(id: nextVariable, scalar: scalar, lanes: lanes, hint: hint)
  }

  /// Appends a statement.
  ///
  /// - Parameter statement: What comes next.
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

  /// The statements that a closure appends, taken out.
  ///
  /// - Parameter body: Appends statements.
  /// - Returns: What it appended.
  /// - Throws: What `body` throws.
  public func block<E: Error>(_ body: () throws(E) -> Void) throws(E) -> [Statement] {
    frames.append([])
    do {
      try body()
    } catch {
      frames.removeLast()
      throw error
    }
    return frames.removeLast()
  }

  /// A loop; one of a single turn leaves no loop behind.
  ///
  /// - Parameters:
  ///   - hint: A wish for the variable's name.
  ///   - from: The first index.
  ///   - to: The index after the last.
  ///   - step: A positive step.
  ///   - body: Builds a turn from the loop variable.
  /// - Throws: What `body` throws.
  public func loop<E: Error>(
    _ hint: String, from: Expr = .integer(0), to: Expr, step: Int = 1,
    _ body: (Expr) throws(E) -> Void
  ) throws(E) {
    if let low = from.constantIndex, let high = to.constantIndex {
      if high <= low { return }
      if low + step >= high { return try body(from) }
    }
    let variable = variable(.index, hint)
    let statements = try block { () throws(E) in try body(.variable(variable)) }
    emit(.loop(variable, from: from, to: to, step: step, statements))
  }

  /// A loop over `0 ..< count`.
  ///
  /// - Parameters:
  ///   - hint: A wish for the variable's name.
  ///   - count: The number of turns.
  ///   - body: Builds a turn from the loop variable.
  /// - Throws: What `body` throws.
  public func loop<E: Error>(_ hint: String, _ count: Int, _ body: (Expr) throws(E) -> Void)
    throws(E)
  {
    try loop(hint, to: .integer(count), body)
  }

  /// Nested loops over all indices of a shape.
  ///
  /// - Parameters:
  ///   - shape: The extents.
  ///   - hint: A wish for the variables' names.
  ///   - body: Builds a turn from the index.
  /// - Throws: What `body` throws.
  public func loops<E: Error>(
    _ shape: [Int], _ hint: String = "i", _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    guard !shape.contains(0) else { return }
    try nest(shape[...], hint, [], body)
  }

  private func nest<E: Error>(
    _ shape: ArraySlice<Int>, _ hint: String, _ index: [Expr], _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    guard let extent = shape.first else { return try body(index) }
    try loop("\(hint)\(index.count)", extent) { (part) throws(E) in
      try nest(shape.dropFirst(), hint, index + [part], body)
    }
  }

  /// Loops over all elements of a view in the order of memory, the neighbours innermost.
  ///
  /// - Parameters:
  ///   - view: Where they lie.
  ///   - body: Gets the index, one loop variable for each axis.
  /// - Throws: What `body` throws.
  public func loops<E: Error>(
    along view: TensorView, _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    guard !view.shape.contains(0) else { return }
    let axes = view.shape.indices.sorted { a, b in
      let (x, y) = (view.strides[a], view.strides[b])
      return x != y ? x > y : a < b
    }
    let start = view.shape.map { _ in Expr.integer(0) }
    try nest(axes[...], view.shape, start, body)
  }

  private func nest<E: Error>(
    _ axes: ArraySlice<Int>, _ shape: [Int], _ index: [Expr], _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    guard let axis = axes.first else { return try body(index) }
    try loop("i\(axis)", shape[axis]) { (part) throws(E) in
      var index = index
      index[axis] = part
      try nest(axes.dropFirst(), shape, index, body)
    }
  }

  /// A name for a value; constants and variables need none.
  ///
  /// - Parameters:
  ///   - hint: A wish for the name.
  ///   - value: The value.
  /// - Returns: The variable, or the value itself.
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
  public func assign(_ variable: Variable, _ value: Expr) { emit(.assign(variable, value)) }

  /// Adds to a variable.
  ///
  /// - Parameters:
  ///   - variable: From `declare`.
  ///   - value: What is added.
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
