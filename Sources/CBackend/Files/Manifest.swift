import CoppiceIR
package import CoppiceJSON
import CoppiceLowering

extension Generation {
  /// `NAME.json`.
  var manifest: String {
    JSON.object(identity + memory + costs + quantizationRows).description + "\n"
  }

  private var identity: [(String, JSON)] {
    [
      ("name", .text(name)), ("model_sha256", .text(options.modelHash)),
      ("tool", .text("coppice \(options.toolVersion)")), ("pipeline", .text(options.pipeline)),
      ("target", .text(options.target.name)), ("weights", .text(options.weights.rawValue)),
      ("inputs", inputs), ("outputs", outputs),
    ]
  }

  private var memory: [(String, JSON)] {
    [
      ("arena_bytes", .integer(plan.arenaBytes)), ("arena_align", .integer(plan.alignment)),
      ("arena_lower_bound", .integer(plan.lowerBound)), ("peak", plan.peakJSON),
      ("io_bytes", .integer(portBytes)), ("stack_bytes", .integer(stackBytes)),
    ]
  }

  private var costs: [(String, JSON)] {
    [
      ("weights_bytes", .integer(constants.byteCount)),
      ("weights_dense_bytes", .integer(constants.denseByteCount)),
      ("macs", .integer(macs.dense)), ("macs_nonzero", .integer(macs.nonzero)),
      ("arena", .list(placements)), ("selftest", selfTestRow),
      ("layers", .list(layers.map(\.json))), ("tensors", .list(constants.reports.map(\.json))),
    ]
  }

  /// What the self-test compares with, and how far the given vectors are from it.
  private var selfTestRow: JSON {
    let source = options.vectors.isEmpty ? .none : options.answers.source
    let deviation = options.answers.deviation.map { [("deviation", JSON.number(rounded($0)))] }
    return .object(
      [("vectors", .integer(options.vectors.count)), ("answers", .text(source.rawValue))]
        + (deviation ?? []))
  }

  /// Two digits: less than machines may differ in.
  private func rounded(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return value }
    let step = Double(sign: .plus, exponent: value.exponent - 5, significand: 1)
    return (value / step).rounded() * step
  }

  /// Every buffer of the arena: its place, and the calls of `NAME_run` it lives between.
  private var placements: [JSON] {
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
      return .object([
        ("name", .text(slot.name)), ("offset", .integer(offset)), ("bytes", .integer(bytes)),
        ("first", .integer(life.first)), ("last", .integer(life.last)),
      ])
    }
  }

  private var inputs: JSON {
    .list(
      program.inputs.enumerated().map { index, port in
        let checks = program.assumptions.filter { $0.input == index }
        let accepts =
          checks.isEmpty
          ? [] : [("accepts", JSON.list(checks.map { .list($0.accepted.map { .integers($0) }) }))]
        return .object(
          self.port(port) + quantization(options.quantization?.input(index)) + accepts)
      })
  }

  private var outputs: JSON {
    .list(
      program.outputs.indices.map { index in
        .object(outputPort(index) + quantization(options.quantization?.output(index)))
      })
  }

  /// An output, with the names behind it.
  private func outputPort(_ index: Int) -> [(String, JSON)] {
    let own = port(program.outputs[index])
    guard let names = program.outputNames.first(where: { $0.output == index }) else { return own }
    let list: JSON =
      names.areNumbers ? .integers(names.names.compactMap { Int($0) }) : .texts(names.names)
    return own + [(names.place == .elements ? "texts" : "columns", list)]
  }

  private func port(_ port: (name: String, type: TensorType)) -> [(String, JSON)] {
    [
      ("name", .text(port.name)), ("type", .text(port.type.element.rawValue)),
      ("shape", .integers(port.type.shape)),
    ]
  }
}

extension MemoryPlan {
  /// What is alive at the fullest step, as manifests and tools show it.
  package var peakJSON: JSON {
    .list(peak.map { .object([("name", .text($0.name)), ("bytes", .integer($0.bytes))]) })
  }
}

extension LayerReport {
  /// The row as manifests and tools show it.
  package var json: JSON {
    .object([
      ("node", .text(nodes.first ?? "")), ("operator", .text(operators.first ?? "")),
      ("nodes", .texts(nodes)), ("operators", .texts(operators)), ("shape", .integers(shape)),
      ("form", .text(form)), ("macs", .integer(macs)), ("macs_nonzero", .integer(macsNonzero)),
      ("weight_bytes", .integer(weightBytes)), ("elements", .integer(elements)),
      ("zeros", .integer(zeros)), ("scratch", .integer(scratch)),
      ("share", .number((share * 10_000).rounded() / 10_000)),
    ])
  }
}

extension TensorReport {
  fileprivate var json: JSON {
    .object([
      ("name", .text(name)), ("shape", .integers(shape)), ("nonzeros", .integer(nonzeros)),
      ("storage", .text(storage)), ("bytes", .integer(bytes)), ("reason", .text(reason)),
    ])
  }
}
