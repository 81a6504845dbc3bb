import CoppiceIR
import CoppicePassManager

/// Rounds what convolutions and matrix products weigh with to multiples of a step.
///
/// ```
/// before:  %w = constant [0.13, -0.49]     after, step 0.25:  %w = constant [0.25, -0.5]
///          %y = Conv %x, %w                                   %y = Conv %x, %w
/// ```
/// Small weights become zero, for `sparsify` to leave out.
struct RoundWeights: Pass {
  static let info = PassInfo(
    name: "round-weights", summary: "Rounds weights to multiples of a step",
    exactness: .approximate,
    options: [PassOption("step", .decimal(0.000001...1), default: "0.125", "The step")],
    statistics: ["rounded"])

  private let step: Float

  init(options: PassOptions) throws {
    step = try options.decimal("step").map { Float($0.double) } ?? 0.125
  }

  func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes {
      let node = graph[id]
      guard ["Conv", "Gemm", "MatMul"].contains(node.op.name), let value = node.operand(1),
        let weight = graph.constant(value), weight.type.element == .float32,
        let edit = context.edit(node)
      else { continue }
      let rounded = weight.numbers.map { number in
        let whole = (Float(number) / step).rounded() * step
        return whole == 0 ? 0 : whole
      }
      graph.setConstant(
        value, Constant(rounded, .float32, weight.type.shape), by: edit)
      context.count("rounded", by: rounded.count)
    }
  }
}
