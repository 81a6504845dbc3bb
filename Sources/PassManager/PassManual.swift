extension PassRegistry {
  /// The manual of all passes and presets as Markdown (`coppice passes --markdown`).
  public var manual: String {
    let passes = passes.map { $0.info.manual }.joined(separator: "\n")
    let presets = presets.map { "| `@\($0.name)` | \($0.summary) | `\($0.text)` |\n" }.joined()
    return """
      # Passes

      \(passes)
      # Presets

      | preset | what it is | stands for |
      |---|---|---|
      \(presets)
      """
  }
}

extension PassInfo {
  /// The pass's part of the manual.
  fileprivate var manual: String {
    var text = "## \(name)\n\n\(summary) (\(exactness.rawValue)).\n"
    if !options.isEmpty {
      text += "\n| option | allowed | default | meaning |\n|---|---|---|---|\n"
      text += options.map(\.row).joined()
    }
    if !statistics.isEmpty { text += "\nCounts: \(statistics.joined(separator: ", ")).\n" }
    return text
  }
}

extension PassOption {
  fileprivate var row: String {
    let fallback = isRequired ? "required" : defaultValue.map { "`\($0)`" } ?? ""
    return "| `\(name)` | \(allowed) | \(fallback) | \(documentation) |\n"
  }
}
