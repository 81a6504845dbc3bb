package import Foundation
package import Testing

/// A file of graphs with what a pipeline must make of them.
package struct GoldenFile: CustomTestStringConvertible, Sendable {
  /// One graph, with the line of the file that it starts at.
  package struct Section {
    package let text: String
    package let firstLine: Int
  }

  package let url: URL
  package let path: String
  package let text: String

  package var testDescription: String { path }

  /// The files of a folder, by their paths in it.
  package static func all(in folder: URL) -> [GoldenFile] {
    let names = FileManager.default.subpaths(atPath: folder.path()) ?? []
    return names.filter { $0.hasSuffix(".ir") }.sorted().compactMap { path in
      let url = folder.appending(path: path)
      return (try? String(contentsOf: url, encoding: .utf8)).map {
        GoldenFile(url: url, path: path, text: $0)
      }
    }
  }

  /// What stands after `// RUN:`.
  package var pipeline: String? {
    let mark = "// RUN: "
    return text.split(separator: "\n").first { $0.hasPrefix(mark) }.map {
      String($0.dropFirst(mark.count))
    }
  }

  package var sections: [Section] {
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

  package func location(_ line: Int) -> SourceLocation {
    SourceLocation(fileID: "Goldens/\(path)", filePath: url.path(), line: line, column: 1)
  }
}
