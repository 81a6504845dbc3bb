public import CoppiceIR
public import CoppicePassManager
import CoppiceRecords

/// Finds the names and the layout that weights have in the training, for masks.
///
/// ```
///   %"onnx::MatMul_7" = constant [1.0, 4.0, 2.0, 5.0, 3.0, 6.0] : f32[2,3]
///   %y = MatMul(%x, %"onnx::MatMul_7") : f32[1,3]
/// ```
/// stays as it is; with `name-weights{record=weights.safetensors}`, where `fc.weight` is the transposed
/// constant, `prune --masks` then calls its mask `fc.weight` and writes it transposed, whatever pass prunes.
///
/// The file is a training record or holds bare weights under the trainer's names, as a saved `state_dict`.
/// Weights are matched by value: run the pass behind what folds and in front of what prunes. Those that the
/// file does not know are listed.
///
/// - Complexity: O(*n* *k*) for *n* elements that *k* parameters have in the same number.
public struct NameWeights: Pass {
  /// Name and options.
  public static let info = PassInfo(
    name: "name-weights", summary: "Find the training's names of weights, for masks",
    options: [
      PassOption(
        "record", .path, isRequired: true,
        "A training record, or weights under the trainer's names: safetensors, npz or a folder of snapshots"
      ),
      PassOption(
        "record-map", .path, "A file of JSON that names the parameters of weights by hand"),
    ],
    example: "name-weights{record=kws.prunerec.safetensors},prune-magnitude{sparsity=0.5}")

  private let options: RecordOptions

  /// Makes the pass.
  ///
  /// - Parameter options: The record.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws {
    self.options = RecordOptions(
      path: try options.path("record"), map: options.text("record-map"), unowned: .skip,
      acceptsWeights: true)
  }

  /// Matches the weights and changes nothing.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Opens the record; gets a table of the weights and their owners, and a warning.
  /// - Throws: What is wrong with the record, `prune-not-finite` for a weight with a NaN or infinity.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context, integers: true)
    try graph.requireFinite(weights)
    let recorded = try RecordedWeights(weights, options, graph, &context)
    let named = zip(recorded.weights, zip(recorded.owners, recorded.descriptions)).map {
      NamedWeights.Weight(
        value: $0.value, name: graph[$0.value].name, owners: $1.0, source: $1.1)
    }
    context.leave(NamedWeights(weights: named))
  }
}

/// What the training calls weights.
public struct NamedWeights: PassResult {
  /// One weight.
  public struct Weight: Sendable {
    /// The constant.
    public let value: ValueID
    /// Its name in the model.
    public let name: String
    /// The parameters that it was made from.
    public let owners: [PrunedWeights.Owner]
    /// The same in words.
    let source: String
  }

  /// The weights in the order of the layers.
  public let weights: [Weight]

  /// One row for each weight.
  public var table: ResultTable? {
    ResultTable(
      title: "names", columns: ["weight", "from"],
      rows: weights.map { [.text($0.name), .text($0.source)] })
  }
}
