import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Testing

/// Damaged models must be read or refused, never trap or hang.
@Suite struct MutationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: 0..<40) func damageIsReadOrRefused(_ seed: UInt64) throws {
    var random = Generator(state: seed &* 0x9e37_79b9_7f4a_7c15 &+ 1)
    for model in SeedModel.all {
      for _ in 0..<15 { _ = try folder.problems(random.damaged(model)) }
    }
  }
}

/// A repeatable source of damage.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func damaged(_ model: [UInt8]) -> [UInt8] {
    var bytes = model
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      guard !bytes.isEmpty else { break }
      let at = Int.random(in: 0..<bytes.count, using: &self)
      let other = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<7, using: &self) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[at] = .random(in: 0...255, using: &self)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + other % 16))
      case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 16)], at: other)
      case 4: bytes.removeLast(bytes.count - at)
      case 5: bytes[at] = [0, 1, 127, 128, 255][other % 5]
      default: bytes.swapAt(at, other)
      }
    }
    return bytes
  }
}

/// Models that are whole, to be damaged: between them every part of the format.
enum SeedModel {
  static let all: [[UInt8]] = [convolution, shapes, function, branches, sparse]

  private static let x = Onnx.value("x", 1, ["batch", 2, 4, 4])
  private static let y = Onnx.value("y", 1, nil)

  private static let convolution: [UInt8] = {
    let weight = Onnx.tensor("w", 1, [2, 2, 3, 3], raw: floats((0..<36).map { Float($0) }))
    let bias = Onnx.tensor("b", 1, [2]) { $0.data(4, floats([1, 2])) }
    let nodes = [
      Onnx.node("Conv", ["x", "w", "b"], ["c"], attributes: [Onnx.ints("pads", [1, 1, 1, 1])]),
      Onnx.node("Relu", ["c"], ["r"], name: "act"),
      Onnx.node("MaxPool", ["r"], ["y"], attributes: [Onnx.ints("kernel_shape", [2, 2])]),
    ]
    return Onnx.model(Onnx.graph(nodes, inputs: [x], outputs: [y], initializers: [weight, bias]))
  }()

  private static let shapes: [UInt8] = {
    let numbers = { (name: String, values: [Int]) in
      Onnx.tensor(name, 7, [values.count]) { $0.packed(7, values) }
    }
    let nodes = [
      Onnx.node("Shape", ["x"], ["s"]), Onnx.node("Gather", ["s", "zero"], ["g"]),
      Onnx.node("Concat", ["g", "rest"], ["t"], attributes: [Onnx.int("axis", 0)]),
      Onnx.node("Reshape", ["x", "t"], ["f"]),
      Onnx.node("Slice", ["f", "zero", "ten", "axes"], ["c"]),
      Onnx.node("Transpose", ["c"], ["y"], attributes: [Onnx.ints("perm", [1, 0])]),
    ]
    let constants = [
      numbers("zero", [0]), numbers("rest", [-1]), numbers("ten", [10]), numbers("axes", [1]),
    ]
    return Onnx.model(Onnx.graph(nodes, inputs: [x], outputs: [y], initializers: constants))
  }()

  private static let function: [UInt8] = {
    let body = Onnx.function(
      "F", ["a"], ["b"], [Onnx.node("Relu", ["a"], ["t"]), Onnx.node("Add", ["a", "t"], ["b"])])
    let nodes = [
      Onnx.node("F", ["x"], ["m"], name: "one", domain: "test"),
      Onnx.node("F", ["m"], ["y"], name: "two", domain: "test"),
    ]
    return Onnx.model(
      Onnx.graph(nodes, inputs: [x], outputs: [y]), domains: ["test"], functions: [body])
  }()

  private static let branches: [UInt8] = {
    let attributes = ["else_branch", "then_branch"].map { name in
      Onnx.attribute(name, kind: 5) {
        $0.message(
          6,
          Onnx.graph(
            [Onnx.node("Abs", ["x"], ["r"])], inputs: [], outputs: [Onnx.value("r", 1, nil)])
        )
      }
    }
    let condition = Onnx.attribute("value", kind: 4) {
      $0.message(5, Onnx.tensor("c", 9, [], raw: [1]))
    }
    let nodes = [
      Onnx.node("Constant", [], ["c"], attributes: [condition]),
      Onnx.node("If", ["c"], ["y"], attributes: attributes),
    ]
    return Onnx.model(Onnx.graph(nodes, inputs: [x], outputs: [y]))
  }()

  private static let sparse: [UInt8] = {
    let tensor = Wire { wire in
      wire.message(1, Onnx.tensor("w", 1, [2], raw: floats([5, 7])))
      wire.message(2, Onnx.tensor("", 7, [2]) { $0.packed(7, [1, 5]) })
      for dim in [2, 4, 4] { wire.int(3, dim) }
    }
    return Onnx.model(
      Onnx.graph([Onnx.node("Mul", ["x", "w"], ["y"])], inputs: [x], outputs: [y]) {
        $0.message(15, tensor)
      })
  }()
}
