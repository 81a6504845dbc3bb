import ArgumentParser
import CoppiceIR

/// `NAME=N`: the extent of a dynamic dimension.
struct Dimension {
  var name: String
  var extent: Int

  init(_ text: String) throws {
    guard let split = text.lastIndex(of: "="), split != text.startIndex,
      let extent = Int(text[text.index(after: split)...]), extent >= 0
    else {
      throw ValidationError(
        "a dimension is NAME=N with a whole number that is not negative, such as batch=1")
    }
    name = String(text[..<split])
    self.extent = extent
  }
}

/// `NAME=N`: what a model may ask of the compiler.
struct LimitSetting {
  var setting: Limits.Setting
  var value: Int

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let (name, names) = (String(parts[0]), Limits.all.map(\.name))
    guard let setting = Limits.all.first(where: { $0.name == name }) else {
      let near = suggestion(name, names).map { "; \($0)" } ?? "."
      throw ValidationError(
        "there is no limit '\(name)'\(near) The limits are \(names.joined(separator: ", "))")
    }
    let range = setting.range
    guard parts.count == 2, let value = Int(parts[1]), range.contains(value) else {
      throw ValidationError(
        "limit '\(name)' takes a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
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
