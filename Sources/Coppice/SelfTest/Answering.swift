import CoppiceC
import CoppiceIR
import CoppiceLowering

/// Work that the interpreter may do for the answers of a self-test; beyond it the host does.
package struct AnswerBudget: Sendable {
  /// Multiply-accumulates and turns of loops, each about as long as 16 of them, of all vectors.
  package var work = 64_000_000
  /// Bytes of memory, on the host too.
  package var interpretedBytes = 1 << 26
  package var hostBytes = 1 << 30

  package init() {}
}

/// Computes what a model answers, the same on every machine.
///
/// The interpreter does the arithmetic of IEEE 754 in the order that the generic target's kernels
/// have, the host's C compiler the same without contraction. Functions of `math.h` are those of
/// `double`, rounded. What is left of the machine is gone when answers are rounded.
final class Answering {
  private let model: LoweredModel
  private let tolerance: Double
  private let budget: AnswerBudget
  private let build: HostBuild
  private var isInterpreted: Bool
  private var host: HostProgram?

  /// Prepares a graph, which may have been lowered for the generic target already.
  init(
    _ graph: Graph, _ lowered: LoweredModel?, _ limits: Limits, _ tolerance: Double,
    budget: AnswerBudget, build: HostBuild = .reproducible
  ) throws(Diagnostics) {
    if let lowered {
      model = lowered
    } else {
      model = try lower(graph, for: .generic, limits: limits)
    }
    self.tolerance = tolerance
    self.budget = budget
    self.build = build
    isInterpreted =
      model.program.macs <= budget.work && model.program.memory <= budget.interpretedBytes
  }

  /// Who answered.
  var source: TestAnswers.Source { isInterpreted ? .interpreter : .host }

  private var program: Program { model.program }

  /// A vector of weak noise whose answers are not all saturated, and one of noise that turns on
  /// layers which weak noise leaves cold; of a large model one vector.
  func chosen() throws -> [TestVector] {
    let isReal = program.inputs.contains { $0.type.element.isFloat }
    let first = try answered(vector(.weak))
    if !isReal { return [first] }
    var best = first
    for pattern in [TestPattern.faint, .strong, .positive] where !isLively(best) {
      guard affords(2) else { break }
      let vector = try answered(vector(pattern))
      if isLively(vector) || isFinite(vector) && !isFinite(best) { best = vector }
    }
    return affords(2) ? [best, try answered(vector(.loud))] : [best]
  }

  private func affords(_ vectors: Int) -> Bool {
    isInterpreted && (program.macs + 300 * program.statements) * vectors <= budget.work
  }

  private func vector(_ pattern: TestPattern) -> TestVector { program.vector(pattern) }

  /// Whether some output has elements that are neither next to nothing nor the largest.
  private func isLively(_ vector: TestVector) -> Bool {
    zip(vector.outputs, program.outputs).contains { bytes, output in
      let numbers = magnitudes(bytes, output.type)
      guard numbers.allSatisfy(\.isFinite), let largest = numbers.max(), largest > 0 else {
        return false
      }
      return numbers.count == 1
        || numbers.contains { $0 > largest / 1000 && $0 < largest * 0.999 }
    }
  }

  private func isFinite(_ vector: TestVector) -> Bool {
    zip(vector.outputs, program.outputs).contains { bytes, output in
      magnitudes(bytes, output.type).contains(where: \.isFinite)
    }
  }

  private func magnitudes(_ bytes: Bytes, _ type: TensorType) -> [Double] {
    (0..<type.count).map { abs(bytes.number(at: $0, type.element)) }
  }

  /// A vector with the answers to its inputs.
  func answered(_ vector: TestVector) throws -> TestVector {
    var vector = vector
    let outputs = try answers(to: vector.inputs)
    vector.outputs = zip(outputs, program.outputs).map { rounded($0, $1.type.element) }
    return vector
  }

