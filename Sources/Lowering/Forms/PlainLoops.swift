import CoppiceIR

/// The loops that stand beside an operator's declaration: they apply always, to any storage.
struct PlainLoops: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    let op = site.op
    let emit: Plan.Emit = { builder throws(DiagnosticMessage) in
      try op.lower(builder)
      return Kernel(
        title: op.name.lowercased(), variants: [.init(body: builder.takeStatements())])
    }
    guard let operand = site.weightOperand, let weight = site.constants[operand] else {
      let results = site.results.reduce(0) { $0 + ($1?.count ?? 0) }
      var work = Work()
      work[.store] = Double(results)
      if let x = site.operands.first.flatMap({ $0 }), x.rank == 4, x.strides[1] == 1 {
        // Loops go through positions first, and meet channels that lie side by side one by one.
        work[.reach] = Double(results)
      }
      return Plan("plain", .dense, bytes: 0, work, target, emit: emit)
    }
    let form = weight.type.rank > 2 ? "plain_window" : "plain"
    let uses = Double(site.uses(operand))
    var work = Work()
    work[.store] = Double(site.results.reduce(0) { $0 + ($1?.count ?? 0) })
    guard storage.isSparse, let weight = sparse(site, operand, storage) else {
      // Elements of a dense weight lie where its strides say.
      work[.load] = Double(weight.type.count) * uses
      let bytes = storage == .uniform ? weight.type.element.bits / 8 : weight.type.byteCount
      return Plan(form, storage, bytes: bytes, work, target, emit: emit)
    }
    // Rows of a block are read one at a time.
    let rows = Double(weight.layout.rows) * uses
    work[.tile] = rows
    work[.line] = weight.lines * Double(weight.height) * uses
    work[.step] = weight.slots * Double(weight.height) * uses
    work.tests(weight, passes: uses)
    return Plan(form, storage, bytes: weight.bytes, work, target, emit: emit)
  }

  /// The weight as the loops read it; `nil` where they read every element.
  private func sparse(_ site: Site, _ operand: Int, _ storage: StorageKind) -> SparseWeight? {
    guard let reading = site.reading(operand) else { return nil }
    let rowAxis = reading.matrix == nil ? reading.rowAxis : 0
    return site.sparse(operand, storage, rowAxis: rowAxis, as: reading.matrix)
  }
}
