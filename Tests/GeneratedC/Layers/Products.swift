@_spi(RawEditing) import CoppiceIR

extension LayerBuilder {
  /// Rows, depth and columns of a product.
  private mutating func extents() -> (rows: Int, depth: Int, columns: Int) {
    (
      dice.pick([1, 1, 1, 2, 3, 5, 16, 19]), dice.pick([1, 2, 7, 16, 31, 33, 64, 90]),
      dice.pick([1, 3, 8, 16, 17, 40, 64, 70])
    )
  }

  /// A Gemm, a MatMul with a weight on either side, or one of two results.
  mutating func product() throws -> [ValueID] {
    let (rows, depth, columns) = extents()
    told.append("\(rows)x\(depth)x\(columns)")
    switch dice.roll(0...9) {
    case 0...4: return try gemm(rows, depth, columns)
    case 5, 6, 7:
      let batch = dice.pick([[], [], [2], [3, 2]])
      let weight = drawnWeight([depth, columns])
      return try finish(layer(MatMul(), [input(batch + [rows, depth]), weight], weight: 1))
    case 8:
      let weight = drawnWeight([rows, depth])
      return try finish(layer(MatMul(), [weight, input([depth, columns])], weight: 0))
    default:
      let batch = dice.pick([[], [3]])
      let (a, b) = (input(batch + [rows, depth]), input(batch + [depth, columns]))
      return try finish(layer(MatMul(), [a, b]))
    }
  }

  private mutating func gemm(_ rows: Int, _ depth: Int, _ columns: Int) throws -> [ValueID] {
    let (isTurned, weightIsTurned) = (dice.happens(20), dice.happens(60))
    var attributes: [String: Attribute] = [
      "transA": .int(isTurned ? 1 : 0), "transB": .int(weightIsTurned ? 1 : 0),
    ]
    if dice.happens(30) { attributes["alpha"] = .float(0.5) }
    if dice.happens(30) { attributes["beta"] = .float(2) }
    let x = input(isTurned ? [depth, rows] : [rows, depth])
    let weight = drawnWeight(weightIsTurned ? [columns, depth] : [depth, columns])
    let shapes: [[Int]?] = [nil, [columns], [1, columns], [rows, 1], [rows, columns]]
    let bias = dice.pick(shapes).map { constant($0) }
    return try finish(
      layer(Gemm(attributes: Attributes(attributes)), [x, weight, bias], weight: 1))
  }

  /// An LSTM, GRU or RNN in any direction; either of its weights may be stored without zeros.
  mutating func recurrence() throws -> [ValueID] {
    let (gates, kind) = dice.pick([(4, "LSTM"), (3, "GRU"), (1, "RNN")])
    let direction = dice.pick(["forward", "reverse", "bidirectional"])
    let directions = direction == "bidirectional" ? 2 : 1
    let (hidden, depth) = (dice.pick([1, 3, 6, 8, 16]), dice.pick([1, 4, 9, 17]))
    let (steps, batch) = (dice.roll(1...4), dice.roll(1...3))
    let isBatchFirst = dice.happens(30)
    var attributes: [String: Attribute] = [
      "hidden_size": .int(hidden), "direction": .string(direction),
      "layout": .int(isBatchFirst ? 1 : 0),
    ]
    if kind == "GRU" { attributes["linear_before_reset"] = .int(dice.roll(0...1)) }
    let x = input(isBatchFirst ? [batch, steps, depth] : [steps, batch, depth])
    var weights = [depth, hidden].map {
      drawnWeight([directions, gates * hidden, $0])
    }
    weights += dice.happens(50) ? [constant([directions, 2 * gates * hidden])] : []
    told.append("\(direction) \(steps)x\(batch)x\(depth) of \(hidden)")
    let given = Attributes(attributes)
    let op: any Operator =
      switch kind {
      case "LSTM": LSTM(attributes: given)
      case "GRU": GRU(attributes: given)
      default: RNN(attributes: given)
      }
    let sequence = try layer(op, [x] + weights, weight: dice.roll(1...2), results: 2)
    let last = graph.producer(sequence).flatMap { graph[$0].results[1] }
    return [sequence] + [last].compactMap { $0 }
  }
}
