import CoppiceIR
import CoppicePassManager

/// What became of a layer, as a state keeps it.
struct PrunedLayer {
  var constant: Constant
  /// Rows of its input that were measured, of so many columns.
  var rows = 0
  var columns = 0
  /// Whether some input was not zero.
  var hasInput = true

  /// What was gained, for the report.
  func outcome(_ old: Constant) -> ZeroingOutcome {
    var outcome = ZeroingOutcome(constant: constant == old ? nil : constant)
    let (before, after) = (old.dense, constant.dense)
    for index in 0..<old.type.count {
      let isZero = after.number(at: index, old.type.element) == 0
      if !isZero { outcome.nonzeros += 1 }
      if isZero, before.number(at: index, old.type.element) != 0 { outcome.zeroed += 1 }
    }
    return outcome
  }

  /// Says where the samples decided little.
  func tell(_ name: String, at place: Location, _ context: inout PassContext) {
    if !hasInput { context.note(.noInput(name), at: place) }
    if rows < columns { context.note(.fewSamples(name, rows, columns), at: place) }
  }
}

extension PrunedLayer {
  init(constant: Constant) { self.constant = constant }

  /// Reads what an earlier run noted of a weight; `nil` if it did not come so far.
  init?(_ log: LayerLog, _ weight: PrunableWeight, _ graph: Graph) {
    let type = weight.constant.type
    guard let bytes = log.bytes(of: weight, graph), bytes.count == 24 + type.byteCount else {
      return nil
    }
    let counts = Bytes(Array(bytes[..<24])).array(of: Int64.self).map {
      Int(Int64(littleEndian: $0))
    }
    constant = Constant(type, .dense(Bytes(Array(bytes[24...]))))
    (rows, columns, hasInput) = (counts[0], counts[1], counts[2] != 0)
  }

  /// The counts in 8 bytes each, then the elements.
  var bytes: [UInt8] {
    let counts = [rows, columns, hasInput ? 1 : 0].flatMap { count in
      withUnsafeBytes(of: Int64(count).littleEndian) { Array($0) }
    }
    return counts + constant.dense.withUnsafeBytes { Array($0) }
  }
}

extension DiagnosticMessage {
  fileprivate static func noInput(_ name: String) -> Self {
    Self(
      "obs-no-input",
      "on these samples the input of '\(name)' is zero everywhere: it is pruned by magnitude")
  }

  fileprivate static func fewSamples(_ name: String, _ rows: Int, _ columns: Int) -> Self {
    Self(
      "obs-few-samples",
      "the samples give \(rows) rows of input for the \(columns) columns of '\(name)': the damping "
        + "decides what they leave open",
      notes: ["give more samples"])
  }
}
