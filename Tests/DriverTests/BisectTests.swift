import Coppice
@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Foundation
import Testing

/// Swaps the operands of additions, and of subtractions too: a wrong rewrite to be found.
private struct SwapOperands: Pass {
  static let info = PassInfo(name: "swap-operands", summary: "Swap operands", statistics: [])

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) throws {
    for id in graph.nodes where ["Add", "Sub"].contains(graph[id].op.name) {
      let (left, right) = (graph[id].operand(0), graph[id].operand(1))
      guard let edit = context.edit(graph[id]) else { continue }
      graph.setOperand(0, of: id, to: right, by: edit)
      graph.setOperand(1, of: id, to: left, by: edit)
    }
  }
}

/// Changes a constant without asking.
private struct Silent: Pass {
  static let info = PassInfo(name: "silent", summary: "Change without asking", statistics: [])

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) throws {
    for value in graph.constantValues {
      guard let constant = graph.constant(value) else { continue }
      let zeros = Bytes([UInt8](repeating: 0, count: constant.dense.count))
      graph.setConstant(value, Constant(constant.type, .dense(zeros)), by: Self.info.name)
    }
  }
}

/// The same numbers between -0.5 and 0.5 on every machine.
private struct Noise {
  private var state: UInt32 = 1

  mutating func next() -> Float {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) / Float(1 << 24) - 0.5
  }
}

/// `bisect` ends at the one rewrite that breaks an answer.
///
/// `BISECT_NODES=500 swift test -c release --filter BisectTests` plants it in a model of 500 nodes.
@Suite struct BisectTests {
  private static let nodes =
    ProcessInfo.processInfo.environment["BISECT_NODES"].flatMap { Int($0) } ?? 60

  /// A chain of sums with constants, their signs changed now and then, and one subtraction in it; no
  /// node makes a difference smaller, however many follow.
  private func chain(_ count: Int, subtractionAt place: Int) -> [UInt8] {
    let values = (0..<count).map { index in
      Onnx.tensor("c\(index)", 1, [8], raw: floats((0..<8).map { Float($0 + index % 5) / 16 }))
    }
    let nodes = (0..<count).map { index in
      Onnx.node(
        index == place ? "Sub" : index % 3 == 2 ? "Neg" : "Add",
        index != place && index % 3 == 2 ? ["v\(index)"] : ["v\(index)", "c\(index)"],
        ["v\(index + 1)"], name: "node\(index)")
    }
    return Onnx.model(
      Onnx.graph(
        nodes, inputs: [Onnx.value("v0", 1, [2, 8])],
        outputs: [Onnx.value("v\(count)", 1, [2, 8])], initializers: values))
  }

  /// Convolutions of 16 channels with what is added to them and Relu, one subtraction among the sums.
  private func convolutions(_ count: Int, extent: Int, subtractionAt place: Int) -> [UInt8] {
    let channels = 16
    var noise = Noise()
    var values: [Wire] = []
    var nodes: [Wire] = []
    for index in 0..<count {
      let (read, made) = ("v\(index)", ["v\(index + 1)"])
      switch index % 3 {
      case 0:
        let shape = [channels, channels, 3, 3]
        let weights = (0..<channels * channels * 9).map { _ in 0.4 * noise.next() }
        values.append(Onnx.tensor("w\(index)", 1, shape, raw: floats(weights)))
        nodes.append(
          Onnx.node(
            "Conv", [read, "w\(index)"], made, name: "node\(index)",
            attributes: [Onnx.ints("pads", [1, 1, 1, 1])]))
      case 1:
        let terms = (0..<channels).map { _ in 0.1 * noise.next() }
        values.append(Onnx.tensor("c\(index)", 1, [channels, 1, 1], raw: floats(terms)))
        nodes.append(
          Onnx.node(
            index == place ? "Sub" : "Add", [read, "c\(index)"], made, name: "node\(index)"))
      default: nodes.append(Onnx.node("Relu", [read], made, name: "node\(index)"))
      }
    }
    let shape: [Dim] = [1, .extent(channels), .extent(extent), .extent(extent)]
    return Onnx.model(
      Onnx.graph(
        nodes, inputs: [Onnx.value("v0", 1, shape)],
        outputs: [Onnx.value("v\(count)", 1, shape)], initializers: values))
  }

