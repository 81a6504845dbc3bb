package import CoppicePassManager

/// When progress is said: often where each line replaces the last, else seldom.
package struct ProgressPace: Sendable {
  private let interval: Duration
  private var next: Duration

  /// Makes a pace; the first line is not said before the first interval is over.
  package init(isRewritten: Bool) {
    interval = isRewritten ? .milliseconds(100) : .seconds(10)
    next = interval
  }

  /// What to say when some time has passed since the beginning; `nil` for nothing.
  package mutating func line(_ progress: PassProgress, after elapsed: Duration) -> String? {
    guard elapsed >= next else { return nil }
    next = elapsed + interval
    let all = progress.all.map { " of at most \($0)" } ?? ""
    return "\(progress.pass): \(progress.done)\(all) \(progress.what)"
  }
}
