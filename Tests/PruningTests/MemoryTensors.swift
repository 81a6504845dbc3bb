import CoppiceIR
import CoppicePassManager

/// A file of tensors that is in memory.
struct MemoryTensors: NamedTensors {
  var metadata: [String: String]
  var tensors: [String: Constant]
  var names: [String] { tensors.keys.sorted() }
  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? { tensors[name] }
}
