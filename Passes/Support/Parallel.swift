import Dispatch

/// Runs pieces of work on all cores; each writes to memory that no other one touches, so that the
/// outcome does not depend on their number.
///
/// - Parameters:
///   - count: How many pieces there are.
///   - work: Multiply-accumulates in all; little work stays on this thread.
///   - body: Gets the number of the piece.
func inParallel(_ count: Int, work: Int, _ body: (Int) -> Void) {
  if work < 100_000 || count == 1 {
    for piece in 0..<count { body(piece) }
  } else {
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let shared = body
      DispatchQueue.concurrentPerform(iterations: count) { shared($0) }
    }
  }
}
