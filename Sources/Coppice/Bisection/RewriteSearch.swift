import CoppiceC
import CoppiceIR
import CoppicePassManager

/// Looks for the first rewrite of a pipeline after which a graph answers otherwise.
struct RewriteSearch {
  /// What a graph answers wrongly.
  struct Fault {
    var output: String
    var deviation: Deviation
    /// The vector that shows it.
    var vector = 0
  }

  /// A graph after at most so many rewrites.
  struct Probe {
    var graph: Graph
    var rewrites: Int
    var lastPass: String
    var fault: Fault?
  }

  private let compiler: Compiler
  private let graph: Graph
  private let vectors: [BisectionVector]
  private let expected: [[Bytes]]
  /// Whether the interpreter answers, before and after alike.
  private let isInterpreted: Bool

  /// Prepares a search.
  ///
  /// - Throws: `bisect-model` when recorded answers are not those of the graph before the pipeline.
  init(_ compiler: Compiler, _ graph: Graph, _ vectors: [BisectionVector]) throws {
    self.compiler = compiler
    self.graph = graph
    self.vectors = vectors
    compiler.watcher.stage("answering before the pipeline")
    isInterpreted = GraphAnswers.isSoonInterpreted(graph, compiler)
    let before = try GraphAnswers(graph, compiler, interpreted: isInterpreted)
    let answers = try vectors.map { try before.outputs($0.inputs) }
    expected = zip(vectors, answers).map { $0.outputs ?? $1 }
    for (index, answer) in answers.enumerated() {
      if let fault = fault(answer, vector: index) { throw Diagnostics([.wrongBefore(fault)]) }
    }
  }

  /// Runs the pipeline with at most so many rewrites, and answers.
  ///
  /// - Parameters:
  ///   - limit: The rewrites; all if `nil`.
  ///   - asked: The vectors that are asked, up to the first that shows a fault.
  /// - Returns: The graph, and the fault if there is one.
  /// - Throws: What a pass refuses, and why the host cannot answer.
  func probe(_ limit: Int?, asking asked: [Int]) throws -> Probe {
    var compiler = compiler
    compiler.options.maxRewrites = limit
    compiler.watcher.stage("bisecting: \(limit.map { "\($0)" } ?? "all") rewrites")
    let optimized = try compiler.optimize(graph, [])
    let context = optimized.context
    return Probe(
      graph: optimized.graph, rewrites: context.rewrites, lastPass: context.lastRewrite ?? "",
      fault: try fault(of: optimized.graph, asking: asked))
  }

  private func fault(of graph: Graph, asking asked: [Int]) throws -> Fault? {
    var vector = 0
    do {
      let after = try GraphAnswers(graph, compiler, interpreted: isInterpreted)
      for index in asked {
        vector = index
        if let fault = fault(try after.outputs(vectors[index].inputs), vector: index) {
          return fault
        }
      }
      return nil
    } catch let error as Diagnostic {
      // A graph that cannot be computed answers nothing right.
      return Fault(output: "\(error)", deviation: .endless, vector: vector)
    } catch let error as Diagnostics {
      return Fault(output: "\(error)", deviation: .endless, vector: vector)
    }
  }

  /// The rewrite between the most that are harmless and one more.
  func wrongRewrite(of whole: Probe) throws -> WrongRewrite {
    let (before, after) = try border(whole)
    let pass = after.lastPass
    let telling = whole.fault?.vector ?? 0
    for vector in [telling] + vectors.indices.filter({ $0 != telling }) {
      let small = try smaller(before.graph, after.graph, pass, vectors[vector])
      if let small { return small.numbered(after.rewrites) }
    }
    return try wrong(before, after, pass, whole)
  }

  /// The probes on both sides of the first fault of the vector that showed one.
  private func border(_ whole: Probe) throws -> (Probe, Probe) {
    let asked = [whole.fault?.vector ?? 0]
    var good = try probe(0, asking: asked)
    if let fault = good.fault { throw Diagnostics([.silentRewrite(fault)]) }
    var bad = whole
    while bad.rewrites - good.rewrites > 1 {
      let half = (bad.rewrites - good.rewrites) / 2
      let middle = try probe(good.rewrites + half, asking: asked)
      if middle.fault == nil { good = middle } else { bad = middle }
    }
    // The whole pipeline may end with more than its last rewrite did.
    let isLast = bad.rewrites == whole.rewrites
    return (good, isLast ? try probe(bad.rewrites, asking: asked) : bad)
  }

