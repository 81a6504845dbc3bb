/// Runs loop IR without a C compiler: for constants at compile time, and as an oracle for tests.
///
/// Arithmetic is that of the generated C: float32 results are rounded to float32 after each
/// operation, whole numbers wrap to their width, and accesses outside of a buffer are an error.
public enum Interpreter {
  /// Runs a program.
  ///
  /// - Parameters:
  ///   - program: What runs.
  ///   - inputs: The bytes of each input, row-major and packed.
  ///   - vectorBytes: The widest vectors whose variants of kernels may run; scalars only if 0.
  ///   - work: Turns of loops that may be made.
  /// - Returns: The bytes of each output.
  /// - Throws: `run-inputs` when inputs do not fit, `input-values` when they do not hold what the
  ///   program was made for, `folded-work` when it takes more turns, `compiler-fault` when the
  ///   program is wrong.
  /// - Complexity: Each kernel is compiled to closures once; a scalar operation takes a few ns.
  public static func run(
    _ program: Program, inputs: [Bytes], vectorBytes: Int = 0, work: Int = .max
  ) throws(DiagnosticMessage) -> [Bytes] {
    try check(inputs, program)
    let memories = Memories()
    memories.turns.pointee = work
    var outputs = [Buffer?](repeating: nil, count: program.outputs.count)
    for slot in program.slots {
      switch slot.role {
      case .constant(let bytes): try memories.borrow(bytes, as: slot.buffer)
      case .arena: memories.reserve(slot.buffer)
      case .output(let index):
        memories.reserve(slot.buffer)
        guard index < outputs.count else { throw .fault("there is no output \(index)") }
        outputs[index] = slot.buffer
      case .input(let index):
        guard index < inputs.count else { throw .fault("there is no input \(index)") }
        try memories.borrow(inputs[index], as: slot.buffer)
      }
    }
    for step in program.steps {
      let variants = step.kernel.variants
      guard let variant = variants.first(where: { $0.vectorBytes <= vectorBytes }) ?? variants.last
      else { throw .fault("kernel \(step.kernel.title) has no body") }
      try run(variant.body, memories)
    }
    var result: [Bytes] = []
    for (index, buffer) in outputs.enumerated() {
      guard let buffer else { throw .fault("output \(index) has no buffer") }
      result.append(try memories.bytes(of: buffer))
    }
    return result
  }

  static func run(_ body: [Statement], _ memories: Memories) throws(DiagnosticMessage) {
    let code = KernelCode(memories: memories)
    let action = try code.sequence(body)
    action()
    withExtendedLifetime(code) {}
    try memories.check()
  }

  private static func check(_ inputs: [Bytes], _ program: Program) throws(DiagnosticMessage) {
    guard inputs.count == program.inputs.count else {
      throw DiagnosticMessage(
        "run-inputs", "the model takes \(program.inputs.count) inputs, but got \(inputs.count)")
    }
    for (bytes, input) in zip(inputs, program.inputs) where bytes.count != input.type.byteCount {
      throw DiagnosticMessage(
        "run-inputs",
        "input '\(input.name)' is \(input.type) of \(input.type.byteCount) bytes, but got "
          + "\(bytes.count)")
    }
    for assumption in program.assumptions {
      let (name, type) = program.inputs[assumption.input]
      let elements = (0..<type.count).map { inputs[assumption.input].number(at: $0, type.element) }
      guard !assumption.holds(elements) else { continue }
      throw DiagnosticMessage(
        "input-values", "input '\(name)' must hold \(assumption.words) for \(assumption.node)")
    }
  }
}
