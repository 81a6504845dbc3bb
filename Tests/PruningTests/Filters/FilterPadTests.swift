import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Padding between two layers, along the channels or beside them.
@Suite struct FilterPadTests {
  struct Padding: Sendable, CustomTestStringConvertible {
    var mode: String
    var pads: [Int]
    var value = "0.0"
    var kept: String?

    var testDescription: String { "\(mode) \(pads) \(value)" }
  }

  static let beside: [Padding] =
    ["reflect", "edge", "wrap", "constant"].map {
      Padding(mode: $0, pads: [0, 0, 1, 2, 0, 0, 2, 1])
    }
    + [
      Padding(mode: "constant", pads: [0, 0, 1, 2, 0, 0, 2, 1], value: "1.5"),
      Padding(mode: "constant", pads: [0, 0, -1, 0, 0, 0, 0, -1]),
      Padding(mode: "reflect", pads: [0, 0, -1, 1, 0, 0, 0, 0]),
    ]

  static let acrossChannels: [Padding] =
    ["reflect", "edge", "wrap"].map {
      Padding(mode: $0, pads: [0, 1, 0, 0, 0, 2, 0, 0], kept: "pads its channels by \($0)")
    } + [
      Padding(
        mode: "constant", pads: [0, -1, 0, 0, 0, 2, 0, 0], kept: "cuts off some of its channels"),
      Padding(
        mode: "constant", pads: [0, 0, 0, 0, 0, -2, 0, 0], kept: "cuts off some of its channels"),
      Padding(mode: "edge", pads: [0, -1, 0, 0, 0, 0, 0, 0], kept: "pads its channels by edge"),
    ]

  static let constants: [Padding] = ["0.0", "1.5"].map {
    Padding(mode: "constant", pads: [0, 1, 1, 0, 0, 2, 0, 1], value: $0)
  }

  /// Two layers, a pad of the second one's result, and a third.
  private func graph(_ padding: Padding) throws -> Graph {
    let (pads, rank) = (padding.pads, 4)
    let extents = [1, 6, 4, 4].enumerated().map { $1 + pads[$0] + pads[$0 + rank] }
    return try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[4,3,1,1]; u: f32[6,4,1,1]; v: f32[2,\(extents[1]),2,2]",
      """
        %pads = constant [\(pads.map(String.init).joined(separator: ", "))] : i64[8]
        %value = constant [\(padding.value)] : f32[]
        %a = Conv(%x, %w)
        %r = Relu(%a)
        %b = Conv(%r, %u)
        %p = Pad(%b, %pads, %value) {mode = "\(padding.mode)"}
        %y = Conv(%p, %v)
        return %y
      """)
  }

  @Test(arguments: beside + constants) func removalEqualsMasking(_ padding: Padding) throws {
    let found = try FilterHarness.checkEquivalence(graph(padding), ["sparsity": "0.5"])
    #expect(found["w"]?.split(separator: " ").count == 2)
    #expect(found["u"]?.split(separator: " ").count == 3)
  }

  @Test(arguments: acrossChannels) func filtersStayWhoseChannelsAreRepeatedOrCutOff(
    _ padding: Padding
  ) throws {
    let graph = try graph(padding)
    let found = try FilterHarness.checkEquivalence(graph, ["sparsity": "0.5"])
    #expect(found.keys.sorted() == ["w"])
    let layers = try FilterHarness.prune(graph, ["sparsity": "0.5"]).report.layers
    let reason = layers.first { $0.weight == "u" }?.keptBecause ?? ""
    #expect(reason.hasSuffix(padding.kept ?? "?"), "\(reason)")
  }
}
