@_spi(RawEditing) import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

/// Models written by Coppice, judged by onnx.checker and run by onnxruntime.
@Suite struct ReferenceTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let python = root.appendingPathComponent(".venv/bin/python")

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python.path)))
  func whatIsWrittenIsAcceptedAndComputesTheSame() throws {
    let folder = try TemporaryFolder()
    try run("make", folder.path)
    let models = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".onnx") }.sorted()
    #expect(models.count >= 6)
    for name in models {
      let model = try ONNXImporter.load(folder.path + "/" + name)
      try ONNXExporter.write(model.graph, of: model, to: folder.path + "/" + name + ".same")
      var graph = model.graph
      for value in graph.constantValues where graph[value].type.rank >= 2 {
        let filled = Constant.filled(0.25, .float32, graph[value].type.shape)
        graph.setConstant(value, filled, by: "test")
      }
      try ONNXExporter.write(graph, of: model, to: folder.path + "/" + name + ".filled")
    }
    try run("check", folder.path)
  }

  private func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = Self.python
    let script = Self.root.appendingPathComponent("Tests/ONNXTests/reference_models.py").path
    process.arguments = [script] + arguments
    let output = Pipe()
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}
