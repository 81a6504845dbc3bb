import Foundation

/// What the files of the operators say, as far as declarations are concerned.
struct OperatorSources {
  /// The text of each type, with its extensions, and of each free function, by name.
  private(set) var texts: [String: String] = [:]
  /// The types that hold an operator's schema.
  private(set) var operators: [String] = []
  /// The protocols that each type names.
  private var protocols: [String: [String]] = [:]

  init() throws {
    let project = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
    for folder in ["Operators", "Quantization"] {
      let path = "\(project)/IR/\(folder)"
      let files = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      for file in files.sorted() where file.hasSuffix(".swift") {
        read(try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8))
      }
    }
  }

  private mutating func read(_ text: String) {
    let head =
      /^(?:package |public |private |fileprivate )*(struct|extension|protocol|func|enum) (\w+)(?:: ([^{]*))?/
    for part in text.split(separator: "\n}\n") {
      for line in part.split(separator: "\n") {
        guard let match = line.firstMatch(of: head) else { continue }
        // Readers of one type for several kinds of operators are told apart by their first label.
        let label = part.firstMatch(of: /init\((\w\w+) settings: Settings/).map { "." + $0.1 } ?? ""
        let name = String(match.2) + label
        texts[name, default: ""] += part + "\n"
        let conformed = (match.3 ?? "").split(separator: /[,&\s]+/).map(String.init)
        if match.1 != "func" { protocols[name, default: []] += conformed }
        if match.1 == "struct", part.contains("static let schema") { operators.append(name) }
        break
      }
    }
  }

  /// The attributes that an operator reads: by itself, by its protocols, and by what it hands its
  /// settings to.
  func attributesRead(by name: String) -> Set<String> {
    var (read, seen, open) = (Set<String>(), Set<String>(), [name])
    while let next = open.popLast() {
      guard seen.insert(next).inserted, let text = texts[next] else { continue }
      let guarded = text.matches(of: /declares\("(\w+)"\)/).map { String($0.1) }
      let reads = text.matches(of: /(?:\bsettings\.\w+|\bnumber)\((?:given: )?"(\w+)"/).map {
        String($0.1)
      }
      read.formUnion(Set(reads).subtracting(guarded))
      open += protocols[next] ?? []
      for call in text.matches(of: /([\w.]+)\((?:(\w+): (?=settings))?[^()]*\bsettings\b[^.(]/) {
        let label = call.2.map { "." + $0 } ?? ""
        open += call.1.split(separator: ".").map {
          texts["\($0)\(label)"] == nil ? "\($0)" : "\($0)\(label)"
        }
      }
    }
    return read
  }
}
