import Coppice
@_spi(RawEditing) import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import Foundation

/// Gate settings of the digits model on its 360 held-out samples, from one C compile, some of them
/// beside the C of the masked model.
///
///     swift run -c release evaluator-benchmark [SETTINGS] [COMPARED]
///
/// - Throws: What importing, compiling and running throw.
func measure(settings count: Int, compared: Int) throws {
  let model = try ONNXImporter.load("examples/digits/digits.onnx")
  var graph = try Compiler().optimize(model).graph
  graph.inlineFused(by: "benchmark")
  let samples = try samples("examples/digits/heldout.bin")
  let filters = FilterGates(graph, PassContext())
  let settings = randomSettings(count, of: filters.gates.count)
  let clock = ContinuousClock()
  let start = (time: clock.now, processor: processorSeconds())
  let evaluator = try PassServices.host.evaluator(graph, gates: filters.gates)
  var answers = settings.map { _ in [[UInt8]]() }
  try evaluator.run(samples, gates: settings) { answer in
    answers[answer.setting].append(answer.outputs[0].array(of: UInt8.self))
  }
  let elapsed = clock.now - start.time
  let processor = processorSeconds() - start.processor
  print(
    "\(count) settings of \(filters.gates.count) gates on \(samples.count) samples: \(elapsed), "
      + "\(Int(processor.rounded())) s of processor time")
  for number in stride(from: 0, to: count, by: max(count / max(compared, 1), 1)).prefix(compared) {
    var expected: [[UInt8]] = []
    let masked = try PassServices.host.evaluator(filters.masked(settings[number]))
    try masked.run(samples, gates: [GateSetting(count: 0)]) {
      expected.append($0.outputs[0].array(of: UInt8.self))
    }
    guard expected == answers[number] else {
      print("setting \(number) differs from the C of its masked model")
      exit(1)
    }
  }
  print("\(compared) of them equal the C of the masked model, bit by bit")
}

/// 64 pixels of 0 to 16, the digit, and the digit that a reference reads.
func samples(_ path: String) throws -> ModelSamples {
  let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  let rows = stride(from: 0, to: bytes.count, by: 66).map { Array(bytes[$0..<($0 + 66)]) }
  return ModelSamples(
    inputs: rows.map { [Bytes($0[..<64].map { Float($0) / 16 })] },
    targets: .classes(rows.map { [Int($0[64])] }))
}

/// About every third gate off.
func randomSettings(_ count: Int, of gates: Int) -> [GateSetting] {
  var state: UInt64 = 7
  func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33)
  }
  return (0..<count).map { _ in
    GateSetting(off: (0..<gates).filter { _ in next() % 3 == 0 }, count: gates)
  }
}

/// Of this process and of those that it waited for.
func processorSeconds() -> Double {
  [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(0) { sum, who in
    var usage = rusage()
    guard unsafe getrusage(Int32(who.rawValue), &usage) == 0 else { return sum }
    return [usage.ru_utime, usage.ru_stime].reduce(sum) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
  }
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
try measure(
  settings: numbers.first ?? 2000,
  compared: numbers.count > 1 ? numbers[numbers.startIndex + 1] : 12)
