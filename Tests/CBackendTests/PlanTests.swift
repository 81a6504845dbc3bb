@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// What plans promise beside what is emitted.
struct PlanTests {
  private func bytes(_ program: Program, _ weight: ValueID) -> Int {
    program.slots.reduce(0) { sum, slot in
      guard slot.source == weight, case .constant(let bytes) = slot.role else { return sum }
      return sum + bytes.count
    }
  }

  private func scratch(_ program: Program) -> Int {
    program.steps.flatMap(\.scratch).reduce(0) { $0 + $1.element.byteCount($1.count) }
  }

  @Test(arguments: Target.allCases) func planIsWhatIsEmitted(_ target: Target) throws {
    for item in SparseCase.all {
      for storage in [StorageKind.dense] + SparseStorageTests.storages {
        let graph = item.stored(storage)
        let title = "\(item.name) as \(storage) for \(target)"
        let records = explain(graph, for: target)
        let chosen = records.filter(\.isChosen)
        let plan = try #require(chosen.count == 1 ? chosen.first : nil, "\(title)")
        let model = try lower(graph, for: target)
        #expect(model.forms.values.contains(plan.form), "\(title): \(plan.form)")
        #expect(plan.storage == storage, "\(title)")
        #expect(bytes(model.program, item.weight) == plan.bytes, "\(title)")
        if item.graph.allNodes.count == 1 {
          #expect(scratch(model.program) == plan.scratch, "\(title): \(plan.form)")
        }
        #expect(records.allSatisfy { $0.cost > 0 && $0.cost.isFinite }, "\(title)")
        #expect(
          records.allSatisfy { $0.storage != storage || $0.cost >= plan.cost }, "\(title)")
      }
    }
  }

  /// What is not tried reads every element of its weight.
  @Test func everyOperatorThatLeavesZerosOutIsTried() {
    let tried = Set(
      SparseCase.all.flatMap { item in item.graph.allNodes.map { item.graph[$0].op.name } })
    let linear = OperatorRegistry.all.compactMap { $0 as? any LinearOperator.Type }
    let others = linear.map { $0.schema.name }.filter { !tried.contains($0) }
    #expect(
      others.sorted() == [
        "CausalConvWithState", "ConvInteger", "DeformConv", "MatMulInteger", "QLinearConv",
        "QLinearMatMul",
      ])
  }

  @Test(arguments: Target.allCases, StoragePreference.allCases)
  func promiseIsWhatIsEmitted(_ target: Target, _ preference: StoragePreference) throws {
    for item in SparseCase.all {
      let title = "\(item.name), \(preference) for \(target)"
      let request = StorageRequest(preference: preference, constants: [item.weight])
      let planner = StoragePlanner(target)
      let decision = try #require(
        planner.chooseStorages(item.graph, request)[item.weight], "\(title)")
      let model = try lower(item.stored(decision.storage), for: target)
      #expect(bytes(model.program, item.weight) == decision.bytes, "\(title)")
      switch preference {
      case .balanced: #expect(decision.time <= 1.1 + 1e-6, "\(title): \(decision)")
      case .time: #expect(decision.time <= 1 + 1e-6, "\(title): \(decision)")
      case .bytes:
        let element = try #require(item.graph.constant(item.weight)).type.element
        let offered = StorageKind.sparse(serving: element)
        let all = offered.map { storage in
          explain(item.stored(storage), for: target).first(where: \.isChosen)?.bytes
        }.compactMap { $0 }
        #expect(decision.bytes == all.min(), "\(title): \(decision)")
      }
    }
  }

  @Test func unreadableStoragesAreRefusedWithTheReason() throws {
    let item = try #require(SparseCase.all.first { $0.name == "gemm_row" })
    var graph = item.graph
    let node = graph.addNode(
      Abs(), [item.weight], types: [graph[item.weight].type], name: "also")
    graph.setOutputs(graph.outputs + [try #require(graph[node].result)])
    let request = StorageRequest(preference: .bytes, constants: [item.weight])
    let decision = try #require(
      StoragePlanner(.generic).chooseStorages(graph, request)[item.weight])
    #expect(decision.storage == .dense)
    #expect(decision.reason == "it is also read as data")
  }
}

/// Decisions that were wrong as long as storages were chosen by other costs than kernels.
struct StorageDecisionTests {
  private func constant(_ shape: [Int], keeping part: Int) -> Constant {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { index -> Float in
      let mixed = (index &* 2_654_435_761) >> 8
      return mixed % 100 < part ? Float(mixed / 5 % 7 + 1) : 0
    }
    return Constant(values, .float32, shape)
  }

