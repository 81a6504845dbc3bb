import CoppiceIR

extension Graph {
  /// Numbers from -2 to 2 for each input, the same in every run.
  var sampleInputs: [Constant] {
    var state: UInt64 = 42
    return inputs.map { value in
      let type = self[value].type
      let numbers = (0..<type.count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 33) / Double(1 << 31) * 4 - 2
      }
      let bytes = numbers.flatMap { number in
        Bytes.number(number, type.element).array(of: UInt8.self)
      }
      return Constant(type, .dense(Bytes(bytes)))
    }
  }
}
