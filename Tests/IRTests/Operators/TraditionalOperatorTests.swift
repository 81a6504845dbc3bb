import CoppiceIR
import Testing

/// Operators of ai.onnx.ml, beside what onnxruntime gives for the same attributes.
@Suite struct TraditionalOperatorTests {
  private static let rows = Constant([Float(1), 2, -3, 0.5], .float32, [2, 2])

  private func check(
    _ op: any Operator, _ operands: Constant..., wanted: [[Double]]
  ) throws {
    let context = InferenceContext(
      operands: operands.map(\.type), known: operands, resultCount: wanted.count)
    let results = try Interpreter.evaluate(op: op, context: context)
    for (result, numbers) in zip(results, wanted) {
      #expect(result.type.count == numbers.count)
      #expect(
        zip(result.numbers, numbers).allSatisfy { abs($0 - $1) < 2e-6 * max(1, abs($1)) },
        "\(op.name): \(result.numbers), not \(numbers)")
    }
  }

  @Test(arguments: [
    ("NONE", [0.875, 0.125, 2.5, -1.5]), ("SOFTMAX", [0.875, 0.125, 2.5, -1.5]),
    ("LOGISTIC", [0.46879059, 0.53120941, 0.81757444, 0.18242556]),
  ])
  func oneLinearScoreStandsForTwoClasses(_ transform: String, _ scores: [Double]) throws {
    let op = LinearClassifier(attributes: [
      "coefficients": .floats([0.5, -0.25]), "intercepts": .floats([0.125]),
      "classlabels_ints": .ints([4, 8]), "post_transform": .string(transform),
    ])
    try check(op, Self.rows, wanted: [[8, 4], scores])
  }

  @Test(arguments: [
    ("NONE", [0.125, 0.5, -1.5, -0.6875]),
    ("LOGISTIC", [0.53120935, 0.62245929, 0.18242556, 0.33458942]),
    ("SOFTMAX", [0.40733343, 0.59266663, 0.30735803, 0.69264197]),
  ])
  func linearScoresAreTransformed(_ transform: String, _ scores: [Double]) throws {
    let op = LinearClassifier(attributes: [
      "coefficients": .floats([0.5, -0.25, 0.25, 0.125]), "intercepts": .floats([0.125, 0]),
      "classlabels_ints": .ints([4, 8]), "post_transform": .string(transform),
    ])
    try check(op, Self.rows, wanted: [[8, 8], scores])
  }

  @Test(arguments: [
    ("LINEAR", [-7.5, -1.5]), ("POLY", [-11.4375, 2.0625]), ("RBF", [-1.12965846, 0.49887571]),
    ("SIGMOID", [-0.83807969, -0.34828365]),
  ])
  func kernelsOfRegression(_ kernel: String, _ wanted: [Double]) throws {
    let op = SVMRegressor(attributes: [
      "coefficients": .floats([1, -2]), "rho": .floats([0.5]), "n_supports": .int(2),
      "support_vectors": .floats([1, 0, 0.5, 2]), "kernel_type": .string(kernel),
      "kernel_params": .floats([0.5, 0.25, 2]),
    ])
    try check(op, Self.rows, wanted: [wanted])
  }

  @Test(arguments: [
    ("NONE", [], [1.33861601, -1.33861601, -0.30859217, 0.30859217]),
    ("LOGISTIC", [], [0.79226226, 0.20773774, 0.4234584, 0.5765416]),
    ("NONE", [-1], [0.1370784, 0.86292154, 0.45224896, 0.54775107]),
  ])
  func twoClassesOfSupportVectors(
    _ transform: String, _ slopes: [Float], _ scores: [Double]
  ) throws {
    let op = SVMClassifier(attributes: [
      "coefficients": .floats([1, -2, 0.5]), "rho": .floats([0.25]),
      "support_vectors": .floats([1, 0, 0.5, 2, -1, 1]), "vectors_per_class": .ints([1, 2]),
      "classlabels_ints": .ints([5, 6]), "kernel_type": .string("RBF"),
      "kernel_params": .floats([0.5, 0, 0]), "post_transform": .string(transform),
      "prob_a": .floats(slopes), "prob_b": .floats(slopes.isEmpty ? [] : [0.5]),
    ])
    try check(op, Self.rows, wanted: [[6, 5], scores])
  }

  @Test(arguments: [
    ([], [], [-7.75, 0.25, 3.625, -1.75, 0.5, -3.875]),
    (
      [-1, -1, -1], [0.5, 0, 0.25],
      [0.00579747, 0.96812463, 0.02607794, 0.28970787, 0.17458364, 0.53570849]
    ),
  ])
  func pairsOfClassesVote(_ a: [Float], _ b: [Float], _ scores: [Double]) throws {
    let op = SVMClassifier(attributes: [
      "coefficients": .floats([1, -2, 0.5, 0.25, 1, -1]), "rho": .floats([0.25, -0.5, 0.125]),
      "support_vectors": .floats([1, 0, 0.5, 2, -1, 1]), "vectors_per_class": .ints([1, 1, 1]),
      "classlabels_ints": .ints([5, 6, 7]), "kernel_params": .floats([0.5, 0, 0]),
      "prob_a": .floats(a), "prob_b": .floats(b),
    ])
    try check(op, Self.rows, wanted: [[6, 5], scores])
  }

  @Test(arguments: [
    ("MAX", [0.5, -1, 1, 0, 0, 0]), ("L1", [0.2, -0.4, 0.4, 0, 0, 0]),
    ("L2", [0.33333334, -0.6666667, 0.6666667, 0, 0, 0]),
  ])
  func rowsAreNormalized(_ norm: String, _ wanted: [Double]) throws {
    let x = Constant([Float(1), -2, 2, 0, 0, 0], .float32, [2, 3])
    try check(Normalizer(attributes: ["norm": .string(norm)]), x, wanted: [wanted])
  }

  @Test func featuresAreScaledAndImputed() throws {
    let scaler = Scaler(attributes: ["offset": .floats([1, 2]), "scale": .floats([2, 0.5])])
    try check(scaler, Self.rows, wanted: [[0, 0, -8, -0.75]])
    let imputer = Imputer(attributes: [
      "imputed_value_floats": .floats([5, 6]), "replaced_value_float": .float(.nan),
    ])
    let x = Constant([Float.nan, 1, 2, .nan], .float32, [2, 2])
    try check(imputer, x, wanted: [[5, 1, 2, 6]])
    try check(
      Binarizer(attributes: ["threshold": .float(0.5)]), Self.rows, wanted: [[1, 1, 0, 0]])
  }

  @Test func categoriesAreLookedUp() throws {
    let x = Constant([Int64(2), 1, 7], .int64, [3])
    let encoder = LabelEncoder(attributes: [
      "keys_int64s": .ints([1, 2]), "values_floats": .floats([0.5, 1.5]),
      "default_float": .float(-1),
    ])
    try check(encoder, x, wanted: [[1.5, 0.5, -1]])
    let hot = OneHotEncoder(attributes: ["cats_int64s": .ints([1, 2])])
    try check(hot, x, wanted: [[0, 1, 1, 0, 0, 0]])
    try check(
      ArrayFeatureExtractor(), Self.rows, Constant([Int64(1), 0], .int64, [2]),
      wanted: [[2, 1, 0.5, -3]])
    try check(
      FeatureVectorizer(attributes: ["inputdimensions": .ints([2, 1])]), Self.rows,
      Constant([Int64(8), 9], .int64, [2, 1]), wanted: [[1, 2, 8, -3, 0.5, 9]])
  }
}
