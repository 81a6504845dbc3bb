internal import CoppiceIR

/// How an amount changes from step to step, as `schedule{...}(...)` writes it.
struct Schedule: Sendable {
  /// The curve between the first and the last value.
  private enum Curve: String, CaseIterable {
    case linear, cubic, exponential
  }

  static let info = PassInfo(
    name: "schedule", summary: "Set the amount of the passes inside for a step",
    options: [
      PassOption(
        "kind", .choice(Curve.allCases.map(\.rawValue)), default: "cubic",
        "The curve: linear, cubic (Zhu & Gupta), or exponential (1 - e^-4t)"),
      PassOption(
        "from", .decimal(-1e300...1e300), default: "0", "The amount before the first step"),
      PassOption("to", .decimal(-1e300...1e300), isRequired: true, "The amount of the last step"),
      PassOption("steps", .integer(1...10_000), isRequired: true, "How many steps there are"),
      PassOption("step", .integer(0...10_000), "The step to run; all from 1 on if it is not given"),
      PassOption(
        "begin", .integer(0...10_000), default: "0", "The last step with the first amount"),
      PassOption("end", .integer(0...10_000), "The first step with the last amount"),
      PassOption("amount", .text, default: "sparsity", "The option that is set"),
    ])

  private let curve: Curve
  private let from: ExactDecimal
  private let to: ExactDecimal
  private let begin: Int
  private let end: Int
  /// How many steps there are.
  let count: Int
  /// The steps that run.
  let steps: ClosedRange<Int>
  /// The option that is set.
  let option: String

  init(_ options: PassOptions) throws(DiagnosticMessage) {
    guard let from = try options.decimal("from"), let to = try options.decimal("to") else {
      throw DiagnosticMessage("schedule", "give from and to")
    }
    (self.from, self.to) = (from, to)
    curve = try options.choice("kind", Curve.self)
    count = try options.integer("steps")
    begin = try options.integer("begin")
    end = options.isGiven("end") ? try options.integer("end") : count
    option = options.text("amount") ?? "sparsity"
    guard begin < end, end <= count else {
      throw DiagnosticMessage(
        "schedule", "begin=\(begin) must be before end=\(end), and end at most steps=\(count)")
    }
    guard options.isGiven("step") else {
      steps = 1...count
      return
    }
    let step = try options.integer("step")
    guard step <= count else {
      throw DiagnosticMessage("schedule", "step=\(step) is beyond steps=\(count)")
    }
    steps = step...step
  }

  /// The amount of a step, as a pass reads it.
  func amount(_ step: Int) -> String {
    let (done, all) = (min(max(step - begin, 0), end - begin), end - begin)
    if done == 0 { return from.text }
    if done == all { return to.text }
    if let exact = exact(done, all) { return exact }
    let t = Double(done) / Double(all)
    let share =
      switch curve {
      case .linear: t
      case .cubic: 1 - (1 - t) * (1 - t) * (1 - t)
      case .exponential: (1 - PortableMath.exp(-4 * t)) / (1 - PortableMath.exp(-4))
      }
    return "\(from.double + (to.double - from.double) * share)"
  }

  /// The amount as a fraction; `nil` where it is none, or too long.
  private func exact(_ done: Int, _ all: Int) -> String? {
    let power = curve == .cubic ? 3 : 1
    guard curve != .exponential, let first = Ratio(from), let last = Ratio(to),
      let left = Ratio(all - done, all).raised(to: power),
      let difference = first - last, let rest = difference * left, let value = last + rest
    else { return nil }
    return value.text
  }
}

/// A fraction in lowest terms.
private struct Ratio {
  let above: Int128
  let below: Int128

  init(_ above: Int, _ below: Int) { self.init(reduced: Int128(above), Int128(below)) }

  init?(_ number: ExactDecimal) {
    guard number.scale >= 0, number.scale <= 18 else { return nil }
    var below = Int128(number.divisor)
    for _ in 0..<number.scale { below *= 10 }
    let above = Int128(number.digits)
    self.init(reduced: number.isNegative ? -above : above, below)
  }

  private init(reduced above: Int128, _ below: Int128) {
    var (a, b) = (above.magnitude, below.magnitude)
    while b != 0 { (a, b) = (b, a % b) }
    let divisor = a == 0 ? 1 : Int128(a)
    (self.above, self.below) = (above / divisor, below / divisor)
  }

  func raised(to power: Int) -> Ratio? {
    var result: Ratio? = Ratio(1, 1)
    for _ in 0..<power { result = result.flatMap { $0 * self } }
    return result
  }

  static func * (a: Ratio, b: Ratio) -> Ratio? {
    let (above, isLong) = a.above.multipliedReportingOverflow(by: b.above)
    let (below, isDeep) = a.below.multipliedReportingOverflow(by: b.below)
    return isLong || isDeep ? nil : Ratio(reduced: above, below)
  }

  static func + (a: Ratio, b: Ratio) -> Ratio? {
    let (x, first) = a.above.multipliedReportingOverflow(by: b.below)
    let (y, second) = b.above.multipliedReportingOverflow(by: a.below)
    let (above, third) = x.addingReportingOverflow(y)
    let (below, fourth) = a.below.multipliedReportingOverflow(by: b.below)
    return first || second || third || fourth ? nil : Ratio(reduced: above, below)
  }

  static func - (a: Ratio, b: Ratio) -> Ratio? { a + Ratio(reduced: -b.above, b.below) }

  /// A decimal where that is exact, else a fraction; `nil` where neither is short enough to be read.
  var text: String? {
    var (tens, scale) = (Int128(1), 0)
    while scale < 18, tens % below != 0 {
      tens *= 10
      scale += 1
    }
    if tens % below == 0 {
      let digits = above * (tens / below)
      let text = "\(digits)e-\(scale)"
      return ExactDecimal(text).map { _ in Self.decimal(digits, scale) }
    }
    guard above >= 0, UInt64(exactly: above) != nil, UInt64(exactly: below) != nil else {
      return nil
    }
    return "\(above)/\(below)"
  }

  private static func decimal(_ digits: Int128, _ scale: Int) -> String {
    var text = String(digits.magnitude)
    while text.count <= scale { text = "0" + text }
    if scale > 0 { text.insert(".", at: text.index(text.endIndex, offsetBy: -scale)) }
    return (digits < 0 ? "-" : "") + text
  }
}
