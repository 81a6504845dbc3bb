import Coppice
import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppiceRecords
import CoppiceTestSupport
import Foundation
import Testing

/// What `data=` of a pass reads, and what it refuses.
@Suite struct SampleFilesTests {
  let folder: TemporaryFolder
  let graph: Graph

  init() throws {
    folder = try TemporaryFolder()
    graph = try Graph(
      parsing: """
        graph @g(%x: f32[1,2]) {
          %w = constant [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] : f32[2,3]
          %y = MatMul(%x, %w) : f32[1,3]
          return %y
        }
        """)
  }

  private func put<Element: BitwiseCopyable>(
    _ name: String, _ element: ElementType, _ shape: [Int], _ values: [Element]
  ) throws {
    let bytes = Bytes(values).array(of: UInt8.self)
    let path = folder.path + "/" + name
    if name.hasSuffix(".pb") {
      try TensorFile.write(Constant(values, element, shape), name: "t", to: path)
    } else {
      try #require(NumpyArray(element, shape: shape, bytes: bytes)).write(to: path)
    }
  }

  private func read() throws -> ModelSamples {
    try PassServices.host.readSamples(folder.path, graph)
  }

  private func refusal() -> String? {
    #expect(throws: Diagnostics.self) { try read() }?.all.first?.message.id
  }

  @Test func stackedSamplesWithClasses() throws {
    try put("input_0.npy", .float32, [3, 2], [Float(1), 2, 3, 4, 5, 6])
    try put("label_0.npy", .uint8, [3], [UInt8(0), 2, 1])
    let samples = try read()
    #expect(samples.inputs.map { $0[0].array(of: Float.self) } == [[1, 2], [3, 4], [5, 6]])
    guard case .classes([[0], [2], [1]]) = samples.targets else { throw Fault() }
  }

  @Test func stackedSamplesWithTargets() throws {
    try put("input_0.npy", .float32, [2, 1, 2], [Float(1), 2, 3, 4])
    try put("label_0.npy", .float32, [2, 1, 3], (0..<6).map { Float($0) })
    guard case .values(let values) = try read().targets else { throw Fault() }
    #expect(values.map { $0[0].array(of: Float.self) } == [[0, 1, 2], [3, 4, 5]])
  }

  @Test func foldersOfSingleSamples() throws {
    for (index, label) in [Int64(2), 0].enumerated() {
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/test_data_set_\(index)", withIntermediateDirectories: true)
      try put("test_data_set_\(index)/input_0.pb", .float32, [1, 2], [Float(index), 7])
      try put("test_data_set_\(index)/label_0.pb", .int64, [1], [label])
    }
    let samples = try read()
    #expect(samples.inputs.map { $0[0].array(of: Float.self) } == [[0, 7], [1, 7]])
    guard case .classes([[2], [0]]) = samples.targets else { throw Fault() }
  }

  @Test func theDigitsExampleHasNoLabels() throws {
    let samples = try PassServices.host.readSamples(Digits.folder, try Digits.graph())
    #expect(samples.count == 3)
    guard case .none = samples.targets else { throw Fault() }
  }

  @Test func hostileDataIsRefused() throws {
    #expect(refusal() == "file-read")
    try put("input_0.npy", .float32, [2, 3], [Float](repeating: 0, count: 6))
    #expect(refusal() == "samples")
    try put("input_0.npy", .float64, [2, 2], [Double](repeating: 0, count: 4))
    #expect(refusal() == "samples")
    try put("input_0.npy", .float32, [0, 2], [Float]())
    #expect(refusal() == "samples")
    try put("input_0.npy", .float32, [2, 2], [Float](repeating: 0, count: 4))
    for label in [[Int64(0)], [0, 3], [-1, 0], [0, 1, 2]] {
      try put("label_0.npy", .int64, [label.count], label)
      #expect(refusal() == "sample-labels")
    }
    try put("label_0.npy", .float32, [2, 3], [Float(0), 0, 0, .nan, 0, 0])
    #expect(refusal() == "sample-labels")
    try put("label_0.npy", .float32, [2, 2], [Float](repeating: 0, count: 4))
    #expect(refusal() == "sample-labels")
    try folder.write("not an array", "label_0.npy")
    #expect(refusal() == "npy")
  }

  @Test func labelsAreThereForAllOrForNone() throws {
    for index in 0..<2 {
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/test_data_set_\(index)", withIntermediateDirectories: true)
      try put("test_data_set_\(index)/input_0.pb", .float32, [1, 2], [Float(index), 7])
    }
    try put("test_data_set_1/label_0.pb", .int64, [1], [Int64(0)])
    #expect(refusal() == "sample-labels")
  }

  private struct Fault: Error {}
}