  private func graph(
    _ op: any Operator, x: [Int], w: [Int], y: [Int], keeping part: Int
  ) throws -> (graph: Graph, weight: ValueID) {
    var graph = Graph(name: "layer", source: "layer.onnx")
    let input = graph.addInput("x", TensorType(.float32, x))
    let weight = graph.addConstant(constant(w, keeping: part), name: "w")
    let node = graph.addNode(
      op, [input, weight], types: [TensorType(.float32, y)], name: "layer")
    graph.setOutputs([try #require(graph[node].result)])
    return (graph, weight)
  }

  private func decision(
    _ layer: (graph: Graph, weight: ValueID), _ target: Target, _ preference: StoragePreference
  ) throws -> StorageDecision {
    let request = StorageRequest(preference: preference, constants: [layer.weight])
    return try #require(StoragePlanner(target).chooseStorages(layer.graph, request)[layer.weight])
  }

  private func long(keeping part: Int) throws -> (graph: Graph, weight: ValueID) {
    let attributes: [String: Attribute] = ["pads": .ints([0, 12, 0, 11])]
    return try graph(
      Conv(attributes: Attributes(attributes)), x: [1, 16, 1, 48], w: [16, 16, 1, 24],
      y: [1, 16, 1, 48], keeping: part)
  }

  /// Plain loops over the nonzeros took twelve times as long as dense here.
  @Test(arguments: [Target.x86, .cortexM4]) func longWindowsHaveAKernel(_ target: Target) throws {
    let layer = try long(keeping: 20)
    for storage in SparseStorageTests.storages {
      var graph = layer.graph
      let constant = try #require(graph.constant(layer.weight))
      graph.setConstant(layer.weight, constant.stored(as: storage, rowAxis: 0), by: "test")
      let title = try #require(try lower(graph, for: target).program.steps.first?.kernel.title)
      #expect(["sparse_conv", "sparse_planes", "sparse_taps"].contains(title), "\(storage)")
    }
  }

  /// With the channels of neighbours side by side, most results of a tile lay too far from the first
  /// for the offset of a load, which took a quarter more instructions.
  @Test func sparseLayersTurnTheirGroups() throws {
    var graph = Graph(name: "chain", source: "chain.onnx")
    var last = graph.addInput("x", TensorType(.float32, [1, 64, 25, 5]))
    let around: [String: Attribute] = ["pads": .ints([1, 1, 1, 1]), "group": .int(64)]
    for index in 0..<5 {
      let isDepthwise = index % 2 == 1
      let shape = isDepthwise ? [64, 1, 3, 3] : [64, 64, 1, 1]
      let weight = graph.addConstant(constant(shape, keeping: 20), name: "w\(index)")
      let op = Conv(attributes: Attributes(isDepthwise ? around : [:]))
      let node = graph.addNode(
        op, [last, weight], types: [TensorType(.float32, [1, 64, 25, 5])], name: "layer\(index)")
      graph.setConstant(
        weight, constant(shape, keeping: 20).stored(as: .indexRows, rowAxis: 0), by: "test")
      last = try #require(graph[node].result)
    }
    graph.setOutputs([last])
    let chosen = explain(graph, for: .cortexM4).filter(\.isChosen)
    #expect(chosen.count == 5)
    #expect(chosen.allSatisfy { $0.work.allSatisfy { $0.step != "reach" } })
  }

  /// A single row of 256 to 64 takes half the time of dense at four fifths zeros, by windows of
  /// columns, and longer than dense at a fifth.
  @Test func shortRowsAreSparseWhereZerosPay() throws {
    func row(keeping part: Int) throws -> (graph: Graph, weight: ValueID) {
      try graph(
        Gemm(attributes: ["transB": .int(1)]), x: [1, 256], w: [64, 256], y: [1, 64], keeping: part)
    }
    let (sparse, full) = (try row(keeping: 20), try row(keeping: 80))
    #expect(try decision(sparse, .x86, .time).storage == .indexRows)
    #expect(try decision(sparse, .x86, .balanced).storage != .dense)
    #expect(try decision(sparse, .cortexM4, .time).storage != .dense)
    #expect(try decision(full, .x86, .time).storage == .dense)
    #expect(try decision(full, .x86, .balanced).storage == .dense)
  }

  /// A product had become dense, because kernels for dense weights are faster: 230 MB of one number.
  @Test(arguments: [Target.generic, .x86, .cortexM4], StoragePreference.allCases)
  func oneNumberStaysOne(_ target: Target, _ preference: StoragePreference) throws {
    var layer = try graph(
      Gemm(attributes: ["transB": .int(1)]), x: [1, 1024], w: [512, 1024], y: [1, 512], keeping: 1)
    let type = layer.graph[layer.weight].type
    layer.graph.setConstant(
      layer.weight, Constant(type, .uniform(Bytes([Float(0.5)]))), by: "test")
    #expect(try decision(layer, target, preference).storage == .uniform)
  }

  @Test func veryEmptyLayersGainTime() throws {
    let pointwise = try graph(
      Conv(), x: [1, 64, 25, 5], w: [64, 64, 1, 1], y: [1, 64, 25, 5], keeping: 5)
    let attributes: [String: Attribute] = [
      "pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 2]),
    ]
    let window = try graph(
      Conv(attributes: Attributes(attributes)), x: [1, 16, 32, 32], w: [32, 16, 3, 3],
      y: [1, 32, 16, 16], keeping: 5)
    for target in [Target.x86, .cortexM4] {
      #expect(try decision(pointwise, target, .time).time < 1 / 1.3)
      #expect(try decision(window, target, .time).time < 1 / 1.3)
    }
  }
}
