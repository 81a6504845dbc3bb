public import CoppiceIR
public import CoppicePassManager

/// Zeroes the weights of the smallest magnitude.
///
/// ```
///   %w = constant f32[1,1,2,2] [0.5, -2, 0.25, 3]
///   %y = Conv(%x, %w)
/// ```
/// becomes, with `prune-magnitude{sparsity=0.5}`,
/// ```
///   %w = constant f32[1,1,2,2] [0, -2, 0, 3]
///   %y = Conv(%x, %w)
/// ```
///
/// Every float constant of rank 2 or more counts that Conv, ConvTranspose, Gemm, MatMul, RNN, LSTM
/// or GRU reads as its weight; biases are left alone. The counts are exact: `sparsity=s` prunes
/// floor(s*n) of n elements and `keep=f` keeps ceil(f*n). `threshold=t` prunes what is smaller than
/// t, `percent-of-max=p` what is smaller than p times the largest magnitude; both bounds are rounded
/// to the weights' own precision. Of equal magnitudes the later one goes, in the order of the file.
///
/// - Complexity: O(*n*) for *n* elements; one new copy of each tensor that changes.
public struct PruneMagnitude: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-magnitude", summary: "Zero the weights of the smallest magnitude",
    exactness: .approximate,
    options: [
      .sparsity, .keep,
      PassOption("threshold", .decimal(0...1e300), "Weights of a smaller magnitude go"),
      PassOption(
        "percent-of-max", .decimal(0...1),
        "Weights smaller than this part of the largest magnitude in the scope go"),
      .scope,
    ],
    statistics: ["tensors-pruned", "weights-zeroed"])

  private let amount: PruningAmount
  private let scope: PruningScope

  /// Makes the pass.
  ///
  /// - Parameter options: One of the four amounts, and the scope.
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given.
  public init(options: PassOptions) throws {
    amount = try PruningAmount(
      options, among: ["sparsity", "keep", "threshold", "percent-of-max"])
    scope = try options.choice("scope", PruningScope.self)
  }

  /// Zeroes weights.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Gets a table of the weights, and warnings.
  /// - Throws: `prune-not-finite` for a weight with a NaN or infinity.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context)
    try graph.requireFinite(weights)
    let hasDoubles = weights.contains { $0.constant.type.element == .float64 }
    let width: KeyWidth = hasDoubles ? .double : .single
    let keys = weights.map { MagnitudeKeys(constant: $0.constant, width: width) }
    let bounds = try bounds(keys)
    try ElementPruning(pass: Self.info.name, amount: amount, scope: scope).prune(
      weights, by: keys, width: width,
      cut: { index in
        let own = MagnitudeKeys.width(weights[index].constant.type.element)
        return .below(width.key(magnitude: own.rounded(bounds[index])))
      }, on: &graph, &context)
  }

  /// The magnitude that each tensor's elements must reach; empty where a count decides.
  private func bounds(_ keys: [MagnitudeKeys]) throws -> [Double] {
    switch amount {
    case .sparsity, .keep: return []
    case .threshold(let bound): return keys.map { _ in bound.double }
    case .percentOfMax(let part):
      let largest = try keys.map { try $0.largest() }
      let common = largest.max() ?? 0
      return largest.map { part.double * (scope == .global ? common : $0) }
    }
  }
}

extension KeyWidth {
  /// The nearest number of this precision.
  fileprivate func rounded(_ value: Double) -> Double {
    self == .single ? Double(Float(value)) : value
  }
}

extension MagnitudeKeys {
  /// The largest magnitude.
  fileprivate func largest() throws -> Double {
    var largest: UInt64 = 0
    try forEachPiece { _, keys in largest = keys.reduce(largest, max) }
    return switch width {
    case .single: Double(Float(bitPattern: UInt32(truncatingIfNeeded: largest)))
    case .double: Double(bitPattern: largest)
    }
  }
}
