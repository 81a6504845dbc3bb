public import CoppiceIR

/// One plan of a layer, taken or not, for those who want to know why.
public struct PlanRecord: Sendable {
  /// The node's name.
  public var node: String
  /// The node's operator.
  public var op: String
  /// The form.
  public var form: String
  /// The storage of the weight that the form would read.
  public var storage: StorageKind
  /// Bytes of the weight as packed.
  public var bytes: Int
  /// The forecast of the time, in the target's unit.
  public var cost: Double
  /// Bytes of memory beside operands and results.
  public var scratch: Int
  /// The forecast of the bytes of machine code.
  public var codeBytes: Int
  /// What the form does how often, by name; the target's costs are fitted to it.
  public var work: [(step: String, count: Double)]
  /// Whether this is what is emitted.
  public var isChosen: Bool
  /// Why it is, or why not.
  public var reason: String
}

/// Plans a graph as it would be lowered, and keeps every plan of each node with a weight.
///
/// - Parameters:
///   - graph: As the pipeline left it.
///   - target: What the code is for.
/// - Returns: The plans by node in the order they run, the forms in their order.
public func explain(_ graph: Graph, for target: Target) -> [PlanRecord] {
  let lowering = ModelLowering(
    prepareAll(graph).graph, target, [:], WeightCounter(), builds: false)
  var records: [PlanRecord] = []
  lowering.explain = { [unowned lowering] site, taken in
    for storage in site.storages { records += lowering.records(site, storage, taken) }
  }
  // What cannot be lowered is said when it is lowered.
  try? lowering.run()
  return records
}

extension Site {
  /// The storages that the weight may be read in; none without a weight.
  fileprivate var storages: [StorageKind] {
    guard let weightOperand, let weight = constants[weightOperand] else { return [] }
    let whole: [StorageKind] = weight.storage.isUniform ? [.uniform, .dense] : [.dense]
    if reading(weightOperand) == nil { return whole }
    let offered = StorageKind.sparse(serving: weight.type.element)
    let own = weight.storage.kind
    // A storage that was asked for is not always one that is offered.
    return whole + offered + (own.isSparse && !offered.contains(own) ? [own] : [])
  }

  /// The same site with its weight in a storage.
  fileprivate func storing(_ storage: StorageKind) -> Site {
    guard let weightOperand, let constant = constants[weightOperand],
      constant.storage.kind != storage
    else { return self }
    let rowAxis = reading(weightOperand)?.rowAxis ?? 0
    return with(weight: constant.stored(as: storage, rowAxis: rowAxis))
  }
}

extension ModelLowering {
  /// The plans of a site for one storage, those of one form and storage compared with that taken.
  fileprivate func records(_ site: Site, _ storage: StorageKind, _ taken: Plan) -> [PlanRecord] {
    let node = graph[site.computation.head]
    let stored = site.storing(storage)
    let plans = stored.plans(storage, target)
    let least = plans.map(\.cost).min() ?? 0
    let room = stored.room(target) ?? .max
    return plans.map { plan in
      let isChosen = plan.form == taken.form && storage == taken.storage
      let reason = reason(plan, taken, storage, isChosen: isChosen, least: least, room: room)
      let built = build(stored, plan)
      return PlanRecord(
        node: node.name, op: node.op.name, form: plan.form, storage: storage, bytes: plan.bytes,
        cost: plan.cost, scratch: max(plan.scratch, built.scratch), codeBytes: built.code,
        work: plan.work.list.map { ("\($0.step)", $0.count) }, isChosen: isChosen,
        reason: reason)
    }
  }

  /// Why a plan is taken, or not.
  private func reason(
    _ plan: Plan, _ taken: Plan, _ storage: StorageKind, isChosen: Bool, least: Double, room: Int
  ) -> String {
    func part(_ cost: Double, _ other: Double) -> String {
      "\((cost / max(other, 1e-9) * 100).rounded() / 100)"
    }
    if isChosen { return "the least cost of what reads \(storage.rawValue)" }
    if plan.scratch > room, plan.cost < taken.cost {
      return "its scratch memory is more than the \(room) bytes that are left"
    }
    if storage == taken.storage {
      return "\(part(plan.cost, taken.cost)) of the time of \(taken.form)"
    }
    if plan.cost > least {
      return "\(part(plan.cost, least)) of the time of another form for \(storage.rawValue)"
    }
    return "the weight is \(taken.storage.rawValue): \(part(plan.cost, taken.cost)) of the time, "
      + "\(part(Double(plan.bytes), Double(taken.bytes))) of the bytes"
  }

  /// Builds a plan for its size only; plain loops say no sooner what scratch memory they take.
  private func build(_ site: Site, _ plan: Plan) -> (scratch: Int, code: Int) {
    let builder = makeBuilder(site.operands, site.results, site.computation, site.constants)
    attachTail(site.computation, site.results, builder)
    guard let kernel = try? plan.emit(builder) else { return (0, 0) }
    let scratch = builder.scratch.reduce(0) { $0 + $1.element.byteCount($1.count) }
    return (scratch, target.codeBytes(kernel.operations))
  }
}
