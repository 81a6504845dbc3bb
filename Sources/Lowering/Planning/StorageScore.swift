import CoppiceIR

/// Bytes and time of some weights, beside those when dense.
struct StorageScore {
  /// What counts.
  var preference = StoragePreference.time
  var bytes = 0.0
  var time = 0.0
  var denseBytes = 0.0
  var denseTime = 0.0
  /// Whether a weight is without its zeros.
  var isSparse = false

  /// How much slower than dense a balanced choice may be.
  static let slack = 1.1
  /// By how much one score must be less than another to be better, so that ties leave things alone.
  private static let margin = 0.98

  mutating func add(_ other: StorageScore) {
    preference = other.preference
    bytes += other.bytes
    time += other.time
    denseBytes += other.denseBytes
    denseTime += other.denseTime
    isSparse = isSparse || other.isSparse
  }

  /// Whether the score is not slower than what the preference lets through, and zeros that are left
  /// out save bytes where these count.
  var isAllowed: Bool {
    guard preference == .balanced else { return true }
    return time <= denseTime * Self.slack && (!isSparse || bytes < denseBytes)
  }

  /// What counts, and what decides between equals.
  private var value: (Double, Double) {
    switch preference {
    case .time: (time, bytes)
    case .bytes: (bytes, time)
    case .balanced: isAllowed ? (bytes * time, time) : (.infinity, time)
    }
  }

  /// Whether a score is clearly better.
  func isBetter(than other: StorageScore) -> Bool {
    let (mine, theirs) = (value, other.value)
    if mine.0 == theirs.0 || (mine.0.isInfinite && theirs.0.isInfinite) {
      return mine.1 < theirs.1 * Self.margin
    }
    return mine.0 < theirs.0 * Self.margin
  }

  /// Whether a score is less, however little.
  func isLess(than other: StorageScore) -> Bool { value < other.value }
}
