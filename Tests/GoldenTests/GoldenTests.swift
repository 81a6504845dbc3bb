import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Testing

@Suite struct GoldenTests {
  @Test(arguments: GoldenFile.all) func golden(_ file: GoldenFile) throws {
    let text = try #require(file.pipeline, "no RUN line", sourceLocation: file.location(1))
    let pipeline = try PassRegistry.standard.resolve(text, file: file.path)
    for section in file.sections {
      let location = file.location(section.firstLine)
      let before = try Graph(parsing: section.text, file: file.path)
      #expect(Verifier.check(before).isEmpty, sourceLocation: location)
      var after = before
      var context = PassContext(services: GoldenRecord.services)
      try PassManager(verifiesEach: true).run(pipeline, on: &after, &context)
      do {
        try FileCheck(section).check(after.text(TextOptions(elidedAbove: nil)))
      } catch let failure as FileCheck.Failure {
        Issue.record("\(failure.message)", sourceLocation: file.location(failure.line))
      }
      if isExact(pipeline) {
        let isFolded = pipeline.passNames.contains("fold-quantization")
        try expectSameAnswers(before, after, within: isFolded ? 1 : 0, location)
      }
    }
  }

  private func isExact(_ pipeline: ResolvedPipeline) -> Bool {
    pipeline.passNames.allSatisfy {
      PassRegistry.standard.pass($0)?.info.exactness == .exact
    }
  }

  /// Folding to integers may move what is quantized by a step.
  private func expectSameAnswers(
    _ before: Graph, _ after: Graph, within step: Double, _ location: SourceLocation
  ) throws {
    #expect(
      before.outputs.map { before[$0].name } == after.outputs.map { after[$0].name },
      sourceLocation: location)
    let inputs = before.sampleInputs
    let expected = try GraphEvaluator(before).outputs(inputs)
    let found = try GraphEvaluator(after).outputs(inputs)
    for (left, right) in zip(expected, found) {
      let largest = left.numbers.filter(\.isFinite).map(abs).max() ?? 0
      let same = zip(left.numbers, right.numbers).allSatisfy {
        $0 == $1 || ($0.isNaN && $1.isNaN) || abs($0 - $1) <= max(step, 1e-5 * max(largest, 1e-30))
      }
      #expect(same, "\(left.numbers) is not \(right.numbers)", sourceLocation: location)
    }
  }
}
