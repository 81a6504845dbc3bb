@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Pooling between convolutions that have their channels last.
struct PoolChannelTests {
  private func graph(_ seed: Int) throws -> Graph {
    let (channels, size) = ([16, 24, 20, 33, 7][seed % 5], 9 + seed % 4)
    var graph = Graph(name: "pools", source: "pools.onnx")
    let x = graph.addInput("x", TensorType(.float32, [1 + seed % 2, 3, 2 * size, 2 * size]))
    let values = (0..<channels * 27).map { (index: Int) in Float((index &* 31 + seed) % 11 - 5) / 4
    }
    let w = graph.addConstant(Constant(values, .float32, [channels, 3, 3, 3]), name: "w")
    func add(_ op: any Operator, _ operands: [ValueID], _ shape: [Int]) throws -> ValueID {
      let node = graph.addNode(op, operands, types: [TensorType(.float32, shape)], name: op.name)
      return try #require(graph[node].result)
    }
    let images = 1 + seed % 2
    let conv = try add(
      Conv(attributes: ["pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 2])]), [x, w],
      [images, channels, size, size])
    let window: Attributes = [
      "kernel_shape": .ints([3, 2]), "strides": .ints([2, 1]), "pads": .ints([1, 0, 1, 1]),
      "count_include_pad": .int(seed % 3 == 0 ? 1 : 0),
    ]
    let pooled = [images, channels, (size - 1) / 2 + 1, size]
    var largest = window
    largest["count_include_pad"] = nil
    let pool: any Operator =
      seed % 2 == 0 ? MaxPool(attributes: largest) : AveragePool(attributes: window)
    let pooling = try add(pool, [conv], pooled)
    let relu = try add(Relu(), [pooling], pooled)
    let last = (0..<channels * channels).map { (index: Int) in Float((index &* 17) % 7 - 3) / 4 }
    let v = graph.addConstant(Constant(last, .float32, [channels, channels, 1, 1]), name: "v")
    let y = try add(
      Conv(attributes: ["strides": .ints([2, 2])]), [relu, v],
      [images, channels, (pooled[2] - 1) / 2 + 1, (size - 1) / 2 + 1])
    graph.setOutputs([y])
    return graph
  }

  @Test(arguments: [Target.x86, .aarch64]) func poolsAreAsPlainLoops(_ target: Target) throws {
    var pools = 0
    for seed in 1...30 {
      let graph = try graph(seed)
      let count = graph[graph.inputs[0]].type.count
      let input = Bytes((0..<count).map { (index: Int) in Float((index &* 7919) % 17 - 8) / 4 })
      let plain = try lower(graph, for: .generic).program
      let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
      let model = try lower(graph, for: target.favouring(["pool_channels", "conv", "conv_padded"]))
      if model.forms.values.contains("pool_channels") { pools += 1 }
      for width in target.vectors.map(\.bytes) + [0] {
        let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
        let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= 2e-4, "\(seed) in \(width) bytes: \(worst)")
      }
    }
    #expect(pools > 5, "\(pools)")
  }
}
