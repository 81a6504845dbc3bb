@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The layer of the reference cases of OBS, SparseGPT and Wanda: 4 x 6 weights, 16 samples.
struct LayerCase {
  static let x: [[Float]] = (0..<16).map { i in (0..<6).map { j in input(i, j) } }
  static let w: [[Float]] = (0..<4).map { i in (0..<6).map { j in weight(i, j) } }

  private static func input(_ i: Int, _ j: Int) -> Float {
    let mixed = Float((7 * i + 3 * j + i * j) % 11 - 5)
    return mixed / 4 + Float((5 * i) % 7 - 3) / 2
  }

  private static func weight(_ i: Int, _ j: Int) -> Float {
    let value = Float((5 * i + 2 * j + 3 * i * j) % 13 - 6) / 4
    return value == 0 ? 0.125 : value
  }

  var graph = Graph(name: "layer", source: "layer.onnx")
  let weight: ValueID
  let services: PassServices
  let columns: Int

  /// The first columns of the layer, whose numbers a float of 16 bits holds too.
  init(columns: Int = 6, _ element: ElementType = .float32) throws {
    self.columns = columns
    let x = graph.addInput("x", TensorType(element, [1, columns]))
    let numbers = Self.w.flatMap { $0.prefix(columns) }.map(Double.init)
    weight = graph.addConstant(
      Constant(rounding: numbers, element, [4, columns]), name: "w")
    let node = graph.addNode(
      Gemm(attributes: ["transB": .int(1)]), [x, weight], types: [TensorType(element, [1, 4])],
      name: "fc", origin: Origin(index: 0, type: "Gemm"))
    graph.setOutputs([graph[node].result].compactMap { $0 })
    services = samplesService(
      Self.x.map { row in
        [Constant(rounding: row.prefix(columns).map(Double.init), element, [columns]).dense]
      })
  }

  func pruned<P: Pass>(_ pass: P.Type, _ options: [String: String]) throws -> [[Double]] {
    var context = PassContext(services: services)
    let takesData = pass.info.options.contains { $0.name == "data" }
    return try pruned(
      pass, options.merging(takesData ? ["data": "samples"] : [:]) { $1 }, &context)
  }

  func pruned<P: Pass>(
    _ pass: P.Type, _ options: [String: String], _ context: inout PassContext
  ) throws -> [[Double]] {
    var copy = graph
    try pass.init(options: PassOptions(options, for: pass.info)).run(on: &copy, &context)
    let numbers = try #require(copy.constant(weight)).numbers
    return (0..<4).map { Array(numbers[($0 * columns)..<(($0 + 1) * columns)]) }
  }

  /// The squared error of the layer's results.
  func error(_ weights: [[Double]]) -> Double {
    Self.x.reduce(0) { sum, x in
      weights.indices.reduce(sum) { sum, row in
        let difference = (0..<columns).reduce(0.0) {
          $0 + (weights[row][$1] - Double(Self.w[row][$1])) * Double(x[$1])
        }
        return sum + difference * difference
      }
    }
  }
}

/// Services that give these samples whatever the folder.
func samplesService(_ samples: [[Bytes]]) -> PassServices {
  PassServices(readSamples: { _, _ in ModelSamples(inputs: samples) })
}

func mask(_ weights: [[Double]]) -> [[Int]] { weights.map { $0.map { $0 == 0 ? 0 : 1 } } }

func isClose(_ a: [[Double]], _ b: [[Double]], within tolerance: Double = 2e-6) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { a, b in
      a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < tolerance }
    }
}
