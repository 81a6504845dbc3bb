import CoppiceIR
import CoppiceLowering

extension Generation {
  /// `NAME.json`.
  func manifest() -> CText {
    var c = CText()
    c.open("")
    func field(_ key: String, _ value: String) { c.line("\(jsonString(key)): \(value),") }
    field("name", jsonString(name))
    field("model_sha256", jsonString(options.modelHash))
    field("tool", jsonString("coppice \(options.toolVersion)"))
    field("pipeline", jsonString(options.pipeline))
    field("target", jsonString(options.target.name))
    field("weights", jsonString(options.weights.rawValue))
    field("inputs", inputs)
    field("outputs", ports(program.outputs))
    field("arena_bytes", String(plan.arenaBytes))
    field("arena_align", String(plan.alignment))
    field("arena_lower_bound", String(plan.lowerBound))
    let peak = plan.peak.map { "{\"name\": \(jsonString($0.name)), \"bytes\": \($0.bytes)}" }
    field("peak", jsonList(peak))
    field("weights_bytes", String(constants.byteCount))
    field("weights_dense_bytes", String(constants.denseByteCount))
    field("macs", String(macs.dense))
    field("macs_nonzero", String(macs.nonzero))
    field("arena", jsonList(placements))
    field("selftest", selfTestRow)
    c.line("\"tensors\": \(jsonList(constants.reports.map(row)))")
    c.close("}")
    return c
  }

  /// What the self-test compares with, and how far the given vectors are from it.
  private var selfTestRow: String {
    let deviation = options.answers.deviation.map { ", \"deviation\": \(rounded($0))" } ?? ""
    let source = options.vectors.isEmpty ? .none : options.answers.source
    return "{\"vectors\": \(options.vectors.count), \"answers\": "
      + "\(jsonString(source.rawValue))\(deviation)}"
  }

  /// Two digits: less than machines may differ in.
  private func rounded(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return value == 0 ? "0" : "null" }
    let step = Double(sign: .plus, exponent: value.exponent - 5, significand: 1)
    return ((value / step).rounded() * step).description
  }

  /// Every buffer of the arena: its place, and the calls of `NAME_run` it lives between.
  private var placements: [String] {
    var lives: [Int: (first: Int, last: Int)] = [:]
    for (step, call) in kernels.calls.enumerated() {
      for buffer in call.arguments {
        lives[buffer.id] = (lives[buffer.id]?.first ?? step, step)
      }
    }
    return program.slots.compactMap { slot in
      guard case .arena = slot.role, let life = lives[slot.buffer.id],
        let offset = plan.offsets[slot.buffer.id]
      else { return nil }
      let bytes = slot.buffer.element.byteCount(slot.buffer.count)
      return "{\"name\": \(jsonString(slot.name)), \"offset\": \(offset), \"bytes\": \(bytes), "
        + "\"first\": \(life.first), \"last\": \(life.last)}"
    }
  }

  private var inputs: String {
    jsonList(
      program.inputs.enumerated().map { index, port in
        let checks = program.assumptions.filter { $0.input == index }.map { "\($0.accepted)" }
        let accepts = checks.isEmpty ? "" : ", \"accepts\": [\(checks.joined(separator: ", "))]"
        return self.port(port.name, port.type, accepts)
      })
  }

  private func port(_ name: String, _ type: TensorType, _ more: String = "") -> String {
    "{\"name\": \(jsonString(name)), \"type\": \(jsonString(type.element.rawValue)), "
      + "\"shape\": \(type.shape)\(more)}"
  }

  private func ports(_ list: [(name: String, type: TensorType)]) -> String {
    jsonList(list.map { port($0.name, $0.type) })
  }

  private func row(_ tensor: TensorReport) -> String {
    "{\"name\": \(jsonString(tensor.name)), \"shape\": \(tensor.shape), "
      + "\"nonzeros\": \(tensor.nonzeros), \"storage\": \(jsonString(tensor.storage)), "
      + "\"bytes\": \(tensor.bytes), \"reason\": \(jsonString(tensor.reason))}"
  }

  private func jsonList(_ rows: [String]) -> String {
    rows.isEmpty ? "[]" : "[\n        " + rows.joined(separator: ",\n        ") + "\n    ]"
  }
}
