@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Dense convolutions over copies with padding beside each row, in networks that have their channels
/// side by side, and channels put one behind the other.
struct PaddedRowTests {
  /// Two convolutions of one operand joined, pooled, and read by a third.
  private func graph(_ seed: Int) throws -> Graph {
    let (channels, side) = ([16, 24, 32, 40, 8][seed % 5], [5, 7, 12, 14, 9, 17, 28][seed % 7])
    let (stride, dilation) = (1 + seed % 2, 1 + seed / 2 % 2)
    let kernel = [3, 5, 2][seed % 3]
    let reach = (kernel - 1) * dilation
    let pads = [reach / 2, seed % 4 == 3 ? 0 : reach / 2, reach - reach / 2, seed % 3]
    var graph = Graph(name: "joined", source: "joined.onnx")
    let images = 1 + seed % 2
    let x = graph.addInput("x", TensorType(.float32, [images, 3 + seed % 3, side, side]))
    func weight(_ shape: [Int]) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { (index: Int) in
        Float((index &* 31 + seed) % 11 - 5) / 8
      }
      return graph.addConstant(Constant(values, .float32, shape), name: "w")
    }
    func add(_ op: any Operator, _ operands: [ValueID], _ shape: [Int]) throws -> ValueID {
      let node = graph.addNode(op, operands, types: [TensorType(.float32, shape)], name: op.name)
      return try #require(graph[node].result)
    }
    let depth = graph[x].type.shape[1]
    let height = (side + pads[0] + pads[2] - reach - 1) / stride + 1
    let width = (side + pads[1] + pads[3] - reach - 1) / stride + 1
    let attributes: Attributes = [
      "pads": .ints(pads), "strides": .ints([stride, stride]),
      "dilations": .ints([dilation, dilation]),
    ]
    let shape = [images, channels, height, width]
    let w = weight([channels, depth, kernel, kernel])
    let v = weight([channels, depth, kernel, kernel])
    let one = try add(Relu(), [try add(Conv(attributes: attributes), [x, w], shape)], shape)
    let two = try add(Conv(attributes: attributes), [x, v], shape)
    let all = [images, 2 * channels, height, width]
    var joined = try add(Concat(attributes: ["axis": .int(1)]), [one, two], all)
    if seed % 2 == 0 { joined = try add(Relu(), [joined], all) }
    let pooled = try add(
      MaxPool(attributes: ["kernel_shape": .ints([2, 2]), "pads": .ints([0, 0, 1, 1])]), [joined],
      all)
    let u = weight([channels, 2 * channels, 3, 3])
    let y = try add(Conv(attributes: ["pads": .ints([1, 1, 1, 1])]), [pooled, u], shape)
    graph.setOutputs([y])
    return graph
  }

  /// The interpreter refuses every access outside of a buffer, and gives nothing that was not written.
  @Test(arguments: [Target.x86, .aarch64]) func layersAreAsPlainLoops(_ target: Target) throws {
    var forms: [String: Int] = [:]
    // The window of number 43 is larger than its operand.
    for seed in (1...60) where seed != 43 {
      let graph = try graph(seed)
      let count = graph[graph.inputs[0]].type.count
      let input = Bytes((0..<count).map { (index: Int) in Float((index &* 7919) % 17 - 8) / 4 })
      let plain = try lower(graph, for: .generic).program
      let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
      let largest = max(wanted.map(abs).max() ?? 0, 1e-6)
      let model = try lower(graph, for: target)
      for form in Set(model.forms.values) { forms[form, default: 0] += 1 }
      for width in target.vectors.map(\.bytes) + [0] {
        let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
        let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= largest * 2e-5, "\(seed) in \(width) bytes: \(worst) of \(largest)")
      }
    }
    #expect(forms["conv_padded", default: 0] > 5, "\(forms)")
    #expect(forms["pool_channels", default: 0] > 5, "\(forms)")
  }
}
