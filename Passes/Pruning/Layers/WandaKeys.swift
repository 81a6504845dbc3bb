import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// The products of magnitude and input of one weight, computed anew for each reading.
struct WandaKeys: ScoreKeys {
  let weight: PrunableWeight
  /// Where the norms come from, for the report.
  let source: String
  private let grid: WeightGrid
  /// The norm of each column: by group, channel and tap.
  private let norms: [Double]

  var count: Int { weight.count }

  var range: ClosedRange<UInt64> { (0.0).signedKey...Double.infinity.signedKey }

  func value(_ key: UInt64) -> Double { Double(signedKey: key) }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    let (bytes, element) = (weight.constant.dense, weight.constant.type.element)
    var scores = [Double](repeating: 0, count: count)
    grid.forEach { group, row, column, tap in
      let index = grid.index(group, row, column, tap)
      let norm = norms[(group * grid.columns + column) * grid.taps + tap]
      scores[index] = abs(bytes.number(at: index, element)) * norm
    }
    try forEachBuffer(count: count) { start, keys in
      for index in keys.indices { keys[index] = scores[start + index].signedKey }
      try body(start, UnsafeBufferPointer(keys))
    }
  }
}

extension WandaKeys {
  /// Measures what weights meet in a model, in one run over the samples.
  static func measured(
    _ layers: [MeasuredLayer], _ samples: ModelSamples, _ graph: Graph, _ services: PassServices
  ) throws -> [WandaKeys] {
    var squares = layers.map { layer in
      [Double](repeating: 0, count: layer.grid.groups * layer.grid.columns * layer.grid.taps)
    }
    let values = InnerValues(layers.flatMap { $0.inputs.map(\.input.value) }, graph)
    try values.run(samples, services) { sample, bytes in
      for (index, layer) in layers.enumerated() {
        for (node, input) in layer.inputs {
          guard let own = bytes[input.value] else { continue }
          let numbers = try graph.finiteNumbers(own, of: input.value, sample: sample, at: node)
          input.addSquares(of: numbers, to: &squares[index])
        }
      }
    }
    return zip(layers, squares).map { layer, squares in
      let rows = layer.inputs.reduce(0) { $0 + $1.input.positions }
      return WandaKeys(
        weight: layer.weight, source: "\(samples.count) x \(rows) rows", grid: layer.grid,
        norms: squares.map { $0.squareRoot() })
    }
  }

  /// Takes the sums of squares of a record: one for each input channel, or for each of its taps.
  init(
    _ weight: PrunableWeight, _ match: RecordMatch, _ record: TrainingRecord, _ graph: Graph
  ) throws {
    let name = graph[weight.value].name
    guard let grid = WeightGrid(weight, graph) else {
      throw DiagnosticMessage("prune-unmeasured", "'\(name)' has no rows and columns")
    }
    let (channels, taps) = (grid.groups * grid.columns, grid.taps)
    var squares = [Double](repeating: 0, count: channels * taps)
    for owner in match.owners {
      let parameter = record.parameters[owner.parameter]
      guard let found = record.values(parameter, .xnorm2) else {
        throw DiagnosticMessage(
          "record-lacks-key", "'\(record.name)' has no 'xnorm2' of '\(parameter.name)'",
          notes: ["record the sums of squares of the layers' inputs, or give samples by data="])
      }
      let counts = found.withBuffer { $0.map(Double.init) }
      let step =
        switch counts.count {
        case channels * taps: 1
        case channels: taps
        case grid.columns where grid.groups > 1: 0
        default: -1
        }
      guard step >= 0, counts.allSatisfy({ $0 >= 0 }) else {
        throw DiagnosticMessage(
          "record-xnorm2",
          "'\(parameter.name)/xnorm2' must have a sum of squares for each of the \(channels) input "
            + "channels of '\(name)', or for each of their \(taps) taps")
      }
      for index in squares.indices {
        squares[index] += counts[step == 0 ? index / taps % grid.columns : index / step]
      }
    }
    self.init(
      weight: weight, source: record.describe(match), grid: grid,
      norms: squares.map { $0.squareRoot() })
  }
}

extension LayerInput {
  /// Adds the square of each element of each column: by group, channel and tap.
  fileprivate func addSquares(of x: [Double], to sums: inout [Double]) {
    for group in 0..<groups {
      for channel in 0..<channels {
        for tap in 0..<taps {
          var sum = 0.0
          forEachPlace(group, channel, tap, 0..<positions) { _, place in
            if place >= 0 { sum += x[place] * x[place] }
          }
          sums[(group * channels + channel) * taps + tap] += sum
        }
      }
    }
  }
}
