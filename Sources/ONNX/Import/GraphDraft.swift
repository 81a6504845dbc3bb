@_spi(RawEditing) import CoppiceIR

/// The graph that a model becomes, with where its parts came from.
final class GraphDraft {
  var graph: Graph
  var provenance = Provenance()
  /// The texts that were met so far.
  var words = Texts()
  /// How many calls of functions had a name.
  private var calls: [String: Int] = [:]

  init(source: String) { graph = Graph(name: "", source: source) }

  /// A state to go back to.
  struct Snapshot {
    fileprivate let graph: Graph
    fileprivate let provenance: Provenance
    fileprivate let words: Texts
    fileprivate let calls: [String: Int]
  }

  var snapshot: Snapshot {
    Snapshot(graph: graph, provenance: provenance, words: words, calls: calls)
  }

  func restore(_ snapshot: Snapshot) {
    (graph, provenance) = (snapshot.graph, snapshot.provenance)
    (words, calls) = (snapshot.words, snapshot.calls)
  }

  /// A prefix that no other call has, as nodes may share names.
  func uniquePrefix(_ name: String) -> String {
    calls[name, default: 0] += 1
    let count = calls[name, default: 1]
    return count == 1 ? "\(name)/" : "\(name)#\(count)/"
  }

  /// Adds a constant of the file, with its texts as places.
  func addConstant(_ constant: Constant, name: String) -> (value: ValueID, constant: Constant) {
    let (numbers, isText) = words.withoutTexts(constant)
    let value = graph.addConstant(numbers, name: name)
    if isText { words.values.insert(value) }
    return (value, numbers)
  }

  /// Adds a constant that the file does not hold as one.
  func addAdapted(_ constant: Constant, name: String) -> ValueID {
    let value = graph.addConstant(constant, name: name)
    provenance.constants[graph[value].name] = (.adapted, constant)
    return value
  }

  /// What is known of a node's operands and results before it is there.
  func context(
    _ operands: [ValueID?], _ call: ForeignCall, _ scope: Scope
  ) -> InferenceContext {
    InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { graph.constant($0) }, resultCount: call.outputs.count,
      results: call.outputs.map { scope.types[$0] })
  }
}
