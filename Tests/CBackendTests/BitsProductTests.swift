@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Packed weights in panels: what the form gives is what the plain loops give, at every width.
@Suite struct BitsProductTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let bits: Int
    let rows: Int
    let depth: Int
    let columns: Int
    /// Zero points: none, packed, or floats.
    let zeros: ElementType?
    var testDescription: String {
      "\(bits) bits, \(rows)x\(depth)x\(columns), \(String(describing: zeros))"
    }
  }

  static let cases = [2, 4, 8].flatMap { bits in
    [
      Case(bits: bits, rows: 1, depth: 32, columns: 8, zeros: nil),
      Case(bits: bits, rows: 5, depth: 40, columns: 44, zeros: .uint8),
      Case(bits: bits, rows: 6, depth: 48, columns: 100, zeros: .float32),
    ]
  }

  private func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ $0 / 7 &* 31) }
  }

  private func numbers(_ count: Int) -> [Float] {
    (0..<count).map { Float(($0 &* 37) % 29) / 16 - 0.75 }
  }

  private func graph(_ item: Case) throws -> (graph: Graph, x: Constant) {
    let blocks = (item.depth + 15) / 16
    let x = Constant(numbers(item.rows * item.depth), .float32, [item.rows, item.depth])
    let weights = Constant(
      bytes(item.columns * blocks * 2 * item.bits), .uint8, [item.columns, blocks, 2 * item.bits])
    let scales = Constant(numbers(item.columns * blocks), .float32, [item.columns * blocks])
    var graph = Graph(name: "bits")
    var operands: [ValueID?] = [
      graph.addInput("x", x.type), graph.addConstant(weights, name: "w"),
      graph.addConstant(scales, name: "s"), nil, nil,
      graph.addConstant(Constant(numbers(item.columns), .float32, [item.columns]), name: "b"),
    ]
    if item.zeros == .uint8 {
      let count = item.columns * ((blocks * item.bits + 7) / 8)
      operands[3] = graph.addConstant(Constant(bytes(count), .uint8, [count]), name: "z")
    } else if item.zeros == .float32 {
      let count = item.columns * blocks
      operands[3] = graph.addConstant(Constant(numbers(count), .float32, [count]), name: "z")
    }
    let op = MatMulNBits(attributes: [
      "K": .int(item.depth), "N": .int(item.columns), "bits": .int(item.bits),
      "block_size": .int(16),
    ])
    let type = TensorType(.float32, [item.rows, item.columns])
    let node = graph.addNode(op, operands, types: [type], name: "y")
    graph.setOutputs([try #require(graph[node].result)], of: graph.body)
    return (graph, x)
  }

  @Test(arguments: cases) func panelsGiveWhatPlainLoopsGive(_ item: Case) throws {
    let (graph, x) = try graph(item)
    let wanted = try GraphEvaluator(graph).outputs([x])[0].numbers
    let largest = wanted.map(abs).max() ?? 0
    for (target, widths) in [(Target.generic, [0]), (.x86, [64, 32, 16, 0]), (.cortexM4, [0])] {
      let model = try lower(graph, for: target)
      #expect(Array(model.forms.values) == ["product_bits"], "\(target)")
      for width in widths {
        let got = try Interpreter.run(model.program, inputs: [x.dense], vectorBytes: width)[0]
        let worst = zip(got.array(of: Float.self), wanted).map { abs(Double($0) - $1) }.max() ?? 1
        #expect(worst <= largest * 1e-5, "\(target), \(width): \(worst) of \(largest)")
      }
    }
  }
}
