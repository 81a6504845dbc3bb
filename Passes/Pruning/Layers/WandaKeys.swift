import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// The products of magnitude and input of one weight, computed anew for each reading.
struct WandaKeys: ScoreKeys {
  let weight: PrunableWeight
  /// The norm of what each element meets, in the order of the constant.
  private let norm: @Sendable (Int) -> Double

  var count: Int { weight.count }

  var range: ClosedRange<UInt64> { (0.0).signedKey...Double.infinity.signedKey }

  func value(_ key: UInt64) -> Double { Double(signedKey: key) }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    let (bytes, element) = (weight.constant.dense, weight.constant.type.element)
    try forEachBuffer(count: count) { start, keys in
      for index in keys.indices {
        let place = start + index
        keys[index] = (abs(bytes.number(at: place, element)) * norm(place)).signedKey
      }
      try body(start, UnsafeBufferPointer(keys))
    }
  }
}

extension WandaKeys {
  /// Takes a norm for each column: by group, channel and tap.
  private init(_ layer: MeasuredLayer, _ norms: [Double]) {
    let grid = layer.grid
    var columns = [Int32](repeating: 0, count: layer.weight.count)
    grid.forEach { group, row, column, tap in
      columns[grid.index(group, row, column, tap)] = Int32(
        truncatingIfNeeded: (group * grid.columns + column) * grid.taps + tap)
    }
    weight = layer.weight
    norm = { [columns] in norms[Int(columns[$0])] }
  }

  /// Takes the sums of squares that a record has for each element.
  ///
  /// - Throws: `record-lacks-key`, `record-shape`, `record-xnorm2` for a sum below zero.
  init(_ recorded: RecordedWeights, _ index: Int, _ graph: Graph) throws {
    let weight = recorded.weights[index]
    let sums = try recorded.sums(.xnorm2, of: index)
    if let wrong = sums.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw DiagnosticMessage(
        "record-xnorm2",
        "'\(recorded.record.name)' has \(wrong) for '\(graph[weight.value].name)' where a sum of "
          + "squares belongs", notes: ["record it again, or give samples by data="])
    }
    self.weight = weight
    norm = { sums[$0].squareRoot() }
  }

  /// Measures what weights meet in a model, in one run over the samples, or takes what is known of an
  /// earlier one.
  static func measured(
    _ layers: [MeasuredLayer], _ samples: ModelSamples, _ graph: Graph, _ services: PassServices,
    _ log: LayerLog
  ) throws -> [WandaKeys] {
    let counts = layers.map { $0.grid.groups * $0.grid.columns * $0.grid.taps }
    var squares = zip(layers, counts).map { layer, count in
      log.numbers(count, of: layer.weight, graph)
    }
    let open = layers.indices.filter { squares[$0] == nil }
    if !open.isEmpty {
      let found = try sums(open.map { layers[$0] }, samples, graph, services, log)
      for (index, sums) in zip(open, found) {
        squares[index] = sums
        try log.note(sums, of: layers[index].weight, graph)
      }
      try log.save()
    }
    return zip(layers, squares).map { layer, squares in
      WandaKeys(layer, (squares ?? []).map { $0.squareRoot() })
    }
  }

  private static func sums(
    _ layers: [MeasuredLayer], _ samples: ModelSamples, _ graph: Graph, _ services: PassServices,
    _ log: LayerLog
  ) throws -> [[Double]] {
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
      log.tell("samples measured", sample + 1, of: samples.count)
    }
    return squares
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
