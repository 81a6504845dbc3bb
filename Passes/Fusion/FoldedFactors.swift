internal import CoppiceIR
internal import CoppicePassManager

/// What `fold-batch-norm` leaves for passes that match weights to a record of the training: the
/// factor that each output channel of a weight was multiplied by.
struct FoldedFactors: PassResult {
  let weight: ValueID
  let factors: [Double]

  var table: ResultTable? { nil }

  /// The product of all factors of a weight; `nil` when nothing was folded into it.
  static func of(_ weight: ValueID, _ context: PassContext) -> [Double]? {
    let all = context.results(of: FoldedFactors.self).filter { $0.weight == weight }
    guard let first = all.first?.factors else { return nil }
    return all.dropFirst().reduce(first) { product, next in
      zip(product, next.factors).map { $0 * $1 }
    }
  }
}
