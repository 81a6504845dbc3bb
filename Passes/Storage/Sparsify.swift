public import CoppiceIR
public import CoppicePassManager

/// Chooses how each constant is held: dense, uniform, or without its zeros.
///
/// ```
///   %w = constant [0, 0, 2, 0, 0, 0, 0, 1] : f32[2,4] dense
///   %y = Gemm(%x, %w) {transB = 1}
/// ```
/// becomes
/// ```
///   %w = constant [0, 0, 2, 0, 0, 0, 0, 1] : f32[2,4] index-rows-u8
///   %y = Gemm(%x, %w) {transB = 1}
/// ```
///
/// A constant loses its zeros if every reader reads it as the weight of an operator with a sparse
/// kernel, and the target's costs are lower so: `prefer=balanced` takes the storage with the smallest
/// product of bytes and time, `bytes` and `time` the smallest of the one. A constant that no operator
/// reads as its weight becomes uniform when all its elements are equal. Elements never change, and
/// constants that arrive sparse are judged like all others. The report says why each is as it is.
///
/// - Complexity: O(elements).
public struct Sparsify: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "sparsify", summary: "Choose the storage of each constant by bytes and time",
    options: [
      PassOption(
        "prefer", .choice(Preference.allCases.map(\.rawValue)), default: "balanced",
        "What counts when bytes and time disagree"),
      PassOption(
        "storage", .choice(["auto"] + Self.forced.map(\.rawValue)), default: "auto",
        "The storage of every weight; auto chooses for each"),
    ],
    statistics: ["sparse", "uniform", "bytes-saved"])

  /// What counts when bytes and time disagree.
  enum Preference: String, CaseIterable { case balanced, bytes, time }

  private static let forced: [StorageKind] = [.dense] + StorageKind.sparse

  private let preference: Preference
  private let storage: StorageKind?

  /// Makes the pass.
  ///
  /// - Parameter options: `prefer` and `storage`.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws {
    preference = try options.choice("prefer", Preference.self)
    storage = options.text("storage").flatMap(StorageKind.init(rawValue:))
  }

  /// Judges every constant that somebody reads, in the order of their first readers.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission, the target's costs, statistics and the report.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    let uses = graph.uses()
    let weights = Dictionary(
      graph.weights().map { ($0.value, $0) }, uniquingKeysWith: { first, _ in first })
    var chosen = ChosenStorages(choices: [])
    for value in graph.constantsByReader {
      guard let choice = choose(value, weights[value], graph, uses, context) else { continue }
      let old = graph.constant(value)
      if let old, choice.changes(old.storage), context.mayRewrite() {
        graph.setConstant(value, choice.apply(to: old), by: Self.info.name)
        count(choice, &context)
      }
      chosen.choices.append(ChosenStorages.Choice(value, graph[value], choice))
    }
    context.leave(chosen)
  }

  private func choose(
    _ value: ValueID, _ weight: Weight?, _ graph: Graph, _ uses: UseMap, _ context: PassContext
  ) -> StorageChoice? {
    guard let constant = graph.constant(value), constant.type.element.bits >= 8,
      constant.type.count > 1
    else { return nil }
    if context.isScoped, !uses.users(value).contains(where: { context.isInScope(graph[$0]) }) {
      return nil
    }
    switch graph.weightReading(value, weight, uses) {
    case .weight(let site):
      let judge = StorageJudge(constant, site, context.target)
      return storage.map { judge.forced($0) } ?? judge.best(preference)
    case .carried(let reason) where constant.onlyNumber == nil:
      return StorageChoice(constant, .dense, reason: reason)
    case .refused(let reason):
      return StorageChoice(constant, .dense, reason: reason)
    case .data, .carried:
      guard constant.onlyNumber != nil, storage != .dense else { return nil }
      return StorageChoice(constant, .uniform, reason: "all elements are equal")
    }
  }

  private func count(_ choice: StorageChoice, _ context: inout PassContext) {
    if choice.kind == .dense { return }
    context.count(choice.kind == .uniform ? "uniform" : "sparse")
    context.count("bytes-saved", by: max(0, choice.denseBytes - choice.bytes))
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