  private func answers(to inputs: [Bytes]) throws -> [Bytes] {
    if isInterpreted {
      do {
        return try Interpreter.run(program, inputs: inputs, work: budget.work / 16)
      } catch  where error.id == "folded-work" {
        isInterpreted = false
      }
    }
    try checkEnds()
    return try hostProgram().run(inputs)
  }

  /// Refuses to run what may never end where nobody counts its turns.
  private func checkEnds() throws {
    if program.endsByCondition {
      throw DiagnosticMessage(
        "selftest-turns", "a loop that ends by a condition makes more turns than are tried")
    }
  }

  private func hostProgram() throws -> HostProgram {
    if let host { return host }
    guard program.memory <= budget.hostBytes else {
      throw DiagnosticMessage("selftest-memory", "running it takes \(program.memory) bytes")
    }
    let generated = generate(model, GenerationOptions(name: "model", weights: .blob))
    let made = try HostProgram(generated, program, name: "model", build: build)
    host = made
    return made
  }

  /// Floats on a grid far below the tolerance.
  private func rounded(_ bytes: Bytes, _ element: ElementType) -> Bytes {
    guard element == .float32 || element == .float64 else { return bytes }
    let count = bytes.count / (element == .float32 ? 4 : 8)
    let numbers = (0..<count).map { bytes.number(at: $0, element) }
    let largest = numbers.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    let limit = tolerance * largest / 8
    guard limit > 0, limit.isNormal else { return bytes }
    let step = Double(sign: .plus, exponent: limit.exponent, significand: 1)
    let round = { (number: Double) in
      number.isFinite ? (number / step).rounded() * step : number
    }
    return element == .float32 ? Bytes(numbers.map { Float(round($0)) }) : Bytes(numbers.map(round))
  }
}

extension Program {
  /// Whether it has loops whose turns are known only when it runs.
  fileprivate var endsByCondition: Bool {
    for step in steps where step.form == "loop_until" { return true }
    return false
  }

  /// Multiply-accumulates.
  fileprivate var macs: Int { steps.reduce(0) { $0 + $1.macs.dense } }

  /// Statements of the kernels, each of which is made ready for as long as some 300 of those take.
  fileprivate var statements: Int {
    steps.reduce(0) { $0 + ($1.kernel.variants.last?.body.statementCount ?? 0) }
  }

  /// Bytes of everything that is not constant.
  fileprivate var memory: Int {
    slots.reduce(0) { sum, slot in
      if case .constant = slot.role { return sum }
      return sum + slot.buffer.element.byteCount(slot.buffer.count)
    }
  }
}

extension [Statement] {
  /// The statements in it, inner ones too.
  fileprivate var statementCount: Int {
    reduce(count) { sum, statement in
      switch statement {
      case .loop(_, from: _, to: _, step: _, let body), .repeatWhile(_, let body):
        sum + body.statementCount
      case .when(_, let body, else: let otherwise):
        sum + body.statementCount + otherwise.statementCount
      case .microkernel(let step): sum + step.meaning.statementCount
      case .define, .declare, .assign, .store, .comment: sum
      }
    }
  }
}

extension Program {
  /// Inputs of a pattern, and what is assumed of them where the model was compiled for it.
  func vector(_ pattern: TestPattern) -> TestVector {
    var patterns: [TestPattern?] = []
    let inputs = inputs.enumerated().map { index, input in
      var pattern = pattern
      pattern.seed = UInt32(truncatingIfNeeded: index * 1000)
      let assumed = assumedElements(assumptions.filter { $0.input == index })
      let isFilled = assumed == nil && TestPattern.fills(input.type.element)
      patterns.append(isFilled ? pattern : nil)
      guard let assumed else { return pattern.bytes(input.type) }
      return Bytes(
        assumed.flatMap { Bytes.number(Double($0), input.type.element).array(of: UInt8.self) })
    }
    return TestVector(inputs: inputs, outputs: [], patterns: patterns)
  }
}
