/// Reads the text form of loop IR by recursive descent; the first error is thrown with its place.
struct ProgramParser: TextParsing {
  static let deepestNesting = 128
  var lexer: TextLexer
  var token = TextToken.end
  var start = 0
  var program = Program()
  var variables: [String: Variable] = [:]
  var depth = 0

  init(_ text: String, file: String) { lexer = TextLexer(text, file: file) }

  mutating func parse() throws(Diagnostic) -> Program {
    try advance()
    try expect(word: "program")
    try expect("{")
    while try accept(word: "buffer") { try slot() }
    while try accept(word: "kernel") { program.steps.append(try step()) }
    try expect("}")
    guard token == .end else { throw unexpected("the end") }
    return program
  }

  private mutating func slot() throws(Diagnostic) {
    guard token == .symbol(String(program.slots.count)) else {
      throw unexpected("@\(program.slots.count)")
    }
    try advance()
    let name = try string()
    let place = start
    guard let element = ElementType(named: try word("an element type")), element.bits > 0 else {
      throw lexer.fault("text-type", "no type that a buffer can have", at: place)
    }
    let count = try natural(below: 1 << 40)
    let role: Program.Role
    switch try word("input, output, constant or arena") {
    case "input": role = .input(try natural(below: 1 << 20))
    case "output": role = .output(try natural(below: 1 << 20))
    case "arena": role = .arena
    case "constant":
      let place = start
      let bytes = try hex()
      guard bytes.count == element.byteCount(count) else {
        throw lexer.fault(
          "text-constant", "\(bytes.count) bytes, not \(element.byteCount(count))", at: place)
      }
      role = .constant(bytes)
    default: throw unexpected("input, output, constant or arena before this")
    }
    _ = program.addBuffer(element, count, role, name: name)
  }

  private mutating func step() throws(Diagnostic) -> Program.Step {
    let title = try string()
    try expect(word: "for")
    let nodes = try list { (parser) throws(Diagnostic) in try parser.string() }
    var step = Program.Step(kernel: Kernel(title: title, variants: []), nodes: nodes)
    if try accept(word: "macs") {
      step.macs = (try natural(below: .max), try natural(below: .max))
    }
    if try accept(word: "scratch") { step.scratch = try buffers() }
    while try accept(word: "share") { step.inPlace[try buffer()] = try buffers() }
    try expect("{")
    while try accept(word: "variant") {
      let bytes = try natural(below: 1 << 10)
      variables = [:]
      step.kernel.variants.append(.init(vectorBytes: bytes, body: try block()))
    }
    try expect("}")
    guard !step.kernel.variants.isEmpty else { throw unexpected("a variant before this") }
    return step
  }

  private mutating func buffers() throws(Diagnostic) -> [Buffer] {
    try list { (parser) throws(Diagnostic) in try parser.buffer() }
  }

  mutating func buffer() throws(Diagnostic) -> Buffer {
    guard case .symbol(let name) = token, let number = Int(name),
      program.slots.indices.contains(number)
    else { throw unexpected("@ and the number of a buffer") }
    try advance()
    return program.slots[number].buffer
  }

  mutating func natural(below limit: Int) throws(Diagnostic) -> Int {
    let place = start
    let value = try integer()
    guard (0..<limit).contains(value) else {
      throw lexer.fault("text-syntax", "\(value) is out of range", at: place)
    }
    return value
  }

  private mutating func block() throws(Diagnostic) -> [Statement] {
    try nested { (parser) throws(Diagnostic) in
      let outside = parser.variables
      try parser.expect("{")
      var statements: [Statement] = []
      while parser.token != .punctuation("}") { statements.append(try parser.statement()) }
      try parser.expect("}")
      parser.variables = outside
      return statements
    }
  }

