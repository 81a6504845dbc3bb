import CoppiceC
import CoppiceIR
import CoppiceLowering

/// What the self-test of a model compares, and what there is to say of it.
struct SelfTestPlan {
  var vectors: [TestVector] = []
  var answers = TestAnswers(.none)
  var diagnostics: [Diagnostic] = []
}

extension Compiler {
  /// Vectors for the self-test: recorded ones, or some that are computed here.
  ///
  /// An approximate pipeline changes what a model answers: then the answers are computed for the
  /// inputs that were recorded, and compared with the recorded ones.
  func selfTest(
    _ optimized: OptimizedModel, _ lowered: LoweredModel
  ) throws(Diagnostics) -> SelfTestPlan {
    var plan = SelfTestPlan()
    let program = lowered.program
    var given: [TestVector] = []
    if !options.vectors.isEmpty {
      given = try readVectors(options.vectors, program.inputs, program.outputs).map(\.vector)
      if !optimized.isApproximate {
        return SelfTestPlan(vectors: given, answers: TestAnswers(.given))
      }
    }
    do {
      let answering = try Answering(
        optimized.graph, options.target == .generic ? lowered : nil, options.limits,
        options.tolerance, budget: answerBudget)
      plan.vectors = try given.isEmpty ? answering.chosen() : given.map(answering.answered)
      plan.answers = TestAnswers(answering.source)
    } catch {
      plan.diagnostics.append(Self.unanswered(error))
      return plan
    }
    if !given.isEmpty { compare(given, program, &plan) }
    return plan
  }

  private func compare(
    _ given: [TestVector], _ program: Program, _ plan: inout SelfTestPlan
  ) {
    var largest = 0.0
    for (recorded, computed) in zip(given, plan.vectors) {
      for (index, output) in program.outputs.enumerated() {
        let comparison = OutputComparison(
          vector: "", output: output.name, type: output.type,
          got: computed.outputs[index], expected: recorded.outputs[index],
          tolerance: options.tolerance)
        let deviation = comparison.deviation
        largest = max(largest, deviation.largest.isInfinite ? .infinity : deviation.relative)
      }
    }
    plan.answers.deviation = largest
    let amount =
      largest.isFinite
      ? "by up to \((largest * 10_000).rounded() / 100) % of the largest"
      : "in elements that only one of them has as numbers"
    let message = DiagnosticMessage(
      "vectors-deviation",
      "the pipeline is approximate: the self-test holds the answers of the changed model, which "
        + "differ from those of --vectors \(amount)")
    plan.diagnostics.append(Diagnostic(.note, message))
  }

  private static func unanswered(_ error: any Error) -> Diagnostic {
    var reason = "\(error)"
    var help = "give answers by --vectors"
    if case HostFault.compiler(let words) = error {
      reason = "the model is too large for the interpreter, and the C compiler failed: \(words)"
      help = "install a C compiler or set CC, or " + help
    }
    let message = DiagnosticMessage(
      "selftest-answers",
      "the self-test holds no answers, it only runs the model: \(reason); \(help)")
    return Diagnostic(.warning, message)
  }
}
