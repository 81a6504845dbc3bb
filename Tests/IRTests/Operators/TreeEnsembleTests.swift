import CoppiceIR
import Testing

/// Decision trees, beside what onnxruntime gives for the same attributes.
@Suite struct TreeEnsembleTests {
  private static let rows = Constant([Float(0.5), 1, 2, -1, .nan, 0], .float32, [3, 2])

  /// Two trees of one branch each, on either feature.
  private static let nodes: Attributes = [
    "nodes_treeids": .ints([0, 0, 0, 1, 1, 1]), "nodes_nodeids": .ints([0, 1, 2, 0, 1, 2]),
    "nodes_featureids": .ints([0, 0, 0, 1, 0, 0]), "nodes_values": .floats([1, 0, 0, 0, 0, 0]),
    "nodes_modes": .strings(["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"]),
    "nodes_truenodeids": .ints([1, 0, 0, 1, 0, 0]),
    "nodes_falsenodeids": .ints([2, 0, 0, 2, 0, 0]),
  ]

  private static func classifier(_ more: [String: Attribute]) -> TreeEnsembleClassifier {
    var attributes = nodes
    attributes["class_treeids"] = .ints([0, 0, 1, 1])
    attributes["class_nodeids"] = .ints([1, 2, 1, 2])
    for (name, value) in more { attributes[name] = value }
    return TreeEnsembleClassifier(attributes: attributes)
  }

  private func evaluate(_ op: any Operator, _ x: Constant = rows) throws -> [[Double]] {
    let context = InferenceContext(operands: [x.type], known: [x], resultCount: 2)
    return try Interpreter.evaluate(op: op, context: context).map(\.numbers)
  }

  private func expect(_ got: [Double], _ wanted: [Double]) {
    #expect(got.count == wanted.count)
    #expect(zip(got, wanted).allSatisfy { abs($0 - $1) < 1e-6 }, "\(got), not \(wanted)")
  }

  @Test(arguments: [
    ([0.125, 0.5, 0.25, 0.5], "NONE", [], [9, 9, 9], [0.375, 0.625, 0.25, 0.75, 0.25, 0.75]),
    ([-1, 2, 0.5, -0.5], "NONE", [], [7, 9, 9], [1.5, -1.5, -2.5, 2.5, -2.5, 2.5]),
    ([0.125, 0.5, 0.25, 0.5], "NONE", [0.25], [9, 9, 9], [0.125, 0.875, 0, 1, 0, 1]),
    (
      [-1, 2, 0.5, -0.5], "LOGISTIC", [0.25], [7, 9, 9],
      [0.77729988, 0.22270012, 0.06008667, 0.93991333, 0.06008667, 0.93991333]
    ),
    (
      [0.125, 0.5, 0.25, 0.5], "LOGISTIC", [], [9, 9, 9],
      [0.34864509, 0.65135491, 0.32082129, 0.67917871, 0.32082129, 0.67917871]
    ),
  ])
  func oneScoreStandsForTwoClasses(
    _ weights: [Float], _ transform: String, _ base: [Float], _ labels: [Double], _ scores: [Double]
  ) throws {
    let op = Self.classifier([
      "class_ids": .ints([0, 0, 0, 0]), "class_weights": .floats(weights),
      "classlabels_int64s": .ints([7, 9]), "post_transform": .string(transform),
      "base_values": .floats(base),
    ])
    let results = try evaluate(op)
    expect(results[0], labels)
    expect(results[1], scores)
  }

  @Test func theFirstOfEqualScoresWins() throws {
    let op = Self.classifier([
      "class_ids": .ints([0, 1, 2, 1]), "class_weights": .floats([1, 2, 2, 0.5]),
      "classlabels_int64s": .ints([3, 4, 5]), "post_transform": .string("SOFTMAX"),
    ])
    let results = try evaluate(op)
    expect(results[0], [3, 4, 4])
    expect(
      results[1],
      [0.5064804, 0.3071959, 0.1863237, 0.0633789, 0.4683105, 0.4683105, 0.0633789, 0.4683105]
        + [0.4683105])
  }

