import CoppiceIR
import CoppiceJSON
import CoppicePassManager
import CoppicePasses
import CoppiceRecords

/// Writes what pruning passes account for as JSON, a line for each unit.
struct AuditFile: ~Copyable {
  private var output: FileOutput
  private var buffer: [UInt8] = []

  private init(_ path: String) throws(DiagnosticMessage) { output = try FileOutput(path: path) }

  static func write(
    _ audits: [PruningAudit], pipeline: String, to path: String
  ) throws(DiagnosticMessage) {
    var file = try AuditFile(path)
    try file.add("{\n  \"format\": \"coppice-audit/1\",\n")
    try file.add("  \"pipeline\": \(JSON.quoted(pipeline)),\n  \"passes\": [")
    for (number, audit) in audits.enumerated() { try file.add(audit, isFirst: number == 0) }
    try file.add(audits.isEmpty ? "]\n}\n" : "\n  ]\n}\n")
    try file.flush()
    try file.output.commit()
  }

  private mutating func add(_ audit: PruningAudit, isFirst: Bool) throws(DiagnosticMessage) {
    try add(isFirst ? "\n    {\n" : ",\n    {\n")
    try add("      \"pass\": \(JSON.quoted(audit.pass)),\n")
    try add("      \"scope\": \"\(audit.scope)\",\n      \"unit\": \"\(audit.unit)\",\n")
    try add("      \"tensors\": [")
    for (number, tensor) in audit.tensors.enumerated() {
      try add(tensor, isFirst: number == 0)
    }
    try add(audit.tensors.isEmpty ? "]\n    }" : "\n      ]\n    }")
  }

  private mutating func add(
    _ tensor: PruningAudit.Tensor, isFirst: Bool
  ) throws(DiagnosticMessage) {
    let shape = tensor.shape.map(String.init).joined(separator: ", ")
    try add(isFirst ? "\n        {\n" : ",\n        {\n")
    try add("          \"tensor\": \(JSON.quoted(tensor.name)),\n")
    try add("          \"node\": \(JSON.quoted(tensor.node)),\n")
    try add("          \"shape\": [\(shape)],\n")
    try add("          \"refusal\": \(tensor.refusal.map(JSON.quoted) ?? "null"),\n")
    try add("          \"units\": [")
    for (number, unit) in tensor.units.enumerated() {
      try add(number == 0 ? "\n" : ",\n")
      try add(line(number, unit, tensor.shape))
    }
    try add(tensor.units.isEmpty ? "]\n        }" : "\n          ]\n        }")
  }

  private func line(_ number: Int, _ unit: PruningAudit.Unit, _ shape: [Int]) -> String {
    var position: [String] = []
    var rest = unit.first
    for extent in shape.reversed() where extent > 0 {
      position.insert(String(rest % extent), at: 0)
      rest /= extent
    }
    let score = unit.score.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null"
    let rank = unit.rank.map(String.init) ?? "null"
    return "            {\"unit\": \(number), \"at\": [\(position.joined(separator: ", "))],"
      + " \"elements\": \(unit.elements), \"score\": \(score), \"rank\": \(rank),"
      + " \"kept\": \(unit.isKept), \"why\": \"\(unit.reason.rawValue)\"}"
  }

  private mutating func add(_ text: String) throws(DiagnosticMessage) {
    buffer += text.utf8
    if buffer.count > 1 << 20 { try flush() }
  }

  private mutating func flush() throws(DiagnosticMessage) {
    try output.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

extension OptimizedModel {
  /// Adds the audit to a set of outputs, if it was asked for.
  func addAudit(to set: OutputSet) throws(Diagnostics) {
    guard let path = auditPath else { return }
    try set.add(path, sparing: modelFiles + otherFiles) {
      try AuditFile.write(context.results(of: PruningAudit.self), pipeline: pipeline, to: $0)
    }
  }
}
