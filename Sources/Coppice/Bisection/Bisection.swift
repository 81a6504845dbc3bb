import CoppiceC
public import CoppiceIR
import CoppiceLowering
import CoppiceONNX
import CoppiceRecords

/// What `bisect` found.
public struct Bisection: Sendable {
  /// Rewrites that the whole pipeline makes.
  public let rewrites: Int
  /// The one that breaks an answer; `nil` if none does.
  public let wrong: WrongRewrite?
  /// Notes and warnings.
  public let diagnostics: [Diagnostic]
}

/// The single rewrite that breaks an answer.
public struct WrongRewrite: Sendable {
  /// Its number among all rewrites of the pipeline, from 1.
  public let number: Int
  /// The pass that makes it, as the pipeline writes it.
  public let pass: String
  /// Whether the pass may change answers.
  public let isApproximate: Bool
  /// The output that it breaks.
  public let output: String
  /// How far the output is from the right answer.
  public let deviation: Deviation
  /// The graph before it: the nodes around it where they show the fault, else the whole graph.
  public let before: Graph
  /// The same graph after it.
  public let after: Graph
  /// The graph before, the pass and the inputs in the text form: what `bisect` replays.
  public let reproducer: String
}

extension Compiler {
  /// Finds the single rewrite of a pipeline that breaks an answer.
  ///
  /// Answers are the recorded ones, or those before the pipeline: the interpreter's, or of a large
  /// model those of C that the host compiles.
  ///
  /// - Parameters:
  ///   - path: The model file, or a reproducer in the text form (`.ir`).
  ///   - data: Folders with recorded vectors, as for `check`; without any, inputs are made up.
  /// - Returns: The rewrite, or that there is none.
  /// - Throws: Why the model or the pipeline refuses, and `bisect-model` when the answers are wrong
  ///   before the first rewrite.
  /// - Complexity: O(log rewrites) runs of the pipeline, each with one answer.
  public func bisect(_ path: String, data: [String] = []) throws -> Bisection {
    if path.hasSuffix(".ir") { return try replay(path) }
    let model = try load(path)
    let vectors = try data.isEmpty ? model.graph.madeUpVectors : recorded(data, model.graph)
    return try bisect(model.graph, vectors, model.diagnostics)
  }

  /// Finds the wrong rewrite of a graph that was read from a reproducer.
  private func replay(_ path: String) throws -> Bisection {
    let reproducer = try Reproducer(path)
    var compiler = self
    if options.passes == CompileOptions().passes { compiler.options.passes = reproducer.pipeline }
    return try compiler.bisect(reproducer.graph, reproducer.vectors, [])
  }

  private func bisect(
    _ graph: Graph, _ vectors: [BisectionVector], _ diagnostics: [Diagnostic]
  ) throws -> Bisection {
    let search = try RewriteSearch(self, graph, vectors)
    let whole = try search.probe()
    guard whole.fault != nil else {
      return Bisection(rewrites: whole.rewrites, wrong: nil, diagnostics: diagnostics)
    }
    let wrong = try search.wrongRewrite(of: whole)
    return Bisection(rewrites: whole.rewrites, wrong: wrong, diagnostics: diagnostics)
  }

  private func recorded(_ data: [String], _ graph: Graph) throws -> [BisectionVector] {
    let ports = { (values: [ValueID]) in values.map { (name: graph[$0].name, type: graph[$0].type) }
    }
    return try readVectors(data, ports(graph.inputs), ports(graph.outputs)).map { _, vector in
      BisectionVector(inputs: vector.inputs, outputs: vector.outputs)
    }
  }
}

extension WrongRewrite {
  /// Writes the reproducer.
  ///
  /// - Parameters:
  ///   - path: Where it goes.
  ///   - inputs: Files that it must not replace.
  /// - Throws: Why it could not be written.
  public func write(to path: String, sparing inputs: [String] = []) throws(Diagnostics) {
    let set = OutputSet()
    try set.add(path, sparing: inputs) { path in
      var output = try FileOutput(path: path)
      try output.write(Array(reproducer.utf8))
      try output.commit()
    }
    try set.commit {}
  }
}

/// Inputs, and the right outputs if they are known.
struct BisectionVector {
  var inputs: [Bytes]
  var outputs: [Bytes]?
}
