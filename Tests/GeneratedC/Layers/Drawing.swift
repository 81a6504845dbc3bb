@_spi(RawEditing) import CoppiceIR

extension LayerBuilder {
  /// What operators of every kind are drawn with.
  private mutating func operators() throws -> [ValueID] {
    switch dice.roll(0...99) {
    case 0...43: try convolution()
    case 44...51: try transposedConvolution()
    case 52...71: try product()
    case 72...83: try recurrence()
    default: try pooling()
    }
  }

  /// The layer of a number.
  static func drawn(_ seed: Int, _ number: Int) throws -> Layer {
    var builder = LayerBuilder(Dice(seed, number))
    let outputs = try builder.operators()
    return builder.finished(outputs)
  }

  /// An operand of a layer over an image: an input, one whose channels stand last, or a result.
  mutating func image(_ shape: [Int]) throws -> ValueID {
    let axes = shape.count - 2
    switch dice.roll(0...5) {
    case 0:
      let last = input([shape[0]] + Array(shape[2...]) + [shape[1]])
      let order = [0, axes + 1] + (1...axes)
      told.append("channels last,")
      return try add(Transpose(attributes: ["perm": .ints(order)]), [last])
    case 1:
      told.append("behind Abs,")
      return try add(Abs(), [input(shape)])
    case 2:
      let given = input([shape[0], 3] + Array(shape[2...]))
      let weight = constant([shape[1], 3] + Array(repeating: 1, count: axes))
      told.append("behind Conv,")
      return try add(Conv(), [given, weight])
    default: return input(shape)
    }
  }

  /// The operators that follow a layer, fused to it, and perhaps one more that is not.
  mutating func finish(_ value: ValueID) throws -> [ValueID] {
    var last = value
    let shape = self.shape(value)
    for _ in 0..<dice.pick([0, 0, 1, 1, 2, 3]) { last = try tail(last, shape) }
    if shape.count == 4, dice.happens(15) {
      told.append("before GlobalAveragePool")
      last = try add(GlobalAveragePool(), [last])
    } else if shape.count > 2, dice.happens(15) {
      let order = [0] + Array(2..<shape.count) + [1]
      told.append("before Transpose")
      last = try add(Transpose(attributes: ["perm": .ints(order)]), [last])
    }
    return [last]
  }

  private mutating func tail(_ last: ValueID, _ shape: [Int]) throws -> ValueID {
    switch dice.roll(0...8) {
    case 0, 1, 2: return try follow(Relu(), [last])
    case 3:
      let bounds = [Float(-1), 6].map {
        graph.addConstant(Constant([$0], .float32, []), name: "bound\($0)")
      }
      return try follow(Clip(), [last] + bounds)
    case 4: return try follow(LeakyRelu(attributes: ["alpha": .float(0.25)]), [last])
    case 5: return try follow(Sigmoid(), [last])
    case 6: return try follow(Add(), [last, input(shape)])
    case 7:
      let channels = shape.indices.map { $0 == min(1, shape.count - 1) ? shape[$0] : 1 }
      return try follow(Mul(), [last, constant(channels)])
    default: return try follow(HardSwish(), [last])
    }
  }
}
