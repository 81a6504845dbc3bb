public import CoppiceIR
public import CoppicePassManager

/// Zeroes the weights of the smallest magnitude.
///
/// ```
///   %w = constant [0.5, -2.0, 0.25, 3.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
/// becomes, with `prune-magnitude{sparsity=0.5}`,
/// ```
///   %w = constant [0.0, -2.0, 0.0, 3.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
///
/// Every float constant of rank 2 or more counts that Conv, ConvTranspose, Gemm, MatMul, RNN, LSTM
/// or GRU reads as its weight; biases are left alone. The counts are exact: `sparsity=s` prunes
/// floor(s*n) of n elements and `keep=f` keeps ceil(f*n). `threshold=t` prunes what is smaller than
/// t, `percent-of-max=p` what is smaller than p times the largest magnitude; both bounds are rounded
/// to the weights' own precision. Of equal magnitudes the later one goes, in the order of the file.
///
/// With `block=` blocks, rows or columns go as a whole, ranked by the sums of their magnitudes, and
/// amounts count them; `block=n:m` keeps the n largest of each m consecutive input channels of a tap.
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
    ] + SelectionOptions.options(),
    statistics: ["tensors-pruned", "weights-zeroed"],
    example: "@default,prune-magnitude{sparsity=0.8},sparsify")

  private let selection: SelectionOptions

  /// Makes the pass.
  ///
  /// - Parameter options: One of the five amounts, and how units are made and ranked.
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given, `prune-block`.
  public init(options: PassOptions) throws {
    selection = try SelectionOptions(
      options, amounts: ["sparsity", "keep", "threshold", "percent-of-max"])
  }

  /// Zeroes weights.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Gets a table of the weights, and warnings.
  /// - Throws: `prune-not-finite` for a weight with a NaN or infinity.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context, integers: true).filter {
      !selection.ignores($0, graph)
    }
    try graph.requireFinite(weights)
    let hasDoubles = weights.contains { $0.constant.type.element == .float64 }
    let width: KeyWidth = hasDoubles ? .double : .single
    let keys = weights.map { MagnitudeKeys(constant: $0.constant, width: width) }
    var pruning = ElementPruning(pass: Self.info.name, options: selection)
    if case .bound(let name, let number) = selection.amount {
      pruning.bound = { [selection] index, largest in
        let bound = name == "threshold" ? number.double : number.double * largest
        let element = weights[index].constant.type.element
        let isSingle = selection.isPlain && MagnitudeKeys.width(element) == .single
        return .below(isSingle ? Double(Float(bound)) : bound)
      }
    }
    try pruning.prune(weights, by: keys, width: width, on: &graph, &context)
  }
}
