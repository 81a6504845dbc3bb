import CoppiceIR
import CoppicePassManager

/// Who is told how far a pass is that measures layers, and what it knows of an earlier run.
struct LayerLog {
  private let pass: String
  private let progress: @Sendable (PassProgress) -> Void
  private let state: (any MeasuringState)?

  init(_ context: PassContext, _ state: (any MeasuringState)?) {
    pass = context.passName
    progress = context.services.progress
    self.state = state
  }

  func tell(_ what: String, _ done: Int, of all: Int) {
    progress(PassProgress(pass, what, done: done, of: all))
  }

  /// What was noted of a weight.
  func bytes(of weight: PrunableWeight, _ graph: Graph) -> [UInt8]? {
    state?.value(Array(graph[weight.value].name.utf8))
  }

  /// Notes what was found of a weight; nothing else is noted under its name.
  func note(
    _ bytes: @autoclosure () -> [UInt8], of weight: PrunableWeight, _ graph: Graph
  ) throws {
    try state?.note(bytes(), Array(graph[weight.value].name.utf8))
  }

  func save() throws { try state?.save() }

  /// As many numbers as there should be; `nil` where others or none were noted.
  func numbers(_ count: Int, of weight: PrunableWeight, _ graph: Graph) -> [Double]? {
    guard let bytes = bytes(of: weight, graph), bytes.count == count * 8 else { return nil }
    return Bytes(bytes).array(of: UInt64.self).map { Double(bitPattern: UInt64(littleEndian: $0)) }
  }

  func note(_ numbers: [Double], of weight: PrunableWeight, _ graph: Graph) throws {
    let bytes = numbers.flatMap { number in
      withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
    }
    try note(bytes, of: weight, graph)
  }
}
