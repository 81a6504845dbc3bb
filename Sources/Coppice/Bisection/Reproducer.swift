@_spi(RawEditing) import CoppiceIR

/// A graph, a pipeline and inputs in one text, as goldens have them.
///
/// ```
/// // RUN: fold-pad
/// graph @slice(%x: f32[2]) {
///   %y = Relu(%x)
///   return %y
/// }
/// // -----
/// graph @inputs() {
///   %x = constant [1.0, -0.5] : f32[2]
///   return %x
/// }
/// ```
struct Reproducer {
  let pipeline: String
  private(set) var graph: Graph
  let vectors: [BisectionVector]
  private static let head = "// RUN: "
  private static let rule = "// -----"

  init(pipeline: String, graph: Graph, vectors: [BisectionVector]) {
    self.pipeline = pipeline
    self.graph = graph
    self.graph.source = ""
    self.vectors = vectors
  }

  /// Reads a reproducer.
  ///
  /// - Parameter path: The file.
  /// - Throws: `reproducer` when it is none, and what the text form throws.
  init(_ path: String) throws(Diagnostics) {
    do {
      let text = try read(path).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      let sections = text.split(separator: "\n\(Self.rule)\n", omittingEmptySubsequences: false)
      let first = text.split(separator: "\n").first { $0.hasPrefix(Self.head) }
      guard let first, let main = sections.first else { throw DiagnosticMessage.noReproducer(path) }
      let graph = try Graph(parsing: String(main), file: path)
      pipeline = String(first.dropFirst(Self.head.count))
      vectors = try sections.dropFirst().map { section throws(any Error) in
        let tensors = try Graph(parsing: String(section), file: path)
        let inputs = tensors.outputs.compactMap { tensors.constant($0) }
        guard inputs.map(\.type) == graph.inputs.map({ graph[$0].type }) else {
          throw DiagnosticMessage.noReproducer(path)
        }
        return BisectionVector(inputs: inputs.map(\.dense))
      }
      self.graph = graph
      if vectors.isEmpty { throw DiagnosticMessage.noReproducer(path) }
    } catch let diagnostic as Diagnostic {
      throw Diagnostics([diagnostic])
    } catch let message as DiagnosticMessage {
      throw Diagnostics([Diagnostic(.error, message)])
    } catch {
      throw Diagnostics([Diagnostic(.error, DiagnosticMessage("file-read", "\(error)"))])
    }
  }

  /// The text.
  var text: String {
    let notes = "// 'coppice bisect FILE.ir' replays it; the inputs stand below.\n"
    return "\(Self.head)\(pipeline)\n\(notes)\(graph.text(.exact))"
      + vectors.map { "\(Self.rule)\n\(tensors($0).text(.exact))" }.joined()
  }

  private func tensors(_ vector: BisectionVector) -> Graph {
    var tensors = Graph(name: "inputs")
    tensors.setOutputs(
      zip(graph.inputs, vector.inputs).map { input, bytes in
        tensors.addConstant(Constant(graph[input].type, .dense(bytes)), name: graph[input].name)
      })
    return tensors
  }
}

extension DiagnosticMessage {
  fileprivate static func noReproducer(_ path: String) -> Self {
    Self(
      "reproducer",
      "'\(path)' is no reproducer: it needs a line '// RUN: PIPELINE', a graph, and after '// -----' a "
        + "graph that returns a constant for each input")
  }
}
