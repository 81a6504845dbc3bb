import CoppiceIR
import CoppiceLowering

/// A C function that one or more steps call.
struct KernelFunction {
  var name: String
  var title: String
  var parameters: [Parameter]
  var body: CText
  /// The steps that call it.
  var steps: [Program.Step]
  /// A measure of the bytes of its code.
  var operations: Int

  struct Parameter {
    var name: String
    var element: ElementType
    var isWritten: Bool
    /// No call site passes memory that another parameter overlaps.
    var isRestrict: Bool
  }

  private static let stepsTold = 6

  /// Prints the definition.
  ///
  /// - Parameters:
  ///   - c: Takes the text.
  ///   - macro: The storage class and attributes of kernels.
  func print(to c: inout CText, macro: String) {
    let told = steps.prefix(Self.stepsTold).map(\.told)
    let lines = told.count == 1 ? [title + (told[0].isEmpty ? "" : " ") + told[0]] : [title] + told
    c.comment(lines, more: steps.count - Self.stepsTold)
    let list = parameters.map { parameter in
      let const = parameter.isWritten ? "" : "const "
      let restrict = parameter.isRestrict ? "restrict " : ""
      return "\(const)\(cName(parameter.element)) *\(restrict)\(parameter.name)"
    }
    c.line("\(macro) void \(name)(\(wrapped(list)))")
    c.line("{")
    c.write(body)
    c.line("}")
    c.line()
  }
}

/// Parameters, each on a line of its own when there are many.
func wrapped(_ list: [String]) -> String {
  if list.isEmpty { return "void" }
  let line = list.joined(separator: ", ")
  return line.utf8.count <= 70 ? line : "\n    " + list.joined(separator: ",\n    ")
}

/// The functions of a program, each body once, and which one every step calls.
struct KernelTable {
  private(set) var functions: [KernelFunction] = []
  /// For each step: the function and its arguments.
  private(set) var calls: [(function: Int, arguments: [Buffer])] = []
  private(set) var helpers: Helpers
  private var known: [[UInt8]: Int] = [:]
  /// The functions by the loops they were printed from.
  private var printed: [KernelPattern: (function: Int, arguments: [Int])] = [:]
  private let prefix: String

  init(_ program: Program, _ plan: MemoryPlan, prefix: String, target: Target) {
    self.prefix = prefix
    helpers = Helpers(prefix: prefix, target: target)
    for step in program.steps { add(step, program, plan) }
  }

  /// The buffers that any call passes.
  var usedBuffers: Set<Buffer> { Set(calls.flatMap(\.arguments)) }

  /// A measure of the bytes of all code: functions with their entries, and calls.
  var operations: Int {
    functions.reduce(0) { $0 + $1.operations + 8 }
      + calls.reduce(0) { $0 + $1.arguments.count + 2 }
  }

  private mutating func add(_ step: Program.Step, _ program: Program, _ plan: MemoryPlan) {
    let pattern = KernelPattern(step, program)
    if let (function, positions) = printed[pattern] {
      let arguments = positions.map { pattern.buffers[$0] }
      call(function, arguments, overlapping(arguments, pattern.written, program, plan), step)
      return
    }
    let call = define(step, program, plan)
    let numbers = Dictionary(
      uniqueKeysWithValues: pattern.buffers.enumerated().map { ($1, $0) })
    let positions = call.arguments.compactMap { numbers[$0] }
    if call.function >= 0 { printed[pattern] = (call.function, positions) }
  }

  /// Notes one more call of a function.
  private mutating func call(
    _ function: Int, _ arguments: [Buffer], _ aliased: Set<Buffer>, _ step: Program.Step
  ) {
    for (position, buffer) in arguments.enumerated() where aliased.contains(buffer) {
      functions[function].parameters[position].isRestrict = false
    }
    functions[function].steps.append(step)
    calls.append((function, arguments))
  }

