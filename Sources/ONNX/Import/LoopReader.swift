import COnnx
import CoppiceIR

/// Reads Loop and Scan: their bodies once for each turn, or, where that is too much or nobody knows how many turns
/// there are, as loops that run.
struct LoopReader {
  let constants: ConstantReader
  let blocks: BlockReader
  let parts: LoopParts
  let nodes: NodeBudget
  let limits: Limits
  let log: ImportLog
  unowned let bodies: any BodyReader

  private var unroller: LoopUnroller {
    LoopUnroller(parts: parts, blocks: blocks, log: log, bodies: bodies)
  }

  private var turned: TurnedLoopReader {
    TurnedLoopReader(parts: parts, blocks: blocks, limits: limits, log: log, bodies: bodies)
  }

  /// Reads a Loop or Scan.
  ///
  /// - Returns: Whether the node is one of the two.
  func read(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard Self.reads(call) else { return false }
    guard let body = call.attributes["body"]?.pointee.g else {
      throw DiagnosticMessage("loop-body", "\(call.type) has no body")
    }
    let shared = Scope(parent: scope)
    constants.readInitializers(body, shared)
    let loop = ForeignLoop(
      body: body, call: call, scope: shared, types: declaredTypes(body), frame: frame)
    let results = try unrolledOrTurned(loop)
    guard call.outputs.count <= results.count else {
      throw DiagnosticMessage(
        "result-count", "\(call.type) gives \(results.count) results, not \(call.outputs.count)")
    }
    scope.defineResults(call, Array(results.prefix(call.outputs.count)), log)
    return true
  }

  /// The body once for each turn, or, where that is too much, as a loop that runs.
  private func unrolledOrTurned(_ loop: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    let turns = turns(of: loop)
    if let turns, turns > UnrolledCounts.limit - parts.budget.unrolled.turns {
      return try turned.read(loop)
    }
    if parts.budget.givenUp > Self.mostGivenUp { return try turned.read(loop) }
    let before = Snapshot(self)
    do {
      return try unroller.read(loop)
    } catch {
      let isTooLong = error.id == "loop-length" && turns ?? .max > Self.fewTurns
      let isUnknown = error.id == "loop-unknown" && loop.call.type == "Loop"
      guard isTooLong || isUnknown else { throw error }
      before.restore(self)
      parts.budget.givenUp += 1
      return try turned.read(loop)
    }
  }

  /// Loops of so few turns are always unrolled.
  private static let fewTurns = 8

  /// After so many that had to be read again nothing is unrolled: loops in loops would be read too often.
  private static let mostGivenUp = 100

  /// Whether a node is unrolled; Scan of opset 8 has other operands.
  static func reads(_ call: ForeignCall) -> Bool {
    call.domain.isEmpty && (call.type == "Loop" || call.type == "Scan")
  }

  /// How often a body runs, if that is known.
  private func turns(of loop: ForeignLoop) -> Int? {
    if loop.call.type == "Loop" {
      return parts.draft.graph.constant(loop.operand(0))?.integers?.first
    }
    let scanned = Int(clamping: loop.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard loop.call.opset >= 9, scanned > 0, let source = loop.call.operands.suffix(scanned).first,
      let source, let axes = try? parts.scanAxes(loop, [source]), let axis = axes.first
    else { return nil }
    return parts.draft.graph[source].type.shape[axis]
  }
}

extension LoopReader {
  /// What was read so far, to go back to.
  private struct Snapshot {
    private let draft: GraphDraft.Snapshot
    private let reported: Int
    private let (nodes, folded): (Int, Int)
    private let unrolled: UnrolledCounts

    init(_ reader: LoopReader) {
      draft = reader.parts.draft.snapshot
      reported = reader.log.diagnostics.count
      (nodes, folded) = (reader.nodes.left, reader.parts.folder.work)
      unrolled = reader.parts.budget.unrolled
    }

    func restore(_ reader: LoopReader) {
      reader.parts.draft.restore(draft)
      reader.log.rewind(to: reported)
      (reader.nodes.left, reader.parts.folder.work) = (nodes, folded)
      reader.parts.budget.unrolled = unrolled
    }
  }
}
