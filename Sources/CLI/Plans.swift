import CoppiceIR
import CoppiceJSON
import CoppiceLowering

/// Every plan of each layer as a table; a star stands before those that are emitted.
func planTable(_ plans: [PlanRecord]) -> String {
  Terminal.table(
    ["", "node", "operator", "form", "storage", "bytes", "cost", "scratch", "code", "reason"],
    plans.map { plan in
      [
        plan.isChosen ? "*" : "", plan.node, plan.op, plan.form, plan.storage.rawValue,
        "\(plan.bytes)", "\(Int(plan.cost.rounded()))", "\(plan.scratch)", "\(plan.codeBytes)",
        plan.reason,
      ]
    }, right: [5, 6, 7, 8])
}

/// Every plan of each layer as JSON.
func plansJSON(_ plans: [PlanRecord]) -> JSON {
  .list(
    plans.map { plan in
      .object([
        ("node", .text(plan.node)), ("operator", .text(plan.op)), ("form", .text(plan.form)),
        ("storage", .text(plan.storage.rawValue)), ("bytes", .integer(plan.bytes)),
        ("cost", .number(plan.cost)), ("scratch", .integer(plan.scratch)),
        ("code_bytes", .integer(plan.codeBytes)), ("chosen", .flag(plan.isChosen)),
        ("reason", .text(plan.reason)),
        ("work", .object(plan.work.map { ($0.step, .number($0.count)) })),
      ])
    })
}