  private mutating func define(
    _ step: Program.Step, _ program: Program, _ plan: MemoryPlan
  ) -> (function: Int, arguments: [Buffer]) {
    let variants = step.kernel.variants.map { variant in
      Kernel.Variant(
        vectorBytes: variant.vectorBytes, body: Liveness.pruned(variant.body))
    }
    let kernel = Kernel(title: step.kernel.title, variants: variants)
    let access = BufferAccess(kernel)
    let written = Set(access.writes)
    let arguments = access.reads.filter { !written.contains($0) } + access.writes
    if arguments.isEmpty {
      calls.append((-1, []))
      return (-1, [])
    }
    var parameters = named(arguments, written, step, program)
    let aliased = overlapping(arguments, written, program, plan)
    for index in parameters.indices {
      parameters[index].isRestrict = !aliased.contains(arguments[index])
    }
    let body = self.body(kernel, parameters, arguments)
    var key = Array(parameters.map { "\($0.name) \(cName($0.element)) " }.joined().utf8)
    key += body.bytes
    if let index = known[key] {
      call(index, arguments, aliased, step)
      return (index, arguments)
    }
    let word = identifier(kernel.title, limit: 24)
    let name = "\(prefix)_k\(functions.count)" + (word.isEmpty ? "" : "_" + word)
    known[key] = functions.count
    calls.append((functions.count, arguments))
    functions.append(
      KernelFunction(
        name: name, title: kernel.title, parameters: parameters, body: body, steps: [step],
        operations: kernel.operations))
    return (functions.count - 1, arguments)
  }

  private func named(
    _ arguments: [Buffer], _ written: Set<Buffer>, _ step: Program.Step, _ program: Program
  ) -> [KernelFunction.Parameter] {
    var counts: [String: Int] = [:]
    return arguments.map { buffer in
      var stem = written.contains(buffer) ? "out" : "in"
      if case .constant = program.slots[buffer.id].role { stem = "w" }
      if step.scratch.contains(buffer) { stem = "tmp" }
      let number = counts[stem, default: 0]
      counts[stem] = number + 1
      return KernelFunction.Parameter(
        name: "\(stem)\(number)", element: buffer.element, isWritten: written.contains(buffer),
        isRestrict: true)
    }
  }

  /// Arguments that share bytes of the arena with another one, if either is written.
  private func overlapping(
    _ arguments: [Buffer], _ written: Set<Buffer>, _ program: Program, _ plan: MemoryPlan
  ) -> Set<Buffer> {
    let ranges = arguments.compactMap { buffer -> (Buffer, Range<Int>)? in
      guard case .arena = program.slots[buffer.id].role, let start = plan.offsets[buffer.id] else {
        return nil
      }
      return (buffer, start..<(start + max(buffer.element.byteCount(buffer.count), 1)))
    }
    var found: Set<Buffer> = []
    for (index, (a, first)) in ranges.enumerated() {
      for (b, second) in ranges[(index + 1)...] where first.overlaps(second) {
        if written.contains(a) || written.contains(b) { found.formUnion([a, b]) }
      }
    }
    return found
  }

  private mutating func body(
    _ kernel: Kernel, _ parameters: [KernelFunction.Parameter], _ arguments: [Buffer]
  ) -> CText {
    var c = CText(indent: 1)
    for (buffer, parameter) in zip(arguments, parameters)
    where parameter.isWritten && buffer.element.bits < 8 {
      c.open("for (ptrdiff_t b = 0; b < \(buffer.element.byteCount(buffer.count)); ++b)")
      c.line("\(parameter.name)[b] = 0;")
      c.close("}")
    }
    let variants = kernel.variants
    for (index, variant) in variants.enumerated() {
      if variants.count > 1 {
        let isLast = index == variants.count - 1
        let condition = helpers.target.vectorCondition(variant.vectorBytes)
        c.line(index == 0 ? "#if \(condition)" : isLast ? "#else" : "#elif \(condition)")
      }
      var expressions = ExpressionPrinter(helpers: helpers)
      for (buffer, parameter) in zip(arguments, parameters) {
        expressions.buffers[buffer] = parameter.name
      }
      if variants.count > 1 {
        let access = BufferAccess(Kernel(title: "", variants: [variant]))
        let used = Set(access.reads + access.writes)
        for (buffer, parameter) in zip(arguments, parameters) where !used.contains(buffer) {
          c.line("(void)\(parameter.name);")
        }
      }
      var printer = StatementPrinter(expressions: expressions)
      printer.print(variant.body)
      c.write(printer.c)
      helpers = printer.expressions.helpers
    }
    if variants.count > 1 { c.line("#endif") }
    return c
  }
}