  /// Refuses what is nested so deep that reading it would use up the stack.
  mutating func nested<Result>(
    _ body: (inout ProgramParser) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    guard depth < Self.deepestNesting else {
      throw fault("text-syntax", "nested deeper than \(Self.deepestNesting)")
    }
    depth += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func statement() throws(Diagnostic) -> Statement {
    let place = start
    switch try word("a statement") {
    case "loop": return try loop()
    case "let":
      let (variable, value) = try definition()
      return .define(variable, value)
    case "var":
      let (variable, value) = try definition()
      return .declare(variable, value)
    case "set":
      let variable = try use()
      try expect("=")
      return .assign(variable, try expression(variable.scalar, lanes: variable.lanes))
    case "store":
      let (buffer, index) = try element()
      try expect("=")
      return .store(buffer, index, try expression(.element(buffer.element.arithmetic)))
    case "if":
      let condition = try expression(.bool, lanes: 1)
      let yes = try block()
      return .when(condition, yes, else: try accept(word: "else") ? try block() : [])
    case "while":
      let condition = try expression(.bool, lanes: 1)
      return .repeatWhile(condition, try block())
    case "microkernel": return try microkernel()
    case "comment": return .comment(try string())
    default: throw lexer.fault("text-syntax", "no such statement", at: place)
    }
  }

  private mutating func loop() throws(Diagnostic) -> Statement {
    let name = try newName()
    try expect(word: "from")
    let from = try expression(.index, lanes: 1)
    try expect(word: "to")
    let to = try expression(.index, lanes: 1)
    let place = start
    let step = try accept(word: "step") ? try natural(below: 1 << 40) : 1
    guard step > 0 else { throw lexer.fault("text-syntax", "a loop needs a step", at: place) }
    let outside = variables
    let variable = try define(name, .index, lanes: 1)
    let body = try block()
    variables = outside
    return .loop(variable, from: from, to: to, step: step, body)
  }

  /// `dot(16, 1)(@0[0], 4) { ... }`.
  private mutating func microkernel() throws(Diagnostic) -> Statement {
    let place = start
    guard let program = MicroKernel.Program(rawValue: try word("a program")) else {
      throw lexer.fault("text-syntax", "no such program", at: place)
    }
    let parameters = try inParentheses { (parser) throws(Diagnostic) in try parser.integer() }
    let operands = try inParentheses { (parser) throws(Diagnostic) -> MicroKernel.Operand in
      if case .symbol = parser.token {
        let (buffer, index) = try parser.element()
        return .address(buffer, index)
      }
      return .number(try parser.expression(.index, lanes: 1))
    }
    guard (parameters.count, operands.count) == program.counts else {
      throw lexer.fault(
        "text-syntax",
        "'\(program.rawValue)' takes \(program.counts.parameters) numbers and "
          + "\(program.counts.operands) operands", at: place)
    }
    return .microkernel(MicroKernel(program, parameters, operands, meaning: try block()))
  }

  private mutating func inParentheses<Element>(
    _ element: (inout ProgramParser) throws(Diagnostic) -> Element
  ) throws(Diagnostic) -> [Element] {
    var list: [Element] = []
    try expect("(")
    if try accept(")") { return [] }
    repeat { list.append(try element(&self)) } while try accept(",")
    try expect(")")
    return list
  }

  private mutating func definition() throws(Diagnostic) -> (Variable, Expr) {
    let name = try newName()
    try expect(":")
    let place = start
    guard let scalar = Scalar(textName: try word("a type")) else {
      throw lexer.fault("text-type", "no type that a variable can have", at: place)
    }
    let lanes = try self.lanes()
    try expect("=")
    let value = try expression(scalar, lanes: lanes)
    return (try define(name, scalar, lanes: lanes), value)
  }

  mutating func lanes() throws(Diagnostic) -> Int {
    guard try accept(word: "x") else { return 1 }
    let place = start
    let lanes = try integer()
    guard [2, 4, 8, 16, 32, 64].contains(lanes) else {
      throw lexer.fault("text-type", "a vector cannot have \(lanes) lanes", at: place)
    }
    return lanes
  }

  private mutating func newName() throws(Diagnostic) -> String {
    guard case .value(let name) = token else { throw unexpected("% and a name") }
    guard variables[name] == nil else { throw fault("text-name", "%\(name) is there already") }
    try advance()
    return name
  }

  /// `hint.id`, whose number no other variable in sight has.
  private mutating func define(
    _ name: String, _ scalar: Scalar, lanes: Int
  ) throws(Diagnostic) -> Variable {
    guard let dot = name.lastIndex(of: "."), let id = Int(name[name.index(after: dot)...]),
      id >= 0, !variables.values.contains(where: { $0.id == id })
    else { throw fault("text-name", "%\(name) needs a number of its own after a dot") }
    let variable = Variable(id: id, scalar: scalar, lanes: lanes, hint: String(name[..<dot]))
    variables[name] = variable
    return variable
  }

  mutating func use() throws(Diagnostic) -> Variable {
    guard case .value(let name) = token else { throw unexpected("% and a name") }
    guard let variable = variables[name] else {
      throw fault("text-name", "%\(name) is not defined before it is read here")
    }
    try advance()
    return variable
  }
}
