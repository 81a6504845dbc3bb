import COnnx
import CoppiceIR

/// What a name stands for.
enum Binding {
  case value(ValueID)
  /// Something that could not be read, of the declared type if there is one; reported already.
  case poisoned(TensorType?)
  /// An optional input of a function that the call leaves out.
  case absent
  /// A sequence, or an optional without an element.
  case collection(SequenceBinding)
}

/// The names of one graph, inside those of the graphs around it.
final class Scope {
  let parent: Scope?
  /// The static types that the file declares for values.
  let types: [String: TensorType]
  var names: [String: Binding] = [:]
  var initializers: Set<String> = []

  init(parent: Scope? = nil, types: [String: TensorType] = [:]) {
    self.parent = parent
    self.types = types
  }

  func isInitializer(_ name: String) -> Bool { initializers.contains(name) }

  /// Gives a name its meaning.
  func define(_ name: String, _ binding: Binding, what: String, _ log: ImportLog) {
    if name.isEmpty { return log.report("empty-name", "an \(what) has no name") }
    if names.updateValue(binding, forKey: name) != nil {
      log.report("duplicate-name", "\(what) '\(name)' has the name of another value")
    }
  }

  /// Gives a node's results their names.
  func defineResults(_ call: ForeignCall, _ results: [ValueID?], _ log: ImportLog) {
    for (name, value) in zip(call.outputs, results) where !name.isEmpty {
      if names[name] != nil {
        log.report(
          "duplicate-name", "result '\(name)' has the name of another value", at: call.location)
      }
      names[name] = value.map { .value($0) } ?? .poisoned(nil)
    }
  }

  func find(_ name: String) -> Binding? {
    var scope: Scope? = self
    while let current = scope {
      if let binding = current.names[name] { return binding }
      scope = current.parent
    }
    return nil
  }
}

/// What governs a list of nodes: opset imports, and the call when they are a function's body.
struct Frame {
  var opsets: [String: Int]
  /// The block the nodes go to; the graph's body if nil.
  var block: BlockID?
  /// The attributes of the call, by the function's names for them; nil outside of functions.
  var attributes: [String: UnsafeMutablePointer<AttributeProto>]?
  /// Put before the names of nodes and values.
  var prefix = ""
  /// The names outside for the function's results.
  var renamed: [String: String] = [:]
  /// The functions that are being expanded.
  var calls: [String] = []

  func name(_ inner: String) -> String { renamed[inner] ?? prefix + inner }
}
