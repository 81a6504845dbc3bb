import CoppiceIR
import CoppicePassManager
import Foundation

/// A training record in the text form: a graph of constants, named as the record's tensors.
struct GoldenRecord: NamedTensors {
  private let graph: Graph

  init(_ path: String) throws {
    let url = GoldenFile.folder.appending(path: path)
    graph = try Graph(parsing: String(contentsOf: url, encoding: .utf8), file: path)
  }

  private var constants: [String: ValueID] {
    let named = graph.constantValues.map { (graph[$0].name, $0) }
    return Dictionary(named, uniquingKeysWith: { first, _ in first })
  }

  var names: [String] { constants.keys.sorted() }

  var metadata: [String: String] {
    let final = "/final"
    let parameters = names.filter { $0.hasSuffix(final) }.map { $0.dropLast(final.count) }
    let list = parameters.map { "\"\($0)\":{}" }.joined(separator: ",")
    return ["format": "prunerec/1", "masks_active": "false", "params": "{\(list)}"]
  }

  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? {
    constants[name].flatMap { graph.constant($0) }
  }

  static let services = PassServices { path throws(DiagnosticMessage) in
    do { return try GoldenRecord(path) } catch {
      throw DiagnosticMessage("golden-record", "\(path): \(error)")
    }
  }
}
