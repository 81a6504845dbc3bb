import CoppiceIR

/// What weights cost in the kernels that were chosen.
struct PlannedWeights {
  private var weights: [ValueID: (cost: Double, bytes: Int)] = [:]

  /// The cost of all readers of a weight, and its bytes; `nil` for one that nobody reads.
  subscript(_ weight: ValueID) -> (cost: Double, bytes: Int)? { weights[weight] }

  /// Notes the plan of a reader of a weight; readers share tables.
  mutating func add(_ plan: Plan, of weight: ValueID) {
    let sum = weights[weight] ?? (0, 0)
    weights[weight] = (sum.cost + plan.cost, max(sum.bytes, plan.bytes))
  }
}
