import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON
import CoppicePassManager
import CoppicePasses

struct PassesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passes", abstract: "Lists the passes and presets, or shows some in full.",
    discussion: """
      Examples:
        coppice passes
        coppice passes prune-magnitude sparsify @default
      """)

  @Flag(help: "Print JSON to stdout.")
  var json = false

  @Flag(help: "Print the manual of all passes as Markdown.")
  var markdown = false

  @Option(
    name: .customLong("load-pass-plugin"),
    help: ArgumentHelp("Load passes from a shared library.", valueName: "file"),
    completion: .file(extensions: ["so"]))
  var plugins: [String] = []

  @Argument(
    help: ArgumentHelp("Passes and @presets to show in full.", valueName: "name"))
  var names: [String] = []

  func validate() throws { try refuseBoth(json, markdown) }

  func run() throws {
    try reporting(asJSON: json) {
      var registry = PassRegistry.standard
      for plugin in plugins { try PluginLoader.load(plugin, into: &registry) }
      try list(try names.isEmpty ? PassListing(registry) : PassListing(registry, names))
    }
  }

  private func list(_ listing: PassListing) throws {
    if json {
      let presets = listing.presets.map {
        JSON.object([
          ("name", .text($0.name)), ("summary", .text($0.summary)), ("text", .text($0.text)),
        ])
      }
      let list = JSON.object([
        ("passes", .list(listing.passes.map(object))), ("presets", .list(presets)),
      ])
      try Terminal.output(list.description)
    } else if markdown {
      try Terminal.output(manual(listing.passes, listing.presets))
    } else if names.isEmpty {
      let rows =
        listing.passes.map { info in
          let options = info.options.map { $0.name + ($0.isRequired ? "*" : "") }
          return [info.name, info.exactness.rawValue, info.summary, options.joined(separator: " ")]
        } + listing.presets.map { ["@\($0.name)", "preset", $0.summary, ""] }
      let table = Terminal.table(["pass", "kind", "what it does", "options"], rows)
      try Terminal.output(
        table + "\n\nAn option with * must be given. 'coppice passes NAME' shows one in full.")
    } else {
      let texts =
        listing.passes.map(text)
        + listing.presets.map { "@\($0.name): \($0.summary)\n\n  \($0.text)" }
      try Terminal.output(texts.joined(separator: "\n\n"))
    }
  }

  /// One pass in full.
  private func text(_ info: PassInfo) -> String {
    var parts = ["\(info.name) (\(info.exactness.rawValue)): \(info.summary)"]
    if !info.options.isEmpty {
      let rows = info.options.map {
        [
          $0.name, $0.isRequired ? "must be given" : $0.defaultValue ?? "", $0.allowed,
          $0.documentation,
        ]
      }
      parts.append(Terminal.table(["option", "default", "value", "what it is"], rows))
    }
    if !info.statistics.isEmpty {
      parts.append("It counts " + info.statistics.joined(separator: ", ") + ".")
    }
    parts.append("Example:\n\n  coppice compile MODEL.onnx -o DIR --passes '\(info.example)'")
    return parts.joined(separator: "\n\n")
  }

  private func object(_ info: PassInfo) -> JSON {
    .object([
      ("name", .text(info.name)), ("summary", .text(info.summary)),
      ("exactness", .text(info.exactness.rawValue)),
      (
        "options",
        .list(
          info.options.map { option in
            .object([
              ("name", .text(option.name)), ("allowed", .text(option.allowed)),
              ("default", option.defaultValue.map { .text($0) } ?? .null),
              ("required", .flag(option.isRequired)),
              ("documentation", .text(option.documentation)),
            ])
          })
      ),
      ("statistics", .texts(info.statistics)), ("example", .text(info.example)),
    ])
  }

  private func manual(_ passes: [PassInfo], _ presets: [Preset]) -> String {
    var lines = [
      "# Passes", "",
      "Every standard pass with its options, as `coppice passes --markdown` prints it.", "",
    ]
    for info in passes {
      lines += ["## `\(info.name)`", "", "\(info.summary) (\(info.exactness.rawValue))."]
      lines += ["", "    \(info.example)"]
      if !info.options.isEmpty {
        lines += ["", "| option | value | default | |", "|---|---|---|---|"]
        lines += info.options.map {
          "| `\($0.name)` | \($0.allowed) | \($0.defaultValue ?? "") | \($0.documentation) |"
        }
      }
      lines.append("")
    }
    lines += ["## Presets", ""]
    lines += presets.map { "- `@\($0.name)`: \($0.summary): `\($0.text)`" }
    return lines.joined(separator: "\n")
  }
}

/// The passes and presets that are shown.
private struct PassListing {
  var passes: [PassInfo]
  var presets: [Preset]

  init(_ registry: PassRegistry) {
    passes = registry.passes.map { $0.info }
    presets = registry.presets
  }

  /// Some by name; unknown ones are all told.
  init(_ registry: PassRegistry, _ names: [String]) throws(Diagnostics) {
    (passes, presets) = ([], [])
    var problems: [Diagnostic] = []
    let known = registry.passes.map { $0.info.name } + registry.presets.map { "@\($0.name)" }
    for name in names {
      if let pass = registry.pass(name) {
        passes.append(pass.info)
      } else if name.hasPrefix("@"), let preset = registry.preset(String(name.dropFirst())) {
        presets.append(preset)
      } else {
        let hint = suggestion(name, known) ?? "'coppice passes' lists them"
        let words = "there is no pass or preset '\(name)'; \(hint)"
        problems.append(Diagnostic(.error, DiagnosticMessage("unknown-pass", words)))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }
}
