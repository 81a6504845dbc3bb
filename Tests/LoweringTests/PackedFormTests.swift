@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Forms on packed integers mean what plain loops compute, run by the interpreter.
@Suite struct PackedFormTests {
  /// Numbers that look random, with zeros where a storage is to leave some out.
  private static func numbers(_ count: Int, zeros: Bool = false) -> String {
    let list = (0..<count).map { place -> Int in
      let number = (place * 7919 + place / 3 * 31 + 17) % 251 - 125
      return zeros && (place * 5 + place / 7) % 4 != 0 ? 0 : number
    }
    return "[" + list.map(String.init).joined(separator: ", ") + "]"
  }

  private static func shape(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: ",")
  }

  /// A convolution of int8 with a bias.
  private static func convolution(
    _ x: [Int], _ w: [Int], _ y: [Int], _ attributes: String, zeros: Bool = false
  ) -> String {
    """
    graph @g(%x: i8[\(shape(x))]) {
      %xs = constant [0.05] : f32[1]
      %xz = constant [-7] : i8[1]
      %w = constant \(numbers(w.reduce(1, *), zeros: zeros)) : i8[\(shape(w))]
      %ws = constant [0.01] : f32[1]
      %wz = constant [0] : i8[1]
      %ys = constant [0.3] : f32[1]
      %yz = constant [3] : i8[1]
      %b = constant \(numbers(w[0])) : i32[\(w[0])]
      %y = QLinearConv(%x, %xs, %xz, %w, %ws, %wz, %ys, %yz, %b) {\(attributes)}
      return %y
    }
    """
  }

  private static func product(_ rows: Int, _ depth: Int, _ columns: Int, _ form: String) -> String {
    """
    graph @g(%x: i8[\(rows),\(depth)]) {
      %xs = constant [0.05] : f32[1]
      %xz = constant [-7] : i8[1]
      %w = constant \(numbers(depth * columns, zeros: true)) : i8[\(depth),\(columns)]
      %ws = constant [0.01] : f32[1]
      %wz = constant [0] : i8[1]
      %ys = constant [0.3] : f32[1]
      %yz = constant [3] : i8[1]
      %b = constant \(numbers(columns)) : i32[\(columns)]
      %y = QLinearMatMul(%x, %xs, %xz, %w, %ws, %wz, %ys, %yz, %b) {requantize = "\(form)"}
      return %y
    }
    """
  }

  private func answer(_ graph: Graph, _ target: Target) throws -> (bytes: [UInt8], title: String) {
    let program = try lower(graph, for: target).program
    let count = graph[graph.inputs[0]].type.count
    let x = Bytes((0..<count).map { Int8(truncatingIfNeeded: $0 * 37 + $0 / 5) })
    let outputs = try Interpreter.run(program, inputs: [x])
    return (outputs[0].withUnsafeBytes { Array($0) }, program.steps[0].kernel.title)
  }

  /// The answer on a Cortex-M4 is that of plain loops.
  private func check(_ text: String, _ storage: StorageKind = .dense, title: String) throws {
    var graph = try Graph(parsing: text, file: "g")
    let plain = try answer(graph, .generic).bytes
    #expect(Set(plain).count > min(4, plain.count / 2), "answers differ")
    if storage != .dense {
      let weight = try #require(graph.weights().first)
      let constant = try #require(graph.constant(weight.value))
      let rowAxis = constant.type.rank == 4 ? 0 : 1
      graph.setConstant(weight.value, constant.stored(as: storage, rowAxis: rowAxis), by: "test")
    }
    let packed = try answer(graph, .cortexM4)
    #expect(packed.title == title)
    #expect(packed.bytes == plain)
  }

  @Test(arguments: ["fast", "onnx"], [[3, 1], [5, 1], [10, 1], [15, 1]])
  func depthwiseColumns(_ form: String, _ kernel: [Int]) throws {
    for pad in [0, 2] {
      let rows = 16 + 2 * pad - kernel[0] + 1
      let attributes = """
        group = 6, pads = [\(pad), 0, \(pad), 0], kernel_shape = [\(kernel[0]), 1], \
        requantize = "\(form)"
        """
      try check(
        Self.convolution([1, 6, 16, 1], [6, 1, kernel[0], 1], [1, 6, rows, 1], attributes),
        title: "depthwise_taps")
    }
  }

  @Test(arguments: [1, 2], [[5, 5], [1, 4], [3, 7], [2, 2]])
  func depthwiseWindows(_ stride: Int, _ kernel: [Int]) throws {
    for pads in [[0, 0, 0, 0], [1, 1, 0, 1]] {
      let size = (0..<2).map { (9 + pads[$0] + pads[$0 + 2] - kernel[$0]) / stride + 1 }
      let attributes = """
        group = 4, pads = [\(Self.shape(pads))], strides = [\(stride), \(stride)], \
        kernel_shape = [\(Self.shape(kernel))], requantize = "fast"
        """
      try check(
        Self.convolution([1, 4, 9, 9], [4, 1] + kernel, [1, 4] + size, attributes),
        title: "depthwise_taps")
    }
  }

  /// Channels are last in what comes in; blocks are small where there is little memory.
  @Test(arguments: ["fast", "onnx"], [[3, 3], [1, 3], [2, 2]])
  func windowsThatShareColumns(_ form: String, _ kernel: [Int]) throws {
    for (step, depth, pads) in [
      (1, 8, [1, 1, 1, 1]), (2, 8, [0, 1, 1, 0]), (1, 16, [0, 0, 0, 0]),
    ] {
      let size = [9, 11].enumerated().map {
        ($1 + pads[$0] + pads[$0 + 2] - kernel[$0]) / step + 1
      }
      let attributes = """
        pads = [\(Self.shape(pads))], strides = [\(step), \(step)], \
        kernel_shape = [\(Self.shape(kernel))], requantize = "\(form)"
        """
      let text = Self.convolution(
        [1, depth, 9, 11], [5, depth] + kernel, [1, 5] + size, attributes
      )
      .replacing(
        "(%x: i8[1,\(depth),9,11]) {",
        with: "(%last: i8[1,9,11,\(depth)]) {\n  %x = Transpose(%last) {perm = [0, 3, 1, 2]}")
      let graph = try Graph(parsing: text, file: "g")
      let plain = try answer(graph, .generic).bytes
      #expect(Set(plain).count > 4)
      for memory in [nil, 400] as [Int?] {
        var target = Target.cortexM4
        target.bandMemory = memory
        let forms = try lower(graph, for: target).forms.values
        let isCheapest = memory == nil && depth == 8 && (step == 1 || kernel == [2, 2])
        #expect(forms.contains("conv_dot_rows") || !isCheapest)
        #expect(try answer(graph, target).bytes == plain, "\(kernel), \(step), \(pads)")
      }
    }
  }

  @Test(arguments: ["fast", "onnx"], [StorageKind.bitmap, .indexRows, .blocks1x2])
  func sparseConvolutions(_ form: String, _ storage: StorageKind) throws {
    let attributes = """
      pads = [1, 1, 1, 1], kernel_shape = [3, 3], requantize = "\(form)"
      """
    for depth in [5, 8] {
      try check(
        Self.convolution(
          [1, depth, 6, 9], [7, depth, 3, 3], [1, 7, 6, 9], attributes, zeros: true),
        storage, title: "sparse_pairs")
    }
  }

  @Test(arguments: ["fast", "onnx"], [StorageKind.indexRows, .blocks2x4])
  func sparseProducts(_ form: String, _ storage: StorageKind) throws {
    for (rows, depth, columns) in [(1, 64, 70), (3, 31, 33), (1, 1030, 9), (1, 520, 12)] {
      try check(Self.product(rows, depth, columns, form), storage, title: "sparse_rows")
    }
  }

  @Test(arguments: [StorageKind.dense, .indexRows])
  func lessMemoryForBandsIsSlowerAndGivesTheSame(_ storage: StorageKind) throws {
    let text = Self.convolution(
      [1, 16, 16, 16], [8, 16, 3, 3], [1, 8, 16, 16],
      "pads = [1, 1, 1, 1], kernel_shape = [3, 3], requantize = \"fast\"", zeros: true)
    var graph = try Graph(parsing: text, file: "g")
    let weight = try #require(graph.weights().first)
    let constant = try #require(graph.constant(weight.value))
    graph.setConstant(weight.value, constant.stored(as: storage, rowAxis: 0), by: "test")
    var last: (arena: Int, cost: Double, bytes: [UInt8])?
    for memory in [nil, 4096, 1024] as [Int?] {
      var target = Target.cortexM4
      target.bandMemory = memory
      let arena = try lower(graph, for: target).plan.arenaBytes
      let cost = try #require(explain(graph, for: target).first { $0.isChosen }?.cost)
      let bytes = try answer(graph, target).bytes
      if let last {
        #expect(arena < last.arena && cost > last.cost && bytes == last.bytes)
      }
      last = (arena, cost, bytes)
    }
  }

  /// Places and nonzeros of a weight of 128 x 128 with a random mask, beside its bytes when dense; a
  /// multiplier and a start for each channel are there in every form.
  @Test(arguments: [(50, 0.63), (70, 0.44), (80, 0.32), (90, 0.19), (95, 0.11)])
  func sparseWeightsTakeFewBytes(_ percent: Int, _ part: Double) throws {
    var random = UInt64(percent)
    let list = (0..<(128 * 128)).map { _ -> String in
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % 100 < UInt64(percent) ? "0" : "\((random >> 48) % 120 + 1)"
    }
    let dense = Self.convolution([1, 128, 8, 8], [128, 128, 1, 1], [1, 128, 8, 8], "")
    let numbers = Self.numbers(128 * 128)
    let text = dense.replacing(numbers, with: "[" + list.joined(separator: ", ") + "]")
    let graph = try Graph(parsing: text, file: "g")
    let plans = explain(graph, for: .cortexM4).filter { $0.form.hasPrefix("sparse_pairs") }
    let least = try #require(plans.map(\.bytes).min())
    #expect(Double(least - 128 * 8) <= part * 128 * 128)
  }

  /// Zeros that come in pairs of inputs take less as blocks of two.
  @Test func pairsTakeFewerBytesThanSingleWeights() throws {
    let list = (0..<(64 * 64)).map { $0 / 2 * 7919 % 5 == 0 ? "\($0 % 120 + 1)" : "0" }
    let dense = Self.convolution([1, 64, 8, 8], [64, 64, 1, 1], [1, 64, 8, 8], "")
    let text = dense.replacing(
      Self.numbers(64 * 64), with: "[" + list.joined(separator: ", ") + "]")
    let plans = explain(try Graph(parsing: text, file: "g"), for: .cortexM4)
    func plan(_ form: String) throws -> (bytes: Int, cost: Double) {
      let found = try #require(plans.first { $0.form == form })
      return (found.bytes, found.cost)
    }
    let (pairs, single) = (try plan("sparse_pairs_whole"), try plan("sparse_pairs"))
    #expect(pairs.bytes < single.bytes && pairs.cost < single.cost)
  }
}
