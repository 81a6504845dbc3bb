@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Sparse and depthwise convolutions over planes of whole vectors, one after the other.
struct PlaneTests {
  /// Numbers that are the same on every machine.
  private struct Dice {
    var state: UInt64

    mutating func roll(_ range: ClosedRange<Int>) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int((state >> 33) % UInt64(range.count))
    }
  }

  /// A chain of convolutions that keep the width of an image, some with a residual, and a pooling.
  private struct Chain {
    var graph = Graph(name: "chain", source: "chain.onnx")
    var last: ValueID
    var shape: [Int]

    init(_ shape: [Int]) {
      self.shape = shape
      last = graph.addInput("x", TensorType(.float32, shape))
    }

    func weight(_ shape: [Int], keeping part: Int, _ dice: inout Dice) -> Constant {
      let values = (0..<shape.reduce(1, *)).map { _ -> Float in
        let isKept = dice.roll(0...99) < part
        return isKept ? Float(dice.roll(1...5) * (dice.roll(0...1) * 2 - 1)) / 8 : 0
      }
      return Constant(values, .float32, shape)
    }

    mutating func conv(_ filters: Int, isDepthwise: Bool, _ dice: inout Dice) throws {
      let kernel = [dice.roll(1...4), dice.roll(1...5)]
      let dilations = [dice.roll(1...2), dice.roll(1...2)]
      let reach = zip(kernel, dilations).map { ($0 - 1) * $1 }
      let left = dice.roll(0...reach[1])
      let (top, bottom) = (dice.roll(0...reach[0]), dice.roll(0...2))
      let height = shape[2] + top + bottom - reach[0]
      guard height > 0 else { return }
      let channels = isDepthwise ? shape[1] : filters
      let attributes: [String: Attribute] = [
        "group": .int(isDepthwise ? shape[1] : 1),
        "dilations": .ints(dilations),
        "pads": .ints([top, left, bottom, reach[1] - left]),
      ]
      let dense = weight(
        [channels, isDepthwise ? 1 : shape[1]] + kernel, keeping: isDepthwise ? 100 : 12, &dice)
      let operand = graph.addConstant(
        isDepthwise ? dense : dense.stored(as: .indexRows, rowAxis: 0), name: "w\(height)")
      let bias = graph.addConstant(weight([channels], keeping: 100, &dice), name: "b\(height)")
      let before = (last, shape)
      shape = [shape[0], channels, height, shape[3]]
      try add(Conv(attributes: Attributes(attributes)), [last, operand, bias])
      if before.1 == shape, dice.roll(0...1) == 0 { try add(Add(), [last, before.0]) }
      if dice.roll(0...1) == 0 { try add(Relu(), [last]) }
    }

    mutating func add(_ op: any Operator, _ operands: [ValueID]) throws {
      let node = graph.addNode(op, operands, types: [TensorType(.float32, shape)], name: op.name)
      last = try #require(graph[node].result)
    }
  }

  private func chain(_ seed: Int) throws -> Chain {
    var dice = Dice(state: UInt64(seed) &* 7919)
    let width = [3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 11, 9][seed % 15]
    var chain = Chain([dice.roll(1...2), 4 * dice.roll(1...3), dice.roll(2...12), width])
    for _ in 0..<4 {
      try chain.conv(4 * dice.roll(1...4) + dice.roll(0...1), isDepthwise: false, &dice)
      if dice.roll(0...1) == 0 { try chain.conv(0, isDepthwise: true, &dice) }
    }
    chain.graph.setOutputs([chain.last])
    return chain
  }

  private func numbers(_ shape: [Int]) -> Bytes {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { (index: Int) -> Float in Float((index &* 7919) % 17 - 8) / 4 }
    return Bytes(values)
  }

  /// The interpreter refuses every access outside of a buffer, and gives nothing that was not written.
  @Test(arguments: [Target.x86, .aarch64]) func randomChainsAreAsPlainLoops(_ target: Target) throws
  {
    var forms: Set<String> = []
    for seed in 1...45 {
      let chain = try chain(seed)
      let input = numbers(chain.graph[chain.graph.inputs[0]].type.shape)
      let plain = try lower(chain.graph, for: .generic).program
      let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
      let largest = max(wanted.map(abs).max() ?? 0, 1e-6)
      let model = try lower(chain.graph, for: target)
      forms.formUnion(model.forms.values)
      for width in target.vectors.map(\.bytes) + [0] {
        let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
        let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= largest * 2e-5, "chain \(seed) in \(width) bytes: \(worst) of \(largest)")
      }
    }
    #expect(
      forms.isSuperset(of: ["sparse_planes", "sparse_planes1x1", "depthwise_planes"]), "\(forms)")
  }

  /// A sparse convolution in steps of up to three behind another one, its window anywhere.
  private func stepping(_ seed: Int, taps: Bool = false) throws -> Chain {
    var dice = Dice(state: UInt64(seed) &* 104_729)
    let (images, channels) = (dice.roll(1...2), dice.roll(1...9))
    var chain = Chain([images, max(taps ? 2 : 1, channels), dice.roll(5...20), dice.roll(5...20)])
    if dice.roll(0...1) == 0 { try chain.conv(16, isDepthwise: false, &dice) }
    let kernel = [dice.roll(1...5), dice.roll(1...5)]
    let (steps, dilations) = ([dice.roll(1...3), dice.roll(2...3)], [dice.roll(1...2), 1])
    let (begin, end) = (kernel.map { dice.roll(0...($0 - 1)) }, kernel.map { dice.roll(0...$0) })
    let shape = (0..<2).map { axis -> Int in
      let room = chain.shape[2 + axis] + begin[axis] + end[axis]
      return (room - (kernel[axis] - 1) * dilations[axis] - 1) / steps[axis] + 1
    }
    guard shape.allSatisfy({ $0 > 0 }) else { return try stepping(seed + 1000, taps: taps) }
    let isDepthwise = taps || chain.shape[1] > 1 && dice.roll(0...2) == 0
    let filters = isDepthwise ? chain.shape[1] : 4 * dice.roll(1...4)
    let inner = isDepthwise ? 1 : chain.shape[1]
    let weight = chain.weight([filters, inner] + kernel, keeping: 20, &dice)
    let blocks = dice.roll(0...3) == 0
    let other: StorageKind = taps ? .dense : isDepthwise ? .indexRows : .blocks
    let storage = blocks ? other : .indexRows
    let operand = chain.graph.addConstant(weight.stored(as: storage, rowAxis: 0), name: "steps")
    let bias = chain.graph.addConstant(chain.weight([filters], keeping: 100, &dice), name: "bias")
    let attributes: [String: Attribute] = [
      "group": .int(isDepthwise ? filters : 1), "dilations": .ints(dilations),
      "strides": .ints(steps), "pads": .ints(begin + end),
    ]
    chain.shape = [chain.shape[0], filters] + shape
    try chain.add(Conv(attributes: Attributes(attributes)), [chain.last, operand, bias])
    chain.graph.setOutputs([chain.last])
    return chain
  }

  /// Runs a chain in every width of vectors beside plain loops; gives the forms.
  private func compare(
    _ chain: Chain, _ name: String, for target: Target = .x86
  ) throws -> Set<String> {
    let input = numbers(chain.graph[chain.graph.inputs[0]].type.shape)
    let plain = try lower(chain.graph, for: .generic).program
    let wanted = try Interpreter.run(plain, inputs: [input])[0].array(of: Float.self)
    let largest = max(wanted.map(abs).max() ?? 0, 1e-6)
    let model = try lower(chain.graph, for: target)
    for width in [64, 32, 16, 0] {
      let got = try Interpreter.run(model.program, inputs: [input], vectorBytes: width)[0]
      let worst = zip(got.array(of: Float.self), wanted).map { abs($0 - $1) }.max() ?? 1
      #expect(worst <= largest * 2e-5, "\(name) in \(width) bytes: \(worst) of \(largest)")
    }
    return Set(model.forms.values)
  }

  @Test func convolutionsInLargerSteps() throws {
    var planes = 0
    for seed in 1...60 {
      if try compare(stepping(seed), "steps \(seed)").contains("sparse_planes") { planes += 1 }
    }
    #expect(planes > 10)
  }

  /// Filters of single channels over planes, tap after tap: steps, dilations and margins of all kinds.
  @Test(arguments: [Target.x86, .aarch64]) func tapsOfPlanes(_ target: Target) throws {
    let names: Set = ["sparse_plane_taps", "depthwise_plane_taps"]
    var counts: [String: Int] = [:]
    for seed in 1...60 {
      let chain = try stepping(seed, taps: true)
      let forms = try compare(chain, "taps \(seed)", for: target.favouring(names))
      for form in names.intersection(forms) { counts[form, default: 0] += 1 }
    }
    #expect(counts["sparse_plane_taps", default: 0] > 15, "\(counts)")
    #expect(counts["depthwise_plane_taps", default: 0] > 5, "\(counts)")
  }

  /// Products of one row and of some, of widths that are no multiple of a vector, and 1x1 convolutions
  /// whose channels come last.
  @Test func rowsTimesMatricesByWindows() throws {
    var dice = Dice(state: 11)
    for seed in 1...24 {
      let (rows, depth) = (seed % 3 == 0 ? 1 : dice.roll(1...23), dice.roll(32...90))
      let columns = rows == 1 ? dice.roll(16...70) : 16 * dice.roll(1...4)
      var chain = Chain([rows, depth])
      let isTurned = dice.roll(0...1) == 0
      let weight = chain.weight(
        isTurned ? [columns, depth] : [depth, columns], keeping: dice.roll(1...50), &dice)
      let stored = weight.stored(as: .indexRows, rowAxis: isTurned ? 0 : 1)
      let operand = chain.graph.addConstant(stored, name: "w")
      let bias = chain.graph.addConstant(chain.weight([columns], keeping: 100, &dice), name: "b")
      chain.shape = [rows, columns]
      let attributes: [String: Attribute] = ["transB": .int(isTurned ? 1 : 0)]
      try chain.add(Gemm(attributes: Attributes(attributes)), [chain.last, operand, bias])
      if dice.roll(0...1) == 0 { try chain.add(Relu(), [chain.last]) }
      chain.graph.setOutputs([chain.last])
      let forms = try compare(chain, "product \(seed)")
      if rows == 1 { #expect(forms.contains { $0.hasPrefix("sparse_windows") }, "\(forms)") }
    }
  }

  /// Rows of very different lengths left most lanes of a group without a nonzero.
  @Test(arguments: [64, 75]) func unevenRowsAreSorted(_ columns: Int) throws {
    var dice = Dice(state: 31)
    let depth = 200
    let values = (0..<(columns * depth)).map { (index: Int) -> Float in
      let isKept = dice.roll(0...99) < index / depth % 5 * 10
      return isKept ? Float(dice.roll(1...5)) / 8 : 0
    }
    let weight = Constant(values, .float32, [columns, depth])
    var chain = Chain([1, depth])
    let operand = chain.graph.addConstant(weight.asIndexRows(rowAxis: 0), name: "w")
    let bias = chain.graph.addConstant(chain.weight([columns], keeping: 100, &dice), name: "b")
    chain.shape = [1, columns]
    try chain.add(Gemm(attributes: ["transB": .int(1)]), [chain.last, operand, bias])
    try chain.add(Relu(), [chain.last])
    chain.graph.setOutputs([chain.last])
    _ = try compare(chain, "uneven rows")
    let plans = explain(chain.graph, for: .x86)
    let chosen = plans.first { $0.isChosen }
    let plan = try #require(chosen)
    let pattern = NonzeroPattern(weight, SparseLayout(weight.type.shape, rowAxis: 0))
    let bytes = [2, 4].map { vectors -> [Int] in
      [false, true].map { isSorted in
        let order = WindowTable.Order(lanes: 16, vectors: vectors, isSorted: isSorted)
        let slots = WindowTable.slots(pattern, order)
        return WindowTable.bytes(
          rows: columns, depth: depth, order: order, slots: slots, elementBytes: 4)
      }
    }
    #expect(bytes.contains { $0[1] == plan.bytes }, "\(plan.form), \(plan.bytes), \(bytes)")
    #expect(bytes.allSatisfy { $0[1] * 10 < $0[0] * 8 }, "\(bytes)")
  }

  /// What the caller hands over may begin between vectors; it was read as if it began on one.
  @Test func callersPlanesAreCopiedWhereTheyAreReadOften() throws {
    for (channels, isCopied) in [(64, true), (8, false)] {
      var (dice, chain) = (Dice(state: 37), Chain([1, 32, 12, 12]))
      let weight = chain.weight([channels, 32, 1, 1], keeping: 20, &dice)
      let operand = chain.graph.addConstant(weight.asIndexRows(rowAxis: 0), name: "w")
      chain.shape[1] = channels
      try chain.add(Conv(), [chain.last, operand])
      chain.graph.setOutputs([chain.last])
      let plans = explain(chain.graph, for: .x86).filter { $0.form == "sparse_planes1x1" }
      let first = plans.first { $0.storage == .indexRows }
      let plan = try #require(first)
      #expect((plan.scratch > 0) == isCopied)
      _ = try compare(chain, "caller's planes")
    }
  }

  /// Rows whose planes lie two to six elements apart are taken apart by vectors.
  @Test func imagesWhoseChannelsComeLast() throws {
    var (dice, planes) = (Dice(state: 41), 0)
    for seed in 1...30 {
      let (channels, step) = (dice.roll(1...5), seed % 2 + 1)
      let (height, width) = (dice.roll(4...20), dice.roll(4...40))
      var chain = Chain([1, height, width, channels])
      chain.shape = [1, channels, height, width]
      let order: [String: Attribute] = ["perm": .ints([0, 3, 1, 2])]
      try chain.add(Transpose(attributes: Attributes(order)), [chain.last])
      let weight = chain.weight([8, channels, 3, 3], keeping: 20, &dice)
      let operand = chain.graph.addConstant(weight.asIndexRows(rowAxis: 0), name: "w")
      chain.shape = [1, 8, (height - 1) / step + 1, (width - 1) / step + 1]
      let attributes: [String: Attribute] = [
        "pads": .ints([1, 1, 1, 1]), "strides": .ints([step, step]),
      ]
      try chain.add(Conv(attributes: Attributes(attributes)), [chain.last, operand])
      chain.graph.setOutputs([chain.last])
      let forms = try compare(chain, "\(channels) channels, \(height)x\(width), step \(step)")
      if forms.contains(where: { $0.hasPrefix("sparse_planes") }) { planes += 1 }
    }
    #expect(planes > 15)
  }

  /// Channels come last at the input, and nothing asks for planes behind.
  @Test(arguments: [2, 3, 5]) func pointwiseConvolutionsByWindows(_ size: Int) throws {
    var dice = Dice(state: UInt64(size))
    var chain = Chain([2, size, size, 48])
    chain.shape = [2, 48, size, size]
    let order: [String: Attribute] = ["perm": .ints([0, 3, 1, 2])]
    try chain.add(Transpose(attributes: Attributes(order)), [chain.last])
    for (number, channels) in [64, 4].enumerated() {
      let part = number == 0 ? 15 : 100
      let weight = chain.weight([channels, chain.shape[1], 1, 1], keeping: part, &dice)
      let operand = chain.graph.addConstant(
        number == 0 ? weight.stored(as: .indexRows, rowAxis: 0) : weight, name: "w\(number)")
      let bias = chain.graph.addConstant(
        chain.weight([channels], keeping: 100, &dice), name: "b\(number)")
      chain.shape[1] = channels
      try chain.add(Conv(), [chain.last, operand, bias])
    }
    chain.graph.setOutputs([chain.last])
    let target = Target.x86.favouring(["sparse_windows_rows"])
    let forms = try compare(chain, "size \(size)", for: target)
    #expect(forms.contains("sparse_windows_rows"), "\(forms)")
  }

  @Test(arguments: [[1, 5, 9, 7], [2, 3, 4, 4], [1, 4, 25, 5], [1, 2, 16, 16], [1, 3, 1, 33]])
  func meansOfPlanes(_ shape: [Int]) throws {
    var chain = Chain(shape)
    chain.shape = Array(shape.prefix(2)) + [1, 1]
    try chain.add(GlobalAveragePool(), [chain.last])
    chain.graph.setOutputs([chain.last])
    #expect(try compare(chain, "means of \(shape)").contains("mean_planes"))
  }

  /// Only what the caller hands over is copied.
  @Test func planesAreReadWhereTheyLie() throws {
    var chain = Chain([1, 16, 14, 14])
    var dice = Dice(state: 5)
    let around: [String: Attribute] = ["pads": .ints([1, 1, 1, 1])]
    for index in 0..<3 {
      let values = (0..<2304).map { (_: Int) -> Float in
        dice.roll(0...9) == 0 ? Float(dice.roll(1...4)) : 0
      }
      let weight = Constant(values, .float32, [16, 16, 3, 3]).stored(as: .indexRows, rowAxis: 0)
      let operand = chain.graph.addConstant(weight, name: "w\(index)")
      try chain.add(Conv(attributes: Attributes(around)), [chain.last, operand])
    }
    chain.graph.setOutputs([chain.last])
    let scratch = explain(chain.graph, for: .x86).filter(\.isChosen).map(\.scratch)
    #expect(scratch.count == 3)
    #expect(scratch[0] > 10_000)
    #expect(scratch.dropFirst().allSatisfy { $0 < 100 }, "\(scratch)")
  }
}
