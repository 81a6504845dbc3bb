import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON

struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "Lists the ONNX operators that can be compiled.")

  @Flag(help: "Print JSON to stdout.")
  var json = false

  @Flag(help: "Print a Markdown table.")
  var markdown = false

  func validate() throws { try refuseBoth(json, markdown) }

  func run() throws {
    try reporting(asJSON: json) { try list() }
  }

  private func list() throws {
    let schemas = OperatorRegistry.all.map { $0.schema }.sorted {
      ($0.domain, $0.name) < ($1.domain, $1.name)
    }
    if json {
      let list = schemas.map { schema in
        let attributes = schema.attributes.filter(\.isInFiles)
        return JSON.object([
          ("name", .text(schema.name)), ("domain", .text(schema.domain)),
          ("since", .integer(schema.since)), ("through", .integer(schema.through)),
          ("aliases", .list(schema.aliases.map { .text($0) })),
          ("operands", .list(schema.operands.map { .text($0.name) })),
          ("attributes", .list(attributes.map { .text($0.name) })),
          ("operand_arities", .list(schema.operands.map { .text("\($0.arity)") })),
          ("results", .list(schema.results.map { .text($0.name) })),
          ("result_arities", .list(schema.results.map { .text("\($0.arity)") })),
          ("attribute_values", .object(attributes.map { ($0.name, values($0)) })),
        ])
      }
      try Terminal.output(JSON.list(list).description)
      return
    }
    let rows = schemas.map { schema in
      [
        schema.domain.isEmpty ? schema.name : "\(schema.domain).\(schema.name)",
        "\(schema.since)-\(schema.through)",
        schema.operands.map(marked).joined(separator: " "),
        schema.attributes.filter(\.isInFiles).map(\.name).joined(separator: " "),
      ]
    }
    let titles = ["operator", "opsets", "operands", "attributes"]
    guard markdown else { return try Terminal.output(Terminal.table(titles, rows)) }
    let heading = [
      "# Operators", "",
      "The \(rows.count) operators that are compiled, as `coppice ops --markdown` prints them: a `?` marks"
        + " an optional operand, a `*` one that repeats.", "",
    ]
    let lines =
      heading + ["| " + titles.joined(separator: " | ") + " |", "|---|---|---|---|"]
      + rows.map { "| " + $0.joined(separator: " | ") + " |" }
    try Terminal.output(lines.joined(separator: "\n"))
  }

  /// The kind of an attribute, its default and what it may hold.
  private func values(_ attribute: AttributeSchema) -> JSON {
    var parts: [(String, JSON)] = [
      ("kind", .text(attribute.allowed.kind)),
      ("default", attribute.fallback.map(value) ?? .null),
    ]
    switch attribute.allowed {
    case .integers(let range):
      parts += [("least", .integer(range.lowerBound)), ("most", .integer(range.upperBound))]
    case .numbers(let numbers): parts.append(("allowed", .list(numbers.map { .integer($0) })))
    case .texts(let texts): parts.append(("allowed", .list(texts.map { .text($0) })))
    default: break
    }
    return .object(parts)
  }

  private func value(_ attribute: Attribute) -> JSON {
    switch attribute {
    case .int(let value): .integer(value)
    case .float(let value): .number(Double(value))
    case .string(let value): .text(value)
    case .ints(let values): .list(values.map { .integer($0) })
    case .floats(let values): .list(values.map { .number(Double($0)) })
    case .strings(let values): .list(values.map { .text($0) })
    case .tensor: .null
    }
  }

  private func marked(_ operand: (name: String, arity: OperatorSchema.Arity)) -> String {
    switch operand.arity {
    case .required: operand.name
    case .optional: operand.name + "?"
    case .variadic: operand.name + "*"
    }
  }
}

func refuseBoth(_ json: Bool, _ markdown: Bool) throws {
  if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
}
