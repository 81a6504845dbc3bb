import CoppiceIR
import CoppiceONNX
import Foundation

/// A folder of one test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "coppice-test-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: nil)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ bytes: [UInt8], _ name: String = "model.onnx") throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }

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
