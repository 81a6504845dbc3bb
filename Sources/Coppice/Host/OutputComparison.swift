import CoppiceIR

/// How far an output is from the recorded one.
public struct OutputComparison: Sendable {
  /// What there is to say of an answer.
  public enum Verdict: String, Sendable {
    /// It is within the tolerance.
    case ok
    /// It is not, but the pipeline is approximate and nobody asked for a tolerance.
    case differs
    /// It is not.
    case wrong
  }

  /// The vector's folder.
  public let vector: String
  /// The output's name.
  public let output: String
  /// How far it is.
  public let deviation: Deviation
  /// How far the model without approximate passes is, beside an approximate pipeline.
  public internal(set) var dense: Deviation?
  /// Whether the output is within the tolerance.
  public let isClose: Bool
  var isReportedOnly = false

  /// What there is to say of it.
  public var verdict: Verdict { isClose ? .ok : isReportedOnly ? .differs : .wrong }

  init(
    vector: String, output: String, type: TensorType, got: Bytes, expected: Bytes,
    tolerance: Double
  ) {
    self.vector = vector
    self.output = output
    deviation = Deviation(of: got, from: expected, type)
    let isOdd = deviation.largest.isInfinite
    switch type.element {
    case .int8, .uint8: isClose = deviation.largest <= 1
    case _ where type.element.isFloat:
      let step = NarrowFloat(type.element).map {
        Double(sign: .plus, exponent: -$0.fraction, significand: 1)
      }
      let allowed = max(tolerance, step ?? 0)
      isClose = !isOdd && (deviation.relative <= allowed || deviation.largest <= 1e-7)
    default: isClose = deviation.largest == 0
    }
  }
}

/// Figures of the differences between an output and the recorded one.
public struct Deviation: Hashable, Sendable {
  /// The largest difference of two elements; infinite where only one of them is a number.
  public private(set) var largest = 0.0
  /// The largest difference of numbers as a part of the largest recorded one.
  public private(set) var relative = 0.0
  /// The root of the mean of the squared differences; infinite as `largest`.
  public private(set) var rmse = 0.0
  /// Rows of the last axis.
  public private(set) var rows = 0
  /// Rows whose largest element stands where the recorded one does.
  public private(set) var sameLargest = 0

  /// Of what cannot be computed.
  static let endless: Deviation = {
    var deviation = Deviation()
    (deviation.largest, deviation.relative, deviation.rmse) = (.infinity, .infinity, .infinity)
    return deviation
  }()

  private init() {}

  init(of got: Bytes, from expected: Bytes, _ type: TensorType) {
    let element = type.element
    let count = min(element.bits == 0 ? 0 : expected.count * 8 / element.bits, type.count)
    var (largestRecorded, squares, isOdd) = (0.0, 0.0, false)
    var places = Places(width: max(type.shape.last ?? 1, 1))
    for index in 0..<count {
      let (a, b) = (got.number(at: index, element), expected.number(at: index, element))
      places.add(a, b)
      if b.isFinite { largestRecorded = max(largestRecorded, abs(b)) }
      if a == b || (a.isNaN && b.isNaN) { continue }
      guard a.isFinite, b.isFinite else {
        isOdd = true
        continue
      }
      largest = max(largest, abs(a - b))
      squares += (a - b) * (a - b)
    }
    relative = largest == 0 ? 0 : largest / (largestRecorded == 0 ? 1 : largestRecorded)
    rmse = isOdd ? .infinity : count == 0 ? 0 : (squares / Double(count)).squareRoot()
    if isOdd { largest = .infinity }
    rows = places.rows
    sameLargest = places.same
  }
}

/// Where the largest elements of two rows stand; of equal ones the first counts.
private struct Places {
  let width: Int
  private(set) var rows = 0
  private(set) var same = 0
  private var column = 0
  private var got = (place: 0, value: -Double.infinity)
  private var expected = (place: 0, value: -Double.infinity)

  init(width: Int) { self.width = width }

  mutating func add(_ a: Double, _ b: Double) {
    if a > got.value { got = (column, a) }
    if b > expected.value { expected = (column, b) }
    column += 1
    guard column == width else { return }
    rows += 1
    if got.place == expected.place { same += 1 }
    (column, got, expected) = (0, (0, -.infinity), (0, -.infinity))
  }
}
