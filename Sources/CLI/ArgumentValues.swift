import ArgumentParser
import CoppiceIR

/// `NAME=N`: the extent of a dynamic dimension.
struct Dimension: ExpressibleByArgument {
  var name: String
  var extent: Int

  init?(argument: String) {
    guard let split = argument.lastIndex(of: "="), split != argument.startIndex,
      let extent = Int(argument[argument.index(after: split)...]), extent >= 0
    else { return nil }
    name = String(argument[..<split])
    self.extent = extent
  }
}

/// `NAME=N`: what a model may ask of the compiler.
struct LimitSetting: ExpressibleByArgument {
  var setting: Limits.Setting
  var value: Int

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let setting = Limits.all.first(where: { $0.name == parts[0] }),
      let value = Int(parts[1]), setting.range.contains(value)
    else { return nil }
    self.setting = setting
    self.value = value
  }

  static let help =
    "Allows a model more than a default: "
    + Limits.all.map { limit in
      var limits = Limits()
      return "\(limit.name) (\(limit.summary); \(limit.value(&limits, nil)))"
    }.joined(separator: ", ") + "."
}

/// How far an answer may be from the recorded one: a finite number, not negative.
struct Tolerance: ExpressibleByArgument, CustomStringConvertible {
  var value: Double
  var description: String { "\(value)" }

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    guard let value = Double(argument), value.isFinite, value >= 0 else { return nil }
    self.value = value
  }
}
