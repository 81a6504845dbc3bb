import CoppiceIR

/// Prints the statements of one variant of a kernel.
struct StatementPrinter {
  var expressions: ExpressionPrinter
  var c = CText(indent: 1)
  private var scope = NameScope()
  /// The element type whose width the lanes of a vector of bools have, by variable.
  private var maskWidths: [Int: ElementType] = [:]

  init(expressions: ExpressionPrinter) { self.expressions = expressions }

  mutating func print(_ body: [Statement]) {
    for (number, statement) in body.enumerated() {
      if case .define(let variable, let value) = statement,
        value.isLoadedForProducts(of: variable, in: body[(number + 1)...])
      {
        define(variable, value, "")
        c.line("\(expressions.helpers.keep())(\(expressions.names[variable.id] ?? ""));")
      } else {
        print(statement)
      }
    }
  }

  private mutating func print(_ statement: Statement) {
    switch statement {
    case .loop(let variable, let from, let to, let step, let body):
      loop(variable, from, to, step, body)
    case .define(let variable, let value): define(variable, value, "const ")
    case .declare(let variable, let value): define(variable, value, "")
    case .assign(let variable, let value): assign(variable, value)
    case .store(let buffer, let index, let value): store(buffer, index, value)
    case .when(let condition, let yes, let no): when(condition, yes, no)
    case .repeatWhile(let condition, let body):
      let outer = scope
      c.open("while (\(expressions.text(condition)))")
      print(body)
      c.close("}")
      scope = outer
    case .microkernel(let step): microkernel(step)
    case .comment(let text): c.line("/* \(commentText(text)) */")
    }
  }

  private mutating func loop(
    _ variable: Variable, _ from: Expr, _ to: Expr, _ step: Int, _ body: [Statement]
  ) {
    let (first, last) = (expressions.text(from), expressions.text(to, .sum))
    let outer = scope
    let name = declareName(variable)
    let advance = step == 1 ? "++\(name)" : "\(name) += \(step)"
    c.open("for (ptrdiff_t \(name) = \(first); \(name) < \(last); \(advance))")
    print(body)
    c.close("}")
    scope = outer
  }

  private mutating func when(_ condition: Expr, _ yes: [Statement], _ no: [Statement]) {
    let outer = scope
    c.open("if (\(expressions.text(condition)))")
    print(yes)
    scope = outer
    if !no.isEmpty {
      c.close("} else {", reopening: true)
      print(no)
      scope = outer
    }
    c.close("}")
  }

  /// A call of the program where there is one, else what it means.
  private mutating func microkernel(_ step: MicroKernel) {
    let arguments = step.operands.map { operand in
      switch operand {
      case .address(let buffer, let index): expressions.argument(buffer, index)
      case .number(let value): expressions.text(value)
      }
    }
    c.line("#if \(expressions.helpers.macro(step.program))")
    c.line("\(expressions.helpers.program(step))(\(wrapped(arguments)));")
    c.line("#else")
    let outer = scope
    print(step.meaning)
    scope = outer
    c.line("#endif")
  }

  private mutating func declareName(_ variable: Variable) -> String {
    let name = scope.unique(variable.hint)
    expressions.names[variable.id] = name
    return name
  }

  private mutating func define(_ variable: Variable, _ value: Expr, _ qualifier: String) {
    let type: String
    if variable.lanes > 1 {
      let width = variable.scalar == .bool ? maskWidth(value) : nil
      maskWidths[variable.id] = width
      let element = width.map { expressions.helpers.maskElement($0) } ?? value.elementType
      type = expressions.helpers.vector(element, variable.lanes)
    } else {
      type = cName(variable.scalar)
    }
    let text = expressions.value(value)
    c.line("\(qualifier)\(type) \(declareName(variable)) = \(text);")
  }

  private func maskWidth(_ value: Expr) -> ElementType? {
    switch value {
    case .compare(_, let a, _): a.elementType
    case .binary(_, let a, let b): maskWidth(a) ?? maskWidth(b)
    case .unary(_, let a), .splat(let a, _): maskWidth(a)
    case .variable(let variable): maskWidths[variable.id]
    default: nil
    }
  }

  private mutating func assign(_ variable: Variable, _ value: Expr) {
    let name = expressions.names[variable.id] ?? "v\(variable.id)"
    if case .binary(let op, .variable(variable), let other) = value, isCompound(op, value) {
      let sign = op == .add ? "+" : "-"
      c.line("\(name) \(sign)= \(expressions.text(other));")
    } else {
      c.line("\(name) = \(expressions.value(value));")
    }
  }

  private func isCompound(_ op: BinaryOp, _ value: Expr) -> Bool {
    guard op == .add || op == .sub else { return false }
    return value.scalar.isFloat || value.scalar == .index
  }

  private mutating func store(_ buffer: Buffer, _ index: Expr, _ value: Expr) {
    if value.lanes > 1 {
      let type = expressions.helpers.vector(buffer.element, value.lanes)
      let place = expressions.address(buffer, index)
      let text =
        buffer.element.isNative
        ? expressions.text(value) : expressions.held(value, in: buffer.element)
      c.line("*(\(type) *)\(place) = \(text);")
      return
    }
    let name = expressions.buffers[buffer] ?? "buffer\(buffer.id)"
    let held = expressions.held(value, in: buffer.element)
    if buffer.element.bits < 8 {
      let put = expressions.helpers.packing(buffer.element)
      c.line("\(put)(\(name), \(expressions.text(index)), \(held));")
    } else {
      c.line("\(name)[\(expressions.text(index))] = \(held);")
    }
  }
}

extension Expr {
  /// Whether this is a vector from memory that several sums need times something.
  ///
  /// Compilers take an operand of each product from memory then, as if it cost nothing, where one
  /// load would do.
  fileprivate func isLoadedForProducts(
    of variable: Variable, in rest: ArraySlice<Statement>
  ) -> Bool {
    guard case .load(let buffer, _, let lanes) = self, lanes > 1, buffer.element == .float32
    else { return false }
    var products = 0
    for statement in rest {
      if case .assign(_, .binary(.add, _, .binary(.mul, let a, let b))) = statement,
        a == .variable(variable) || b == .variable(variable)
      {
        products += 1
      }
      if products > 1 { return true }
    }
    return false
  }
}