  private func compiler(_ passes: String) -> Compiler {
    var options = CompileOptions()
    options.passes = passes
    var registry = PassRegistry.standard
    registry.register(SwapOperands.self)
    registry.register(Silent.self)
    return Compiler(options, registry: registry)
  }

  @Test func aPlantedRewriteIsFoundAndReplayed() throws {
    let folder = try TemporaryFolder()
    let place = Self.nodes * 2 / 3 / 3 * 3
    let path = try folder.write(chain(Self.nodes, subtractionAt: place))
    let clock = ContinuousClock()
    let start = clock.now
    let found = try compiler("remove-identities,swap-operands,@default").bisect(path)
    #expect(clock.now - start < .seconds(60))
    let wrong = try #require(found.wrong)
    let additions = (0..<place).filter { $0 % 3 != 2 }.count
    #expect(wrong.pass == "swap-operands" && wrong.number == additions + 1)
    #expect(found.rewrites > wrong.number)
    #expect(wrong.before.nodes.count <= 5)
    let (before, after) = (wrong.before.text(), wrong.after.text())
    #expect(before.contains("Sub(%v\(place), %c\(place))"), "\(before)")
    #expect(after.contains("Sub(%c\(place), %v\(place))"), "\(after)")

    let file = try folder.write(Array(wrong.reproducer.utf8), "wrong.ir")
    let again = try compiler("@default").bisect(file)
    #expect(again.wrong?.pass == "swap-operands")
    #expect(again.wrong?.after.text().contains("Sub(%c\(place), %v\(place))") ?? false)
    // Once the pass is right, the reproducer says so.
    #expect(try compiler("remove-identities").bisect(file).wrong == nil)
  }

  /// Of so much work the host's C compiler answers, once a probe.
  @Test func aRewriteAmongConvolutionsIsFound() throws {
    let folder = try TemporaryFolder()
    let place = Self.nodes * 2 / 3 / 3 * 3 + 1
    let extent = Self.nodes < 500 ? 4 : 16
    let path = try folder.write(
      convolutions(Self.nodes, extent: extent, subtractionAt: place))
    var compiler = compiler("swap-operands,@default")
    if Self.nodes < 500 { compiler.answerBudget.work = 0 }
    let clock = ContinuousClock()
    let start = clock.now
    let wrong = try #require(try compiler.bisect(path).wrong)
    #expect(clock.now - start < .seconds(60))
    #expect(wrong.pass == "swap-operands" && wrong.number == place / 3 + 1)
    #expect(wrong.before.nodes.count <= 5)
    #expect(wrong.after.text().contains("Sub(%c\(place), %v\(place))"), "\(wrong.after.text())")
  }

  @Test func scopesStandInTheReproducer() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(chain(12, subtractionAt: 6))
    let wrong = try compiler("only{op=\"Sub\"}(swap-operands)").bisect(path).wrong
    #expect(wrong?.number == 1 && wrong?.pass == "only{op=\"Sub\"}(swap-operands)")
  }

  @Test func aRightPipelineBreaksNothing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(chain(12, subtractionAt: 6))
    let found = try compiler("only{op=\"Add\"}(swap-operands),@default").bisect(path)
    #expect(found.wrong == nil && found.rewrites > 5)
  }

  @Test func aPassThatDoesNotAskIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(chain(12, subtractionAt: 6))
    let error = #expect(throws: Diagnostics.self) { try compiler("silent").bisect(path) }
    #expect(error?.all.map(\.message.id) == ["bisect-silent"])
  }
}
