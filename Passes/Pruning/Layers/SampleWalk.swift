import CoppiceIR
import CoppicePassManager

/// Takes samples through a model from stop to stop, so that each layer can be changed before what
/// follows it is computed.
///
/// Only values that a later stop depends on are computed and kept.
struct SampleWalk {
  /// A node that is stopped at, and the value that is looked at there: one that it reads or gives.
  struct Stop: Hashable {
    let node: NodeID
    let value: ValueID
  }

  /// How many samples there are.
  let count: Int
  private var values: [ValueID: [Bytes]] = [:]
  private let order: [NodeID]
  private let places: [NodeID: Int]
  /// The last node that needs a value.
  private var lastUses: [ValueID: Int] = [:]
  private var next = 0
  private let services: PassServices

  /// Starts before the first node.
  ///
  /// - Parameters:
  ///   - samples: The inputs of the model.
  ///   - graph: The model; no node of it is fused.
  ///   - stops: The stops that will come, in any order.
  ///   - services: Run the parts of the model.
  init(
    _ samples: ModelSamples, _ graph: Graph, stops: [Stop], _ services: PassServices
  ) {
    count = samples.count
    self.services = services
    let nodes = graph.nodes
    let places = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
    let needed = Self.needed(stops, graph)
    self.places = places
    order = nodes.filter(needed.contains)
    for id in order + stops.map(\.node) {
      for value in graph.valuesRead(by: id) { use(value, at: places[id] ?? 0) }
    }
    for stop in stops { use(stop.value, at: places[stop.node] ?? 0) }
    for (number, input) in graph.inputs.enumerated() where lastUses[input] != nil {
      values[input] = samples.inputs.map { $0[number] }
    }
  }

  private mutating func use(_ value: ValueID, at place: Int) {
    lastUses[value] = max(lastUses[value] ?? 0, place)
  }

  /// The nodes of the body that stops depend on.
  private static func needed(_ stops: [Stop], _ graph: Graph) -> Set<NodeID> {
    var found: Set<NodeID> = []
    var open = stops.compactMap { graph.producer($0.value) }
    while let id = open.popLast() {
      guard graph[id].parent == graph.body, found.insert(id).inserted else { continue }
      open += graph.valuesRead(by: id).compactMap { graph.producer($0) }
    }
    return found
  }

  /// Computes all that stands before a stop, and gives its value for each sample.
  ///
  /// - Parameters:
  ///   - stop: Not before the last one.
  ///   - graph: The model, with nothing but constants changed.
  /// - Returns: The elements of the value.
  /// - Throws: Why a part cannot be compiled or run.
  mutating func values(at stop: Stop, in graph: Graph) throws -> [Bytes] {
    try advance(to: places[stop.node] ?? 0, graph)
    if let own = values[stop.value] { return own }
    if let constant = graph.constant(stop.value) {
      return Array(repeating: constant.dense, count: count)
    }
    return try run([stop.node], graph, giving: [stop.value])[stop.value] ?? []
  }

  private mutating func advance(to place: Int, _ graph: Graph) throws {
    let nodes = order.filter { next <= (places[$0] ?? 0) && (places[$0] ?? 0) < place }
    let results = nodes.flatMap { graph[$0].results.compactMap { $0 } }
    let wanted = results.filter { (lastUses[$0] ?? -1) >= place }
    if !wanted.isEmpty {
      values.merge(try run(nodes, graph, giving: wanted)) { $1 }
    }
    next = max(next, place)
    for value in values.keys where (lastUses[value] ?? -1) < place { values[value] = nil }
  }

  private func run(
    _ nodes: [NodeID], _ graph: Graph, giving wanted: [ValueID]
  ) throws -> [ValueID: [Bytes]] {
    let part = GraphPart(nodes, of: graph, giving: wanted)
    let evaluator = try services.evaluator(part.graph)
    let inputs = (0..<count).map { sample in
      part.inputs.map { values[$0]?[sample] ?? Bytes([UInt8]()) }
    }
    let results = wanted.map { SampleMemory(count, size: graph[$0].type.byteCount) }
    try evaluator.run(ModelSamples(inputs: inputs), gates: [GateSetting(count: 0)]) { answer in
      for (result, bytes) in zip(results, answer.outputs) { result.set(answer.sample, bytes) }
    }
    return Dictionary(uniqueKeysWithValues: zip(wanted, results.map(\.samples)))
  }
}

/// The elements of a value of all samples in one piece, which goes back to the system as a whole.
private final class SampleMemory {
  private let memory: UnsafeMutableRawBufferPointer
  private let size: Int
  private let count: Int
  private let bytes: Bytes

  init(_ count: Int, size: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count * size, 1), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    nonisolated(unsafe) let owned = memory
    bytes = Bytes(
      borrowing: UnsafeRawBufferPointer(rebasing: memory[..<(count * size)]),
      release: { owned.deallocate() })
    (self.memory, self.size, self.count) = (memory, size, count)
  }

  func set(_ sample: Int, _ bytes: Bytes) {
    bytes.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(rebasing: memory[(sample * size)...]).copyMemory(from: $0)
    }
  }

  var samples: [Bytes] { (0..<count).map { bytes.slice(($0 * size)..<(($0 + 1) * size)) } }
}

extension Graph {
  /// The values that a node or one of its bodies reads.
  fileprivate func valuesRead(by id: NodeID) -> [ValueID] {
    let inner = self[id].blocks.flatMap { block in
      allNodes(in: block).flatMap { valuesRead(by: $0) } + self[block].outputs
    }
    return self[id].operands.compactMap { $0 } + inner
  }
}
