@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Weights whose zeros come in blocks: chosen where they serve, and computed as dense.
struct BlockStorageTests {
  /// Numbers that are the same on every machine.
  private struct Dice {
    var state: UInt64

    mutating func roll(_ range: ClosedRange<Int>) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int((state >> 33) % UInt64(range.count))
    }
  }

  /// A weight of rows x inputs x taps, of whose blocks a part is there.
  private func weight(
    _ shape: [Int], rowAxis: Int, block: (rows: Int, inputs: Int), keeping part: Int,
    _ dice: inout Dice
  ) -> Constant {
    let strides = rowMajorStrides(shape)
    let (rows, inputs) = (shape[rowAxis], shape[1 - rowAxis])
    let taps = shape.dropFirst(2).reduce(1, *)
    var values = [Float](repeating: 0, count: shape.reduce(1, *))
    for row in stride(from: 0, to: rows, by: block.rows) {
      for input in stride(from: 0, to: inputs, by: block.inputs) {
        for tap in 0..<taps where dice.roll(0...99) < part {
          for r in row..<min(row + block.rows, rows) {
            for i in input..<min(input + block.inputs, inputs) {
              let place = r * strides[rowAxis] + i * strides[1 - rowAxis] + tap
              values[place] = Float(dice.roll(1...7)) / 8 - 0.5625
            }
          }
        }
      }
    }
    return Constant(values, .float32, shape)
  }

  private func layer(
    _ op: any Operator, x: [Int], y: [Int], _ weight: Constant, bias: Int? = nil
  ) throws -> (graph: Graph, weight: ValueID) {
    var graph = Graph(name: "layer", source: "layer.onnx")
    let input = graph.addInput("x", TensorType(.float32, x))
    let value = graph.addConstant(weight, name: "w")
    var operands: [ValueID?] = [input, value]
    if let bias {
      let numbers = (0..<bias).map { Float($0 % 5) - 2 }
      operands.append(graph.addConstant(Constant(numbers, .float32, [bias]), name: "b"))
    }
    let node = graph.addNode(op, operands, types: [TensorType(.float32, y)], name: "layer")
    graph.setOutputs([try #require(graph[node].result)])
    return (graph, value)
  }

  private func decision(
    _ layer: (graph: Graph, weight: ValueID), _ preference: StoragePreference
  ) throws -> StorageDecision {
    let request = StorageRequest(preference: preference, constants: [layer.weight])
    return try #require(StoragePlanner(.x86).chooseStorages(layer.graph, request)[layer.weight])
  }

  @Test(arguments: [
    (8, 1, StorageKind.blocks8), (16, 1, .blocks16), (1, 4, .inputBlocks),
  ])
  func fullyConnectedLayersGetTheStorageOfTheirBlocks(
    _ rows: Int, _ inputs: Int, _ storage: StorageKind
  ) throws {
    var dice = Dice(state: 3)
    let weight = weight(
      [512, 512], rowAxis: 1, block: (rows, inputs), keeping: 20, &dice)
    let blocks = try layer(MatMul(), x: [1, 512], y: [1, 512], weight)
    #expect(try decision(blocks, .bytes).storage == storage)
    let single = try layer(
      MatMul(), x: [1, 512], y: [1, 512],
      self.weight([512, 512], rowAxis: 1, block: (1, 1), keeping: 20, &dice))
    let elements = try decision(single, .time)
    #expect(elements.storage == .indexRows)
    // Four inputs of a row take as long in windows, but more bytes.
    guard rows > 1 else { return }
    #expect(try decision(blocks, .time).storage == storage)
    #expect(try decision(blocks, .time).time < elements.time)
  }

  @Test(arguments: [(4, 1, StorageKind.blocks), (8, 1, .blocks8), (1, 4, .inputBlocks)])
  func convolutionsGetTheStorageOfTheirBlocks(
    _ rows: Int, _ inputs: Int, _ storage: StorageKind
  ) throws {
    var dice = Dice(state: 5)
    let weight = weight(
      [32, 32, 3, 3], rowAxis: 0, block: (rows, inputs), keeping: 20, &dice)
    let op = Conv(attributes: ["pads": .ints([1, 1, 1, 1])])
    let blocks = try layer(op, x: [1, 32, 16, 16], y: [1, 32, 16, 16], weight)
    #expect(try decision(blocks, .bytes).storage == storage)
  }

  private func expectAsPlain(_ graph: Graph, _ storage: StorageKind, _ name: String) throws
    -> Set<String>
  {
    let count = graph[graph.inputs[0]].type.shape.reduce(1, *)
    let values = (0..<count).map { (index: Int) -> Float in
      let mixed = (index &* 7919) % 17
      return Float(mixed - 8) / 4
    }
    let input = Bytes(values)
    let plain = try lower(graph, for: .generic).program
    let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
    let largest = max(wanted.map(abs).max() ?? 0, 1e-6)
    let model = try lower(graph, for: .x86)
    for width in [64, 32, 16, 0] {
      let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
      let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 1
      #expect(worst <= largest * 2e-5, "\(name) as \(storage), \(width) bytes: \(worst)")
    }
    return Set(model.forms.values)
  }

  static let storages: [StorageKind] = [.blocks, .blocks8, .blocks16, .inputBlocks]

  @Test(arguments: storages) func rowsTimesBlocks(_ storage: StorageKind) throws {
    var (dice, forms) = (Dice(state: 17), Set<String>())
    for seed in 1...24 {
      let (rows, depth) = (seed % 2 == 0 ? 1 : dice.roll(1...23), dice.roll(2...70))
      let columns = seed % 3 == 0 ? dice.roll(3...70) : 16 * dice.roll(1...4)
      let isTurned = dice.roll(0...1) == 0
      let rowAxis = isTurned ? 0 : 1
      let weight = weight(
        isTurned ? [columns, depth] : [depth, columns], rowAxis: rowAxis,
        block: (storage.height, storage.width), keeping: dice.roll(1...60), &dice
      ).stored(as: storage, rowAxis: rowAxis)
      let op = Gemm(attributes: ["transB": .int(isTurned ? 1 : 0)])
      let layer = try layer(op, x: [rows, depth], y: [rows, columns], weight, bias: columns)
      forms.formUnion(try expectAsPlain(layer.graph, storage, "product \(seed)"))
    }
    let form = storage.width > 1 ? "sparse_input_rows" : "sparse_block_rows"
    #expect(forms.contains(form), "\(forms)")
  }

  @Test(arguments: storages) func windowsOfBlocks(_ storage: StorageKind) throws {
    var (dice, forms) = (Dice(state: 23), Set<String>())
    for seed in 1...20 {
      let (inputs, width) = (dice.roll(1...19), dice.roll(3...20))
      let outputs = seed % 3 == 0 ? dice.roll(3...33) : 16 * dice.roll(1...2)
      let kernel = seed % 4 == 0 ? 1 : 2 * dice.roll(0...2) + 1
      let (step, pad) = (dice.roll(1...2), kernel / 2)
      let size = (width + 2 * pad - kernel) / step + 1
      let weight = weight(
        [outputs, inputs, kernel, kernel], rowAxis: 0, block: (storage.height, storage.width),
        keeping: dice.roll(5...40), &dice
      ).stored(as: storage, rowAxis: 0)
      let op = Conv(attributes: [
        "pads": .ints([pad, pad, pad, pad]), "strides": .ints([step, step]),
      ])
      let layer = try layer(
        op, x: [1, inputs, width, width], y: [1, outputs, size, size], weight, bias: outputs)
      forms.formUnion(try expectAsPlain(layer.graph, storage, "window \(seed)"))
    }
    #expect(forms.contains("sparse_planes"), "\(forms)")
  }

  /// Blocks of every size that the text form may name, also those taller than a tile has sums.
  @Test(arguments: [2, 3, 8, 32, 64]) func blocksOfOtherHeights(_ height: Int) throws {
    var dice = Dice(state: 29)
    let rows = height * 2
    let matrix = weight([rows, 40], rowAxis: 0, block: (height, 1), keeping: 30, &dice)
    for batch in [1, 5] {
      let product = try layer(
        Gemm(attributes: ["transB": .int(1)]), x: [batch, 40], y: [batch, rows],
        matrix.asBlocks(rowAxis: 0, height: height, width: 1))
      _ = try expectAsPlain(product.graph, .blocks, "product \(height)")
    }
    for kernel in [1, 3] {
      let window = weight(
        [rows, 6, kernel, kernel], rowAxis: 0, block: (height, 1), keeping: 30, &dice)
      let pads = Array(repeating: kernel / 2, count: 4)
      let convolution = try layer(
        Conv(attributes: ["pads": .ints(pads)]), x: [1, 6, 7, 7], y: [1, rows, 7, 7],
        window.asBlocks(rowAxis: 0, height: height, width: 1))
      _ = try expectAsPlain(convolution.graph, .blocks, "window \(height), \(kernel)")
    }
  }
}
