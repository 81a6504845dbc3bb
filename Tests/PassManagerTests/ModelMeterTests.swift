import CoppiceIR
import CoppicePassManager
import Foundation
import Testing

/// Loss and accuracy against numbers worked out by hand or by the C library.
@Suite struct ModelMeterTests {
  private func meter(
    _ body: String, type: String = "f32[1,3]", _ samples: [[Float]],
    _ targets: ModelSamples.Targets = .none, loss: LossKind? = nil
  ) throws -> ModelMeasurement {
    let graph = try Graph(parsing: "graph @g(%x: \(type)) {\n\(body)\nreturn %y\n}")
    let samples = ModelSamples(inputs: samples.map { [Bytes($0)] }, targets: targets)
    return try ModelMeter(
      graph, gates: ModelGates(), on: samples, loss: loss, services: PassServices()
    ).base
  }

  private let samples: [[Float]] = [[1, 2, 0.5], [-1, 3, 0.25]]

  /// The mean of minus the logarithm of each sample's probability.
  private func expected(_ classes: [Int]) -> Double {
    zip(samples, classes).reduce(0) { sum, pair in
      let all = pair.0.reduce(0) { $0 + exp(Double($1)) }
      return sum - log(exp(Double(pair.0[pair.1])) / all) / 2
    }
  }

  @Test(arguments: [
    "%y = Identity(%x) : f32[1,3]", "%y = Softmax(%x) {axis = 1} : f32[1,3]",
    "%p = LogSoftmax(%x) {axis = 1} : f32[1,3]\n%y = Identity(%p) : f32[1,3]",
  ])
  func theLastOperatorSaysWhatTheScoresAre(_ body: String) throws {
    let found = try meter(body, samples, .classes([[1], [2]]))
    #expect(abs(found.loss - expected([1, 2])) < 1e-6)
    #expect(found.accuracy == 0.5)
  }

  @Test func targetsAreComparedBySquares() throws {
    let wanted = [[Bytes([Float(1), 0, 0.5])], [Bytes([Float(-1), 3, 1.25])]]
    let found = try meter("%y = Identity(%x) : f32[1,3]", samples, .values(wanted))
    #expect(found.loss == (4 + 1) / 6.0)
    #expect(found.accuracy == 0.5)
    let entropy = try meter(
      "%y = Identity(%x) : f32[1,3]", samples, .values(wanted), loss: .crossEntropy)
    #expect(abs(entropy.loss - expected([0, 1])) < 1e-12)
  }

  @Test func withoutTargetsTheModelIsItsOwn() throws {
    let found = try meter("%y = Identity(%x) : f32[1,3]", samples)
    #expect(found.loss == 0 && found.accuracy == 1)
  }

  /// Class axis 1, two positions; of equal scores the first is the answer.
  @Test func everyPositionHasItsClass() throws {
    let found = try meter(
      "%y = Identity(%x) : f32[1,2,2]", type: "f32[1,2,2]", [[0, 1, 0, 2]], .classes([[0, 0]]))
    #expect(found.accuracy == 0.5)
    #expect(abs(found.loss - (log(2) + log(1 + exp(1))) / 2) < 1e-12)
  }

  @Test func whatHasNoLossIsRefused() throws {
    let cases: [(String, [[Float]], ModelSamples.Targets, LossKind?, String)] = [
      ("%y = Identity(%x) : f32[1,3]", samples, .classes([[1], [2]]), .mse, "loss-targets"),
      ("%y = ReduceSum(%x) : f32[1,1]", samples, .classes([[0], [0]]), nil, "loss-output"),
      ("%y = Log(%x) : f32[1,3]", samples, .classes([[1], [0]]), nil, "loss-not-finite"),
    ]
    for (body, samples, targets, loss, id) in cases {
      let error = #expect(throws: DiagnosticMessage.self) {
        try meter(body, samples, targets, loss: loss)
      }
      #expect(error?.id == id)
    }
  }

  @Test func portableFunctionsAreThoseOfTheLibrary() {
    var worst = 0.0
    for index in 0..<20_000 {
      let x = Double(index - 10_000) * 0.0707
      let (found, wanted) = (PortableMath.exp(x), exp(x))
      if wanted > 1e-300, wanted.isFinite { worst = max(worst, abs(found / wanted - 1)) }
      let y = Double(index + 1) * 0.37e-3
      worst = max(worst, abs(PortableMath.log(y) - log(y)) / max(abs(log(y)), 1e-3))
    }
    #expect(worst < 4e-16)
    #expect(PortableMath.exp(0) == 1 && PortableMath.exp(-800) == 0)
    #expect(PortableMath.exp(710) == .infinity && PortableMath.log(1) == 0)
    #expect(PortableMath.log(0) == -.infinity && PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(0x1p-1074) == log(0x1p-1074))
  }
}
