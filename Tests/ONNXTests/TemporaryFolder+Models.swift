import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport

extension TemporaryFolder {
  func load(_ bytes: [UInt8], dimensions: [String: Int] = [:]) throws -> ImportedModel {
    try ONNXImporter.load(write(bytes), options: ImportOptions(dimensions: dimensions))
  }

  /// The ids of what is wrong with a model.
  func problems(_ bytes: [UInt8], dimensions: [String: Int] = [:]) throws -> [String] {
    do {
      _ = try load(bytes, dimensions: dimensions)
      return []
    } catch let diagnostics as Diagnostics {
      return diagnostics.all.filter { $0.severity == .error }.map(\.message.id)
    }
  }
}
