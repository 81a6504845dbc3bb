import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering

/// A layer as one target computes it by one form.
struct Lowering {
  var target: Target
  var storage: StorageKind
  /// The forms of its nodes, in order.
  var forms: [String]
  var model: LoweredModel

  var told: String { "\(target.name), \(storage), \(forms.joined(separator: " "))" }
}

extension Layer {
  /// What plain loops over the dense weight give, each operator by itself.
  func expected() throws -> [Bytes] {
    let target = Target.generic.favouring(["plain", "plain_window"])
    return try Interpreter.run(try lower(plain, for: target).program, inputs: inputs)
  }

  /// The graph with the weight in a storage.
  private func stored(_ storage: StorageKind) -> Graph {
    var graph = graph
    guard let weight, let constant = graph.constant(weight.value) else { return graph }
    graph.setConstant(
      weight.value, constant.stored(as: storage, rowAxis: weight.rowAxis), by: "random-layers")
    return graph
  }

  /// Each form that applies to the layer on a target, in each storage of its weight.
  func lowerings(_ target: Target) throws -> [Lowering] {
    let records = explain(graph, for: target)
    var lowerings: [Lowering] = []
    for storage in [StorageKind.dense] + (weight == nil ? [] : StorageKind.sparse) {
      let stored = stored(storage)
      let planes = [
        "conv_planes", "depthwise_planes", "depthwise_plane_taps", "sparse_planes",
        "sparse_planes1x1", "sparse_plane_taps", "mean_planes", "pool_channels",
      ]
      let named = records.filter { $0.storage == storage || $0.storage == .uniform }.map(\.form)
      var seen: Set<[String]> = []
      for form in Set(named + (target.hasPlanes ? planes : []) + ["plain"]).sorted() {
        let model = try lower(stored, for: target.favouring([form]))
        let forms = model.forms.sorted { $0.key.index < $1.key.index }.map(\.value)
        guard seen.insert(forms).inserted else { continue }
        lowerings.append(
          Lowering(target: target, storage: storage, forms: forms, model: model))
      }
    }
    return lowerings
  }
}

extension Lowering {
  /// What is wrong with its answers in each width of vectors; the interpreter refuses every access
  /// outside of a buffer, and reading what was not written.
  func faults(_ layer: Layer, _ expected: [Bytes]) -> [String] {
    (target.vectors.map(\.bytes) + [0]).compactMap { width in
      do {
        let got = try Interpreter.run(model.program, inputs: layer.inputs, vectorBytes: width)
        return zip(got, expected).compactMap { difference($0, $1) }.first.map {
          "in vectors of \(width) bytes \($0)"
        }
      } catch { return "in vectors of \(width) bytes: \(error)" }
    }
  }

  private func difference(_ got: Bytes, _ expected: Bytes) -> String? {
    let (got, expected) = (got.array(of: Float.self), expected.array(of: Float.self))
    guard got.count == expected.count else { return "gives \(got.count) of \(expected.count)" }
    let allowed = 1e-5 * max(expected.reduce(0) { max($0, abs($1)) }, 1e-3)
    for index in got.indices where !(abs(got[index] - expected[index]) <= allowed) {
      return "element \(index) is \(got[index]), not \(expected[index])"
    }
    return nil
  }
}

extension Target {
  /// Whether rows of planes lie side by side in vectors.
  fileprivate var hasPlanes: Bool { vectors.contains { $0.bytes == 64 } || self == .aarch64 }
}