  /// With weights for both classes the label is 0 or 1, whatever the classes are called.
  @Test(arguments: [(0, [1, 0.5, 2, 2, 2, 2]), (1, [1, 0.5, 2, 2, -3, 3])])
  func twoScoresAreKeptAndNaNGoesWhereTheBranchSays(_ tracks: Int, _ scores: [Double]) throws {
    let op = Self.classifier([
      "class_ids": .ints([0, 1, 0, 1]), "class_weights": .floats([1, 2, 2, 0.5]),
      "classlabels_int64s": .ints([3, 4]),
      "nodes_missing_value_tracks_true": .ints([tracks, 0, 0, 0, 0, 0]),
    ])
    let results = try evaluate(op)
    expect(results[0], [1, 1, 1])
    expect(results[1], scores)
  }

  @Test(arguments: [
    ("SUM", [9.5, 2.5, 2.5]), ("AVERAGE", [5, 1.5, 1.5]), ("MIN", [1.5, -1.5, -1.5]),
    ("MAX", [8.5, 4.5, 4.5]),
  ])
  func weightsComeTogether(_ function: String, _ wanted: [Double]) throws {
    var attributes = Self.nodes
    attributes["target_treeids"] = .ints([0, 0, 1, 1])
    attributes["target_nodeids"] = .ints([1, 2, 1, 2])
    attributes["target_ids"] = .ints([0, 0, 0, 0])
    attributes["target_weights"] = .floats([1, -2, 4, 8])
    attributes["n_targets"] = .int(1)
    attributes["base_values"] = .floats([0.5])
    attributes["aggregate_function"] = .string(function)
    expect(try evaluate(TreeEnsembleRegressor(attributes: attributes))[0], wanted)
  }

  /// The case of ONNX's documentation, with a branch on a set.
  @Test func membersOfASetTakeTheBranch() throws {
    let numbers = { (values: [Float]) in
      Attribute.tensor(Constant(values, .float32, [values.count]))
    }
    let op = TreeEnsemble(attributes: [
      "n_targets": .int(4), "aggregate_function": .int(1), "tree_roots": .ints([0]),
      "membership_values": numbers([1.2, 3.7, 8, 9, .nan, 12, 7, .nan]),
      "nodes_modes": .tensor(Constant([UInt8(0), 6, 6], .uint8, [3])),
      "nodes_featureids": .ints([0, 0, 0]), "nodes_splits": numbers([11, 232344, .nan]),
      "nodes_truenodeids": .ints([1, 0, 1]), "nodes_trueleafs": .ints([0, 1, 1]),
      "nodes_falsenodeids": .ints([2, 2, 3]), "nodes_falseleafs": .ints([1, 0, 1]),
      "leaf_targetids": .ints([0, 1, 2, 3]), "leaf_weights": numbers([1, 10, 1000, 100]),
    ])
    let x = Constant([Float(1.2), 3.4, -0.12, .nan, 12, 7], .float32, [6, 1])
    let results = try evaluate(op, x)[0]
    expect(
      results,
      [1, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 100, 0, 0, 1000, 0, 0, 0, 1000, 0, 0, 10, 0, 0])
  }

  @Test func cyclesAndMissingNodesAreRefused() {
    for (truenodes, id) in [
      ([0, 0, 0, 1, 0, 0], "tree-cycle"), ([9, 0, 0, 1, 0, 0], "tree-nodes"),
    ] {
      var attributes = Self.nodes
      attributes["nodes_truenodeids"] = .ints(truenodes)
      attributes["n_targets"] = .int(1)
      let op = TreeEnsembleRegressor(attributes: attributes)
      #expect {
        try op.inferTypes(InferenceContext(operands: [Self.rows.type]))
      } throws: {
        ($0 as? DiagnosticMessage)?.id == id
      }
    }
  }
}
