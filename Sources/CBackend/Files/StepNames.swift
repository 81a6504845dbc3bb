import CoppiceIR

extension Program.Step {
  /// The layers that it computes, as far as they fit.
  func layers(limit: Int) -> String {
    String(nodes.map { "'\($0)'" }.joined(separator: ", ").prefix(limit))
  }

  /// Its layers, shapes and multiply-accumulates, in one line.
  var told: String {
    func extents(_ shape: [Int]) -> String {
      shape.isEmpty ? "1" : shape.map(String.init).joined(separator: "x")
    }
    var text = layers(limit: 100)
    if !shapes.operands.isEmpty {
      let operands = shapes.operands.map(extents).joined(separator: ", ")
      text += (text.isEmpty ? "" : ": ") + "\(operands) -> \(extents(shapes.result))"
    }
    if macs.dense > 0 { text += ", \(macs.dense) MACs" }
    if macs.nonzero != macs.dense { text += " (\(macs.nonzero) nonzero)" }
    return text
  }
}