  private func wrong(
    _ before: Probe, _ after: Probe, _ pass: String, _ whole: Probe
  ) throws -> WrongRewrite {
    let fault = after.fault ?? whole.fault
    let alone = try? compiler.search(before.graph, pass, vectors.map(\.withoutOutputs))
    let (start, pipeline) =
      alone == nil ? (graph, compiler.options.passes) : (before.graph, pass)
    let reproducer = Reproducer(pipeline: pipeline, graph: start, vectors: vectors)
    return WrongRewrite(
      number: after.rewrites, pass: pass, isApproximate: try compiler.resolve(pass).isApproximate,
      output: fault?.output ?? "", deviation: fault?.deviation ?? .endless, before: before.graph,
      after: after.graph, reproducer: reproducer.text)
  }

  /// The same rewrite on the nodes around it, if it is as wrong there.
  private func smaller(
    _ before: Graph, _ after: Graph, _ pass: String, _ vector: BisectionVector
  ) throws -> WrongRewrite? {
    for reach in [1, 2, 4] {
      guard let slice = GraphSlice(before, changedIn: after, reach: reach) else { return nil }
      guard let inputs = try? slice.inputs(before, vector.inputs, compiler) else { return nil }
      let own = [BisectionVector(inputs: inputs)]
      guard let found = try? compiler.search(slice.graph, pass, own) else { continue }
      let reproducer = Reproducer(pipeline: pass, graph: slice.graph, vectors: own)
      return WrongRewrite(
        number: 0, pass: pass, isApproximate: try compiler.resolve(pass).isApproximate,
        output: found.fault.output, deviation: found.fault.deviation,
        before: found.before, after: found.after, reproducer: reproducer.text)
    }
    return nil
  }

  private func fault(_ answer: [Bytes], vector: Int) -> Fault? {
    for (index, output) in graph.outputs.enumerated() {
      let comparison = OutputComparison(
        vector: "", output: graph[output].name, type: graph[output].type, got: answer[index],
        expected: expected[vector][index], tolerance: compiler.options.tolerance)
      guard !comparison.isClose else { continue }
      return Fault(
        output: graph[output].name, deviation: comparison.deviation, vector: vector)
    }
    return nil
  }
}

extension Compiler {
  /// The wrong rewrite that one pass makes of a graph by itself; `nil` if it makes none.
  fileprivate func search(
    _ graph: Graph, _ pass: String, _ vectors: [BisectionVector]
  ) throws -> (before: Graph, after: Graph, fault: RewriteSearch.Fault)? {
    var compiler = self
    compiler.options.passes = pass
    let search = try RewriteSearch(compiler, graph, vectors)
    return try search.first()
  }
}

extension RewriteSearch {
  /// Runs the whole pipeline, and asks every vector.
  func probe() throws -> Probe { try probe(nil, asking: Array(vectors.indices)) }

  fileprivate func first() throws -> (before: Graph, after: Graph, fault: Fault)? {
    let whole = try probe()
    guard whole.fault != nil else { return nil }
    let (before, after) = try border(whole)
    guard let fault = after.fault else { return nil }
    return (before.graph, after.graph, fault)
  }
}

extension WrongRewrite {
  fileprivate func numbered(_ number: Int) -> WrongRewrite {
    WrongRewrite(
      number: number, pass: pass, isApproximate: isApproximate, output: output,
      deviation: deviation, before: before, after: after, reproducer: reproducer)
  }
}

extension BisectionVector {
  fileprivate var withoutOutputs: BisectionVector { BisectionVector(inputs: inputs) }
}

extension Graph {
  /// Inputs that exercise the graph: noise of several sizes.
  var madeUpVectors: [BisectionVector] {
    [TestPattern.weak, .strong, .positive].map { pattern in
      let bytes = inputs.enumerated().map { index, input in
        var pattern = pattern
        pattern.seed = UInt32(truncatingIfNeeded: index * 1000)
        let type = self[input].type
        guard let assumed = assumedElements(ofInput: index) else { return pattern.bytes(type) }
        return Bytes(
          assumed.flatMap { Bytes.number(Double($0), type.element).array(of: UInt8.self) })
      }
      return BisectionVector(inputs: bytes)
    }
  }
}

extension Diagnostic {
  fileprivate static func wrongBefore(_ fault: RewriteSearch.Fault) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticMessage(
        "bisect-model",
        "output '\(fault.output)' is not as recorded before the first rewrite (relative difference "
          + "\(fault.deviation.relative)); no rewrite is to blame: compare the recording with the "
          + "model, or allow more by --tolerance"))
  }

  fileprivate static func silentRewrite(_ fault: RewriteSearch.Fault) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticMessage(
        "bisect-silent",
        "output '\(fault.output)' is wrong although no rewrite was allowed: a pass of the pipeline "
          + "changes the graph by other means than the edits of its context; take passes out to see "
          + "which"))
  }
}
