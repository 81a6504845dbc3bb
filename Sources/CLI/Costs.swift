import Coppice
import CoppiceC
import CoppiceJSON
import CoppiceLowering

/// What a compiled model costs, as JSON.
func costs(_ model: CompiledModel) -> [(String, JSON)] {
  [
    ("arena_bytes", .integer(model.lowered.plan.arenaBytes)),
    ("arena_lower_bound", .integer(model.lowered.plan.lowerBound)),
    ("peak", model.lowered.plan.peakJSON),
    ("io_bytes", .integer(model.generated.portBytes)),
    ("stack_bytes", .integer(model.generated.stackBytes)),
    ("ram_bytes", .integer(model.ramBytes)),
    ("weights_bytes", .integer(model.generated.weightsBytes)),
    ("weights_dense_bytes", .integer(model.generated.weightsDenseBytes)),
    ("code_bytes_estimate", .integer(model.codeEstimate)),
    ("macs", .integer(model.generated.macs.dense)),
    ("macs_nonzero", .integer(model.generated.macs.nonzero)),
  ]
}

/// What a compiled model costs, as rows of a table.
func costRows(_ model: CompiledModel) -> [[String]] {
  let (plan, generated) = (model.lowered.plan, model.generated)
  return [
    ["RAM (arena)", "\(plan.arenaBytes) bytes, lower bound \(plan.lowerBound)"],
    ["RAM (inputs, outputs)", "\(generated.portBytes) bytes, the caller's"],
    ["RAM (stack, estimate)", "\(generated.stackBytes) bytes"],
    ["RAM (total)", "\(model.ramBytes) bytes"],
    [
      "flash (constants)",
      "\(generated.weightsBytes) bytes, dense \(generated.weightsDenseBytes)",
    ],
    ["flash (code, estimate)", "\(model.codeEstimate) bytes"],
    ["MACs", "\(generated.macs.dense), nonzero \(generated.macs.nonzero)"],
  ]
}

/// What each step of a compiled model costs, as a table without columns that say nothing.
func layerTable(_ layers: [LayerReport]) -> String {
  let isSparse = layers.contains { $0.macs != $0.macsNonzero }
  let hasScratch = layers.contains { $0.scratch > 0 }
  let columns: [(title: String, isShown: Bool, cell: (LayerReport) -> String)] = [
    ("node", true, { $0.nodes.first ?? "" }),
    ("operator", true, { $0.operators.joined(separator: "+") }),
    ("output", true, { $0.shape.map(String.init).joined(separator: "x") }),
    ("kernel", true, { $0.form }), ("MACs", true, { "\($0.macs)" }),
    ("nonzero", isSparse, { "\($0.macsNonzero)" }), ("bytes", true, { "\($0.weightBytes)" }),
    ("zeros", true, { percent(zerosOf: $0.elements - $0.zeros, $0.elements) }),
    ("scratch", hasScratch, { "\($0.scratch)" }), ("share", true, { percent($0.share) }),
  ]
  let shown = columns.filter(\.isShown)
  return Terminal.table(
    shown.map(\.title), layers.map { layer in shown.map { $0.cell(layer) } },
    right: Set(shown.indices.dropFirst(4)))
}

/// A share such as `79.8 %`.
private func percent(_ share: Double) -> String {
  let tenths = Int((share * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
