@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Dense convolutions over planes of whole vectors, one at a time, so that no layout of neighbours
/// speaks against them.
struct DensePlaneTests {
  /// What a convolution is like, drawn from a seed: the same on every machine.
  private struct Drawn {
    var graph = Graph(name: "layer", source: "layer.onnx")
    private var state: UInt64

    private mutating func roll(_ range: ClosedRange<Int>) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int((state >> 33) % UInt64(range.count))
    }

    private mutating func weight(_ shape: [Int]) -> Constant {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(roll(-8...8)) / 8 }
      return Constant(values, .float32, shape)
    }

    init(seed: Int) throws {
      state = UInt64(seed) &* 7919
      let width = [3, 4, 5, 7, 8, 10, 14, 16, 20, 24, 28, 30, 32, 48, 56, 1][seed % 16]
      let group = [1, 1, 1, 2, 3][seed % 5]
      let kernel = [roll(1...4), roll(1...5)]
      let dilations = [roll(1...2), roll(1...2)]
      let reach = zip(kernel, dilations).map { ($0 - 1) * $1 }
      let (left, top, bottom) = (roll(0...reach[1]), roll(0...reach[0]), roll(0...2))
      let input = [roll(1...2), group * roll(1...5), roll(2...9) + reach[0], width]
      let filters = group * [2, 4, 8, 12, 16, 6][roll(0...5)]
      let output = [input[0], filters, input[2] + top + bottom - reach[0], width]
      var last = graph.addInput("x", TensorType(.float32, input))
      let w = graph.addConstant(weight([filters, input[1] / group] + kernel), name: "w")
      let b = graph.addConstant(weight([filters]), name: "b")
      let conv = Conv(attributes: [
        "group": .int(group), "dilations": .ints(dilations),
        "pads": .ints([top, left, bottom, reach[1] - left]),
      ])
      func add(_ op: any Operator, _ operands: [ValueID]) throws {
        let node = graph.addNode(
          op, operands, types: [TensorType(.float32, output)], name: op.name)
        last = try #require(graph[node].result)
      }
      try add(conv, [last, w, b])
      if roll(0...1) == 0 { try add(Relu(), [last]) }
      graph.setOutputs([last])
    }
  }

  /// The interpreter refuses every access outside of a buffer, and gives nothing that was not written.
  @Test(arguments: [Target.x86, .aarch64]) func randomLayersAreAsPlainLoops(
    _ target: Target
  ) throws {
    var planes = 0
    for seed in 1...96 {
      let graph = try Drawn(seed: seed).graph
      let count = graph[graph.inputs[0]].type.count
      let input = Bytes((0..<count).map { (index: Int) in Float((index &* 7919) % 17 - 8) / 4 })
      let plain = try lower(graph, for: .generic).program
      let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
      let largest = max(wanted.map(abs).max() ?? 0, 1e-6)
      let model = try lower(graph, for: target)
      if model.forms.values.contains("conv_planes") { planes += 1 }
      for width in target.vectors.map(\.bytes) + [0] {
        let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
        let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= largest * 2e-5, "layer \(seed) in \(width) bytes: \(worst) of \(largest)")
      }
    }
    #expect(planes > 30 || !target.vectors.contains(.avx512), "\(planes)")
  }
}
