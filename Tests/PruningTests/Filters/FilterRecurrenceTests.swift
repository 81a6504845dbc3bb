import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Hidden units of recurrent layers: all gates go, and what reads the state.
@Suite struct FilterRecurrenceTests {
  struct Layer: Sendable, CustomTestStringConvertible {
    var op: String
    var gates: Int
    var directions = 1
    var attributes = ""
    /// Operands behind B: names, or `_`.
    var more = ""
    var constants = ""
    var isBatchFirst = false

    var testDescription: String { "\(op) \(directions) \(attributes) \(more)" }
  }

  static let layers: [Layer] =
    [("LSTM", 4), ("GRU", 3), ("RNN", 1)].flatMap { op, gates in
      [
        Layer(op: op, gates: gates),
        Layer(op: op, gates: gates, attributes: "direction = \"reverse\", "),
        Layer(op: op, gates: gates, directions: 2, attributes: "direction = \"bidirectional\", "),
        Layer(op: op, gates: gates, attributes: "clip = 0.5, "),
        Layer(op: op, gates: gates, attributes: "layout = 1, ", isBatchFirst: true),
        Layer(op: op, gates: gates, more: ", _, %h", constants: "; h: f32[1,2,6]"),
      ]
    } + [
      Layer(op: "GRU", gates: 3, attributes: "linear_before_reset = 1, "),
      Layer(op: "LSTM", gates: 4, attributes: "input_forget = 1, "),
      Layer(
        op: "LSTM", gates: 4, more: ", _, %h, %c, %p",
        constants: "; h: f32[1,2,6]; c: f32[1,2,6]; p: f32[1,18]"),
      Layer(
        op: "LSTM", gates: 4, attributes: "activations = [\"Sigmoid\", \"Sigmoid\", \"Softplus\"], "
      ),
      Layer(op: "RNN", gates: 1, attributes: "activations = [\"HardSigmoid\"], "),
    ]

  /// Inputs from a product, and the layer's own states read by another.
  private func graph(_ layer: Layer) throws -> Graph {
    let (rows, both) = (6 * layer.gates, layer.directions)
    let place = layer.isBatchFirst ? "f32[2,5,\(both),6]" : "f32[5,\(both),2,6]"
    let extents = layer.isBatchFirst ? "[2, 5, \(6 * both)]" : "[5, 2, \(6 * both)]"
    let order = layer.isBatchFirst ? "[0, 1, 2, 3]" : "[0, 2, 1, 3]"
    return try FilterHarness.graph(
      "%x: f32[\(layer.isBatchFirst ? "2,5" : "5,2"),3]",
      "i: f32[3,4]; w: f32[\(both),\(rows),4]; r: f32[\(both),\(rows),6]; b: f32[\(both),\(2 * rows)];"
        + " o: f32[\(6 * both),3]\(layer.constants)",
      """
        %shape = constant \(extents) : i64[3]
        %a = MatMul(%x, %i)
        %l = \(layer.op)(%a, %w, %r, %b\(layer.more)) {\(layer.attributes)hidden_size = 6} : \(place)
        %t = Transpose(%l) {perm = \(order)}
        %s = Reshape(%t, %shape)
        %y = MatMul(%s, %o)
        return %y
      """)
  }

  @Test(arguments: layers, ["0.5", "0.9"])
  func removalEqualsMasking(_ layer: Layer, _ sparsity: String) throws {
    let graph = try graph(layer)
    let found = try FilterHarness.checkEquivalence(graph, ["sparsity": sparsity])
    let wanted = sparsity == "0.5" ? 3 : 5
    #expect(found["w"]?.split(separator: " ").count == wanted)
    #expect(found["i"]?.split(separator: " ").count == (sparsity == "0.5" ? 2 : 3))
    let pruned = try FilterHarness.prune(graph, ["sparsity": sparsity]).graph
    let node = try #require(pruned.nodes.first { pruned[$0].op.name == layer.op })
    #expect(pruned[node].op.settings.int("hidden_size") == 6 - wanted)
    let recurrence = try #require(pruned[node].operand(2))
    #expect(
      pruned[recurrence].type.shape == [layer.directions, (6 - wanted) * layer.gates, 6 - wanted])
  }

  @Test func aStateHandedOnCouplesTwoLayers() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[5,1,3]",
      "w: f32[1,12,3]; r: f32[1,12,3]; u: f32[1,12,3]; q: f32[1,12,3]; o: f32[3,2]",
      """
        %axes = constant [1] : i64[1]
        %a, %h, %c = LSTM(%x, %w, %r) {hidden_size = 3} : f32[5,1,1,3], f32[1,1,3], f32[1,1,3]
        %b = LSTM(%x, %u, %q, _, _, %h, %c) {hidden_size = 3} : f32[5,1,1,3]
        %s = Squeeze(%b, %axes)
        %y = MatMul(%s, %o)
        return %y
      """)
    let found = try FilterHarness.checkEquivalence(graph, ["sparsity": "0.67"])
    #expect(found["w"]?.split(separator: " ").count == 2 && found["w"] == found["u"])
  }

  @Test func computedStatesAndOutputsKeepUnits() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[5,1,3], %h: f32[1,1,3]", "w: f32[1,3,3]; r: f32[1,3,3]; o: f32[3,2]; i: f32[3,3]",
      """
        %a = MatMul(%x, %i)
        %l, %last = RNN(%a, %w, %r, _, _, %h) {hidden_size = 3} : f32[5,1,1,3], f32[1,1,3]
        %y = MatMul(%last, %o)
        return %y
      """)
    let (_, report) = try FilterHarness.prune(graph, ["sparsity": "0.5"])
    #expect(FilterHarness.which(report).keys.sorted() == ["i"])
    let reason = report.layers.first { $0.weight == "w" }?.keptBecause
    #expect(reason?.contains("starts from a state that is not pruned") == true)
  }

  /// A unit's norm is that of the rows of all its gates.
  @Test func aUnitIsScoredByAllItsGates() throws {
    let graph = try Graph(
      parsing: """
        graph @rnn(%x: f32[2,1,1]) {
          %w = constant [1.0, 2.0, 1.0, 0.5, 0.5, 0.5] : f32[1,6,1]
          %r = constant [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] : f32[1,6,2]
          %o = constant [1.0, 1.0] : f32[2,1]
          %l, %h = GRU(%x, %w, %r) {hidden_size = 2} : f32[2,1,1,2], f32[1,1,2]
          %y = MatMul(%h, %o)
          return %y
        }
        """)
    #expect(try FilterHarness.checkEquivalence(graph, ["threshold": "3.1"]) == ["w": "1"])
    #expect(try FilterHarness.checkEquivalence(graph, ["threshold": "2.9"]) == [:])
  }
}
