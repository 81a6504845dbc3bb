import CoppiceIR
import CoppicePassManager

extension DiagnosticMessage {
  /// What pruning did to the loss and the accuracy.
  static func measured(
    _ meter: ModelMeter, _ after: ModelMeasurement, _ samples: Int, _ units: Int
  ) -> Self {
    var text = "\(units) units less: \(meter.kind.rawValue) \(meter.base.loss) -> \(after.loss)"
    if let before = meter.base.accuracy, let now = after.accuracy {
      text += ", accuracy \(percent(before)) -> \(percent(now))"
    }
    return Self("measured-loss", "\(text) on \(samples) samples")
  }
}

/// A share such as `98.1 %`.
private func percent(_ share: Double) -> String {
  let tenths = Int((share * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
