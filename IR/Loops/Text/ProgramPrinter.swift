/// Writes the text form of loop IR.
struct ProgramPrinter {
  let elidedAbove: Int?
  var out = ""
  private var depth = 0

  init(elidedAbove: Int?) { self.elidedAbove = elidedAbove }

  mutating func print(_ program: Program) {
    block("program") { printer in
      for slot in program.slots { printer.line(printer.text(slot)) }
      for step in program.steps {
        printer.block(printer.head(step)) { printer in
          for variant in step.kernel.variants {
            printer.block("variant \(variant.vectorBytes)") { $0.print(variant.body) }
          }
        }
      }
    }
  }

  private mutating func line(_ text: String) {
    out += String(repeating: "  ", count: depth) + text + "\n"
  }

  private mutating func block(_ head: String, _ body: (inout ProgramPrinter) -> Void) {
    line("\(head) {")
    depth += 1
    body(&self)
    depth -= 1
    line("}")
  }

  private func text(_ slot: Program.Slot) -> String {
    let role =
      switch slot.role {
      case .input(let number): "input \(number)"
      case .output(let number): "output \(number)"
      case .arena: "arena"
      case .constant(let bytes):
        if let elidedAbove, bytes.count > elidedAbove {
          "constant elided \(quoted(hashText(bytes)))"
        } else {
          "constant \(hexText(bytes))"
        }
      }
    let (buffer, name) = (slot.buffer, quoted(slot.name))
    return "buffer @\(buffer.id) \(name) \(buffer.element.shortName) \(buffer.count) \(role)"
  }

  private func head(_ step: Program.Step) -> String {
    var text = "kernel \(quoted(step.kernel.title))"
    text += " for [\(step.nodes.map(quoted).joined(separator: ", "))]"
    if step.macs != (0, 0) { text += " macs \(step.macs.dense) \(step.macs.nonzero)" }
    if !step.scratch.isEmpty { text += " scratch \(list(step.scratch))" }
    for (buffer, others) in step.inPlace.sorted(by: { $0.key.id < $1.key.id })
    where !others.isEmpty {
      text += " share @\(buffer.id) \(list(others))"
    }
    return text
  }

  private func list(_ buffers: [Buffer]) -> String {
    "[\(buffers.map { "@\($0.id)" }.joined(separator: ", "))]"
  }

  private mutating func print(_ statements: [Statement]) {
    for statement in statements { print(statement) }
  }

  private mutating func print(_ statement: Statement) {
    switch statement {
    case .loop(let variable, let from, let to, let step, let body):
      let by = step == 1 ? "" : " step \(step)"
      block("loop \(name(variable)) from \(text(from)) to \(text(to))\(by)") { $0.print(body) }
    case .define(let variable, let value):
      line("let \(name(variable)) : \(type(variable)) = \(text(value))")
    case .declare(let variable, let value):
      line("var \(name(variable)) : \(type(variable)) = \(text(value))")
    case .assign(let variable, let value): line("set \(name(variable)) = \(text(value))")
    case .store(let buffer, let index, let value):
      line("store @\(buffer.id)[\(text(index))] = \(text(value))")
    case .when(let condition, let yes, let no):
      block("if \(text(condition))") { $0.print(yes) }
      if !no.isEmpty { block("else") { $0.print(no) } }
    case .repeatWhile(let condition, let body):
      block("while \(text(condition))") { $0.print(body) }
    case .microkernel(let step):
      let parameters = step.parameters.map(String.init).joined(separator: ", ")
      let operands = step.operands.map(text).joined(separator: ", ")
      block("microkernel \(step.program.rawValue)(\(parameters))(\(operands))") {
        $0.print(step.meaning)
      }
    case .comment(let text): line("comment \(quoted(text))")
    }
  }

  private func text(_ operand: MicroKernel.Operand) -> String {
    switch operand {
    case .address(let buffer, let index): "@\(buffer.id)[\(text(index))]"
    case .number(let value): text(value)
    }
  }

  private func name(_ variable: Variable) -> String {
    "%" + textName("\(variable.hint).\(variable.id)")
  }

  private func type(_ variable: Variable) -> String {
    variable.scalar.textName + (variable.lanes == 1 ? "" : " x \(variable.lanes)")
  }

  private func text(_ value: Expr) -> String {
    func call(_ name: String, _ arguments: Expr...) -> String {
      "\(name)(\(arguments.map(text).joined(separator: ", ")))"
    }
    switch value {
    case .integer(let value): return String(value)
    case .number(let value, let element): return "\(value):\(element.shortName)"
    case .whole(let value, let element): return "whole \(value):\(element.shortName)"
    case .variable(let variable): return name(variable)
    case .load(let buffer, let index, let lanes):
      return "load\(lanes == 1 ? "" : " x \(lanes)") @\(buffer.id)[\(text(index))]"
    case .binary(let op, let a, let b):
      let marks: [BinaryOp: String] = [.add: "+", .sub: "-", .mul: "*", .div: "/"]
      guard let mark = marks[op] else { return call(op.rawValue, a, b) }
      return "(\(text(a)) \(mark) \(text(b)))"
    case .unary(let op, let a): return call(op.rawValue, a)
    case .compare(let op, let a, let b): return call(op.rawValue, a, b)
    case .select(let condition, let a, let b): return call("select", condition, a, b)
    case .convert(let a, let scalar): return call(scalar.textName, a)
    case .math(let function, let arguments):
      return "\(function.rawValue)(\(arguments.map(text).joined(separator: ", ")))"
    case .packed(let op, let operands):
      return "\(op.rawValue)(\(operands.map(text).joined(separator: ", ")))"
    case .pick(let a, let b, let lanes): return call("pick", a, b, lanes)
    case .shuffle(let a, let b, let order): return "\(call("shuffle", a, b)) \(order)"
    case .splat(let a, let lanes): return "\(call("splat", a)) x \(lanes)"
    }
  }
}
