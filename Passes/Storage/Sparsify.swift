public import CoppiceIR
public import CoppicePassManager

/// Chooses how each constant is held: dense, uniform, or without its zeros.
///
/// ```
///   %w = constant [0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0] : f32[2,4]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,2]
/// ```
/// becomes
/// ```
///   %w = constant index-rows {axis = 0, columns = 4, starts = [0, 1, 2], indices = [2, 3]} [2.0, 1.0] : f32[2,4]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,2]
/// ```
///
/// A constant loses its zeros if every reader reads it as the weight of an operator with a sparse
/// kernel, and the kernels that lowering would choose for the target gain by it: `prefer=balanced`
/// takes the smallest product of bytes and time among what is at most a tenth slower than dense,
/// `bytes` the smallest bytes, `time` the smallest time. A constant that no operator reads as its
/// weight becomes uniform when all its elements are equal. Elements never change, and constants that
/// arrive sparse are judged like all others. The report says why each is as it is.
///
/// - Complexity: O(elements).
public struct Sparsify: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "sparsify", summary: "Choose the storage of each constant by bytes and time",
    options: [
      PassOption(
        "prefer", .choice(StoragePreference.allCases.map(\.rawValue)), default: "balanced",
        "What counts when bytes and time disagree"),
      PassOption(
        "storage", .choice(["auto"] + Self.forced.map(\.rawValue)), default: "auto",
        "The storage of every weight; auto chooses for each"),
    ],
    statistics: ["sparse", "uniform", "bytes-saved"],
    example: "@default,prune-magnitude{sparsity=0.8},sparsify{prefer=bytes}")

  private static let forced: [StorageKind] = [.dense] + StorageKind.sparse

  private let preference: StoragePreference
  private let storage: StorageKind?

  /// Makes the pass.
  ///
  /// - Parameter options: `prefer` and `storage`.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws {
    preference = try options.choice("prefer", StoragePreference.self)
    storage = options.text("storage").flatMap(StorageKind.init(rawValue:))
  }

  /// Judges every constant that somebody reads, in the order of their first readers.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission, who plans storages, statistics and the report.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    guard let planner = context.services.storages else {
      return context.warn(
        DiagnosticMessage(
          "no-storage-planner",
          "this program gives passes no knowledge of kernels: every storage stays as it is"))
    }
    let uses = graph.uses()
    let values = graph.constantsByReader.filter { isOpen($0, graph, uses, context) }
    let request = StorageRequest(preference: preference, forced: storage, constants: values)
    let decisions = planner.chooseStorages(graph, request)
    var chosen = ChosenStorages(choices: [])
    for value in values {
      guard let old = graph.constant(value),
        let decision = decisions[value] ?? equalElements(old)
      else { continue }
      if decision.changes(old.storage), let edit = context.edit() {
        let new = old.stored(as: decision.storage, rowAxis: decision.rowAxis)
        graph.setConstant(value, new, by: edit)
        count(decision, old, &context)
      }
      chosen.choices.append(ChosenStorages.Choice(value, graph[value], decision))
    }
    context.leave(chosen)
  }

  private func isOpen(
    _ value: ValueID, _ graph: Graph, _ uses: UseMap, _ context: PassContext
  ) -> Bool {
    let type = graph[value].type
    guard type.element.bits >= 8, type.count > 1 else { return false }
    return !context.isScoped || uses.users(value).contains { context.isInScope(graph[$0]) }
  }

  /// What is data only becomes one element where all are equal.
  private func equalElements(_ constant: Constant) -> StorageDecision? {
    guard constant.onlyNumber != nil, storage != .dense else { return nil }
    return StorageDecision(
      .uniform, nonzeros: constant.nonzeroCount, bytes: constant.type.element.bits / 8,
      reason: "all elements are equal")
  }

  private func count(
    _ decision: StorageDecision, _ constant: Constant, _ context: inout PassContext
  ) {
    if decision.storage == .dense { return }
    context.count(decision.storage == .uniform ? "uniform" : "sparse")
    context.count("bytes-saved", by: max(0, constant.type.byteCount - decision.bytes))
  }
}

extension StorageDecision {
  /// Whether a storage is another one.
  fileprivate func changes(_ old: Storage) -> Bool {
    storage != old.kind || !(old.format?.isCanonical(rowAxis: rowAxis) ?? true)
  }
}

extension Graph {
  /// The constants that nodes read, each once, in the order of the nodes.
  fileprivate var constantsByReader: [ValueID] {
    var seen: Set<ValueID> = []
    return allNodes.flatMap { self[$0].operands }.compactMap { $0 }.filter {
      constant($0) != nil && seen.insert($0).inserted
    }
  }
}
