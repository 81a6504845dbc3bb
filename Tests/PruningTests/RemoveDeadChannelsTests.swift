import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// What `remove-dead-channels` removes, and that the answers stay the same.
@Suite struct RemoveDeadChannelsTests {
  /// A structure, which of its filters are zero, and the filters that are left of each layer.
  struct Case: CustomTestStringConvertible {
    let name: String
    let body: String
    var zeros: [(weight: String, rows: [Int])] = []
    var columns: [(weight: String, columns: [Int])] = []
    let left: [Int]

    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "relu and pooling into an unpadded layer",
      body: """
        %a = Conv(%x, %w0, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %r = Relu(%a) : f32[1,4,6,6]
        %p = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]} : f32[1,4,3,3]
        %y = Conv(%p, %w1, %b1) : f32[1,3,1,1]
        """, zeros: [("w0", [0, 2])], left: [2, 3]),
    Case(
      name: "sigmoid, whose value at zero is a half",
      body: """
        %a = Conv(%x, %w0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %r = Sigmoid(%a) : f32[1,4,6,6]
        %y = Conv(%r, %w1) : f32[1,3,4,4]
        """, zeros: [("w0", [1])], left: [3, 3]),
    Case(
      name: "sigmoid before padding",
      body: """
        %a = Conv(%x, %w0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %r = Sigmoid(%a) : f32[1,4,6,6]
        %y = Conv(%r, %w1) {pads = [1,1,1,1]} : f32[1,3,6,6]
        """, zeros: [("w0", [1])], left: [4, 3]),
    Case(
      name: "nobody reads it, padded or not",
      body: """
        %a = Conv(%x, %w0, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %r = Sigmoid(%a) : f32[1,4,6,6]
        %y = Conv(%r, %w1) {pads = [1,1,1,1]} : f32[1,3,6,6]
        """, columns: [("w1", [0, 3])], left: [2, 3]),
    Case(
      name: "normalised and flattened",
      body: """
        %a = Conv(%x, %w0, %b0) : f32[1,4,4,4]
        %n = BatchNormalization(%a, %b0, %s, %b0, %s) : f32[1,4,4,4]
        %p = AveragePool(%n) {kernel_shape = [3,3]} : f32[1,4,2,2]
        %f = Flatten(%p) : f32[1,16]
        %y = Gemm(%f, %w2) {transB = 1, alpha = 0.5} : f32[1,3]
        """, zeros: [("w0", [3])], left: [3, 3]),
    Case(
      name: "a residual, both sides zero",
      body: """
        %a = Conv(%x, %w0, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %r = Relu(%a) : f32[1,4,6,6]
        %c = Conv(%r, %w3, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %d = Add(%r, %c) : f32[1,4,6,6]
        %p = GlobalAveragePool(%d) : f32[1,4,1,1]
        %f = Flatten(%p) : f32[1,4]
        %m = MatMul(%f, %w4) : f32[1,3]
        %y = Add(%m, %b1) : f32[1,3]
        """, zeros: [("w0", [1]), ("w3", [1])], columns: [("w3", [1])], left: [3, 3, 3]),
    Case(
      name: "a residual with one side left",
      body: """
        %a = Conv(%x, %w0, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %c = Conv(%a, %w3, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %d = Add(%a, %c) : f32[1,4,6,6]
        %y = Conv(%d, %w1) : f32[1,3,4,4]
        """, zeros: [("w0", [1])], left: [4, 4, 3]),
    Case(
      name: "through a depthwise layer",
      body: """
        %a = Conv(%x, %w0, %b0) {pads = [1,1,1,1]} : f32[1,4,6,6]
        %d = Conv(%a, %w5, %b0) {group = 4} : f32[1,4,4,4]
        %r = Relu(%d) : f32[1,4,4,4]
        %y = Conv(%r, %w1, %b1) : f32[1,3,2,2]
        """, zeros: [("w0", [0]), ("w5", [2])], left: [2, 2, 3]),
    Case(
      name: "a product without room for a bias",
      body: """
        %p = GlobalAveragePool(%x) : f32[1,2,1,1]
        %f = Flatten(%p) : f32[1,2]
        %a = Gemm(%f, %w6, %b0) {transB = 1} : f32[1,4]
        %y = MatMul(%a, %w4) : f32[1,3]
        """, zeros: [("w6", [1])], left: [4, 3]),
    Case(
      name: "all filters, of which one stays",
      body: """
        %a = Conv(%x, %w0, %b0) : f32[1,4,4,4]
        %y = Conv(%a, %w1, %b1) : f32[1,3,2,2]
        """, zeros: [("w0", [0, 1, 2, 3])], left: [1, 3]),
    Case(
      name: "nothing is zero",
      body: """
        %a = Conv(%x, %w0, %b0) : f32[1,4,4,4]
        %y = Conv(%a, %w1, %b1) : f32[1,3,2,2]
        """, left: [4, 3]),
    Case(
      name: "one dies with another",
      body: """
        %a = Conv(%x, %w0) : f32[1,4,4,4]
        %c = Conv(%a, %w3) : f32[1,4,2,2]
        %f = Flatten(%c) : f32[1,16]
        %y = Gemm(%f, %w2) {transB = 1} : f32[1,3]
        """, zeros: [("w3", [0, 1, 2])], columns: [("w3", [0, 1])], left: [2, 1, 3]),
  ]

  private static let shapes: [String: [Int]] = [
    "w0": [4, 2, 3, 3], "w1": [3, 4, 3, 3], "w2": [3, 16], "w3": [4, 4, 3, 3], "w4": [4, 3],
    "w5": [4, 1, 3, 3], "w6": [4, 2], "b0": [4], "b1": [3], "s": [4],
  ]

  private func graph(_ test: Case) throws -> Graph {
    var numbers = Numbers(seed: 31)
    var lines = ""
    for (name, shape) in Self.shapes.sorted(by: { $0.key < $1.key })
    where test.body.contains("%\(name)") {
      var values = numbers.fine(shape.reduce(1, *))
      if name == "s" { values = values.map { abs($0) + 0.5 } }
      let inner = shape.dropFirst().reduce(1, *)
      for row in test.zeros.first(where: { $0.weight == name })?.rows ?? [] {
        for index in 0..<inner { values[row * inner + index] = 0 }
      }
      for column in test.columns.first(where: { $0.weight == name })?.columns ?? [] {
        let part = inner / shape[1]
        for row in 0..<shape[0] {
          for index in 0..<part { values[row * inner + column * part + index] = 0 }
        }
      }
      let list = values.map { "\($0)" }.joined(separator: ", ")
      let type = shape.map(String.init).joined(separator: ",")
      lines += "%\(name) = constant [\(list)] : f32[\(type)]\n"
    }
    return try Graph(parsing: "graph @g(%x: f32[1,2,6,6]) {\n\(lines)\(test.body)\nreturn %y\n}")
  }

  @Test(arguments: cases) func answersStayTheSame(_ test: Case) throws {
    let before = try graph(test)
    var after = before
    var context = PassContext()
    try RemoveDeadChannels(options: PassOptions([:], for: RemoveDeadChannels.info)).run(
      on: &after, &context)
    #expect(Verifier.check(after).isEmpty)
    let left = after.weights().map { weight in
      let reader = weight.readers[0]
      return after[weight.value].type.shape[reader.reading.rowAxis ?? 0]
    }
    #expect(left == test.left)
    var numbers = Numbers(seed: 8)
    for _ in 0..<3 {
      let x = Constant(numbers.fine(72), .float32, [1, 2, 6, 6])
      let (old, new) = (
        try GraphEvaluator(before).outputs([x])[0].numbers,
        try GraphEvaluator(after).outputs([x])[0].numbers
      )
      #expect(zip(old, new).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    let isSame = zip(before.weights(), left).allSatisfy {
      before[$0.value].type.shape[$0.readers[0].reading.rowAxis ?? 0] == $1
    }
    #expect(context.diagnostics.contains { $0.message.id == "prune-nothing" } == isSame)
  }
}
