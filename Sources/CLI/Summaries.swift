import Coppice
import CoppiceIR
import CoppiceJSON
import CoppicePassManager

/// Says what passes did: diagnostics, tables and times on stderr.
func sayPasses(_ model: OptimizedModel, _ diagnostics: [Diagnostic], timed: Bool) {
  for diagnostic in diagnostics { Terminal.say(diagnostic) }
  for (pass, table) in model.context.tables where !table.rows.isEmpty {
    Terminal.say("\(pass): \(table.title)")
    Terminal.sayTable(table.columns, table.rows.map { $0.map(\.description) })
  }
  let statistics = model.context.statistics.filter { $0.total != 0 }
  if Terminal.errorsAreShown, !statistics.isEmpty {
    for row in statistics { Terminal.say("\(row.pass): \(row.total) \(row.statistic)") }
  }
  if timed { sayTimings(model) }
}

private func sayTimings(_ model: OptimizedModel) {
  Terminal.sayTable(
    ["pass", "runs", "changed", "rewrites", "ms"],
    model.timings.map { row in
      let (seconds, attoseconds) = row.duration.components
      let microseconds = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
      let fraction = String(microseconds % 1000 + 1000).dropFirst()
      return [
        row.pass, "\(row.runs)", "\(row.changes)", "\(row.rewrites)",
        "\(microseconds / 1000).\(fraction)",
      ]
    }, right: [1, 2, 3, 4])
}

/// The tables that passes left, as JSON.
func reports(_ context: PassContext) -> JSON {
  .list(
    context.tables.map { pass, table in
      .object([
        ("pass", .text(pass)), ("title", .text(table.title)),
        (
          "rows",
          .list(
            table.rows.map { row in
              .object(zip(table.columns, row).map { ($0, json($1)) })
            })
        ),
      ])
    })
}

private func json(_ value: ResultTable.Cell) -> JSON {
  switch value {
  case .text(let text): .text(text)
  case .integer(let value): .integer(value)
  case .number(let value): .number(value)
  case .flag(let value): .flag(value)
  case .empty: .null
  }
}

/// The share of zeros, such as `79.8 %`.
func percent(zerosOf nonzeros: Int, _ count: Int) -> String {
  guard count > 0 else { return "" }
  let tenths = ((count - nonzeros) * 1000 + count / 2) / count
  return "\(tenths / 10).\(tenths % 10) %"
}
