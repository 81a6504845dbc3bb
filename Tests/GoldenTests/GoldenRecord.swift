import CoppiceIR
import CoppicePassManager
import CoppiceTestSupport
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

  /// Samples: `input_0` and `label_0` with a leading axis.
  private var samples: ModelSamples {
    func rows(_ name: String) -> [Bytes] {
      guard let found = constants[name].flatMap({ graph.constant($0) }) else { return [] }
      let size = found.type.byteCount / found.type.shape[0]
      return (0..<found.type.shape[0]).map { found.dense.slice(($0 * size)..<(($0 + 1) * size)) }
    }
    return ModelSamples(
      inputs: rows("input_0").map { [$0] }, targets: .values(rows("label_0").map { [$0] }))
  }

  private static func open(_ path: String) throws(DiagnosticMessage) -> GoldenRecord {
    do { return try GoldenRecord(path) } catch {
      throw DiagnosticMessage("golden-record", "\(path): \(error)")
    }
  }

  static let services = PassServices(
    openTensors: { path throws(DiagnosticMessage) in try open(path) },
    readSamples: { path, _ throws(Diagnostics) in
      do throws(DiagnosticMessage) {
        return try open(path).samples
      } catch {
        throw Diagnostics([Diagnostic(.error, error)])
      }
    }, storages: StubStorages())
}
