import Foundation
import Testing

/// A file of graphs with what a pipeline must make of them.
struct GoldenFile: CustomTestStringConvertible, Sendable {
  /// One graph, with the line of the file that it starts at.
  struct Section {
    let text: String
    let firstLine: Int
  }

  let url: URL
  let path: String
  let text: String

  var testDescription: String { path }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Goldens")

  static let all: [GoldenFile] = {
    let names = FileManager.default.subpaths(atPath: folder.path()) ?? []
    return names.filter { $0.hasSuffix(".ir") }.sorted().compactMap { path in
      let url = folder.appending(path: path)
      return (try? String(contentsOf: url, encoding: .utf8)).map {
        GoldenFile(url: url, path: path, text: $0)
      }
    }
  }()

  /// The pipeline after `// RUN:`.
  var pipeline: String? {
    let mark = "// RUN: "
    return text.split(separator: "\n").first { $0.hasPrefix(mark) }.map {
      String($0.dropFirst(mark.count))
    }
  }

  var sections: [Section] {
    var sections: [Section] = []
    var lines: [Substring] = []
    var first = 1
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line == "// -----" {
        sections.append(Section(text: lines.joined(separator: "\n"), firstLine: first))
        lines = []
        first = index + 2
      } else {
        lines.append(line)
      }
    }
    return sections + [Section(text: lines.joined(separator: "\n"), firstLine: first)]
  }

  func location(_ line: Int) -> SourceLocation {
    SourceLocation(fileID: "Goldens/\(path)", filePath: url.path(), line: line, column: 1)
  }
}
