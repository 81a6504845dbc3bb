import CoppiceIR
import CoppicePassManager
import Synchronization
import Testing

/// A state in memory.
private final class Notes: MeasuringState {
  let values = Mutex<[[UInt8]: [UInt8]]>([:])

  func value(_ key: [UInt8]) -> [UInt8]? { values.withLock { $0[key] } }
  func note(_ value: [UInt8], _ key: [UInt8]) { values.withLock { $0[key] = value } }
  func save() {}
}

/// Runs a model by the interpreter, counts the settings, and breaks off after some of them.
private final class CountingModel: ModelEvaluator {
  struct BrokenOff: Error {}
  let inner: any ModelEvaluator
  let limit: Int
  let count = Mutex(0)

  init(_ inner: any ModelEvaluator, limit: Int) { (self.inner, self.limit) = (inner, limit) }

  func run(
    _ samples: ModelSamples, gates settings: [GateSetting], _ take: (ModelAnswer) throws -> Void
  ) throws {
    try inner.run(samples, gates: settings) { answer in
      if answer.sample == 0 {
        let begun = count.withLock { count in
          count += 1
          return count
        }
        if begun > limit { throw BrokenOff() }
      }
      try take(answer)
    }
  }
}

/// Measuring that is cut off and goes on later.
@Suite struct MeasuringLogTests {
  private static let samples = ModelSamples(
    inputs: (0..<5).map { [Bytes([Float($0), Float(3 - $0)])] },
    targets: .classes([[0], [1], [0], [1], [0]]))
  private static let settings = (0..<16).map { number in
    GateSetting(off: (0..<4).filter { number >> $0 & 1 == 1 }, count: 4)
  }

  /// What is found, how many settings ran, and what was told.
  private func measure(
    _ state: Notes?, limit: Int = .max
  ) throws -> (found: [ModelMeasurement]?, count: Int, told: [PassProgress]) {
    let graph = try Graph(
      parsing: """
        graph @net(%x: f32[1,2]) {
          %w = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[2,4]
          %v = constant [1.0, 0.25, 0.0, 0.25, -1.0, 0.5, 2.0, -0.25] : f32[4,2]
          %a = MatMul(%x, %w) : f32[1,4]
          %y = MatMul(%a, %v) : f32[1,2]
          return %y
        }
        """)
    let node = try #require(graph.producer(graph.outputs[0]))
    let gates = ModelGates(
      count: 4, readings: [.init(node: node, operand: 1, axis: 0, gates: [0, 1, 2, 3])])
    let told = Mutex<[PassProgress]>([])
    let model = Mutex<CountingModel?>(nil)
    var services = PassServices(makeEvaluator: { graph, taps, gates in
      let counting = CountingModel(PassServices.interpret(graph, taps, gates), limit: limit)
      model.withLock { $0 = counting }
      return counting
    })
    services.progress = { progress in told.withLock { $0.append(progress) } }
    let meter = try ModelMeter(
      graph, gates: gates, on: Self.samples, services: services,
      log: MeasuringLog(PassContext(services: services), of: 15, state: state))
    let found = try? meter.measure(Self.settings)
    let count = model.withLock { $0?.count.withLock { $0 } ?? 0 }
    return (found, count - 1, told.withLock { $0 })
  }

  @Test func whatWasMeasuredIsNotMeasuredAgain() throws {
    let whole = try measure(nil)
    #expect(whole.count == 15)
    let state = Notes()
    let broken = try measure(state, limit: 8)
    #expect(broken.found == nil && state.values.withLock { $0.count } == 7)
    let resumed = try measure(state)
    #expect(resumed.count == 8)
    #expect(resumed.found == whole.found)
    let again = try measure(state)
    #expect(again.count == 0 && again.found == whole.found)
  }

  @Test func itTellsHowFarItIs() throws {
    let told = try measure(nil).told
    #expect(told.map(\.done) == Array(1...15) && told.allSatisfy { $0.all == 15 })
  }
}
