/// A tensor with further elements around it: a constant, its edge, its mirror image or itself again.
package struct Pad: Operator {
  package static let schema = OperatorSchema(
    "Pad", operands: ["data", "pads", "constant_value?", "axes?"], results: ["output"],
    attributes: ["mode": .string("constant")],
    allowed: ["mode": .texts(["constant", "reflect", "edge", "wrap"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Makes operands of the attributes of opsets 1 to 10.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["pads"] = node.attributes["pads"] ?? node.attributes["paddings"]
    node.attributes["paddings"] = nil
    let element = node.operandTypes.first.flatMap { $0 }?.element ?? .float32
    node.moveAttribute("value", toOperand: 2, as: element)
    node.moveAttribute("pads", toOperand: 1)
  }

  /// The elements before and after each axis; negative ones are cut off.
  ///
  /// - Parameter context: Pads and axes must be known.
  /// - Returns: Two numbers for each axis.
  /// - Throws: `pad-count`, `axis-range`, `axis-twice`, `unknown-value`.
  package func pads(_ context: InferenceContext) throws(DiagnosticMessage) -> (
    before: [Int], after: [Int]
  ) {
    let data = try context.type(0)
    let pads = try context.integers(1, "the pads")
    let given = context.has(3) ? try context.integers(3, "the axes") : Array(0..<data.rank)
    let axes = try distinctAxes(given, rank: data.rank)
    let limit = 1 << 40
    guard pads.count == 2 * axes.count, pads.allSatisfy({ -limit...limit ~= $0 }) else {
      throw DiagnosticMessage("pad-count", "pads \(pads) are not two for each of axes \(axes)")
    }
    var (before, after) = (data.shape.map { _ in 0 }, data.shape.map { _ in 0 })
    for (index, axis) in axes.enumerated() {
      before[axis] = pads[index]
      after[axis] = pads[axes.count + index]
    }
    return (before, after)
  }

  /// Adds the pads to the extents.
  ///
  /// - Throws: `pad-mode`, `pad-count`, `pad-value`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let pads = try pads(context)
    let mode = settings.string("mode")
    if context.has(2) {
      let value = try context.type(2)
      guard value.element == data.element, value.count == 1 else {
        throw DiagnosticMessage(
          "pad-value", "the value is \(value); it must be one element of the type of \(data)")
      }
    }
    let shape = data.shape.indices.map { data.shape[$0] + pads.before[$0] + pads.after[$0] }
    if mode != "constant", data.shape.contains(0), shape != data.shape {
      throw DiagnosticMessage(
        "pad-mode", "\(data) has no elements that mode '\(mode)' could repeat")
    }
    return [try TensorType.checked(data.element, shape)]
  }

  /// Each element of the result from its place in the operand, or the value.
  ///
  /// - Throws: `missing-operand`, `pad-count`, `unknown-value`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let pads = try pads(builder.context)
    let mode = settings.string("mode")
    guard mode == "constant" else {
      return builder.loops(y.shape) { index in
        let source = index.indices.map { axis in
          Self.source(index[axis], pads.before[axis], pads.after[axis], x.shape[axis], mode)
        }
        builder.store(x[source], to: y, at: index)
      }
    }
    let value = builder.operandIfAny(2).map { $0[$0.shape.map { _ in .integer(0) }] }
    let filler = builder.define("value", value ?? .constant(0, y.element))
    builder.loops(y.shape) { index in
      let source = zip(index, pads.before).map { $0 - $1 }
      var inside: Expr?
      for axis in index.indices where pads.before[axis] > 0 || pads.after[axis] > 0 {
        let low = source[axis].compared(.ge, .integer(0))
        let both = low.and(source[axis].compared(.lt, .integer(x.shape[axis])))
        inside = inside?.and(both) ?? both
      }
      let element = x.count == 0 ? filler : x[source]
      builder.store(inside.map { .select($0, element, filler) } ?? element, to: y, at: index)
    }
  }

  private static func source(
    _ index: Expr, _ before: Int, _ after: Int, _ extent: Int, _ mode: String
  ) -> Expr {
    if before <= 0, after <= 0 { return index - before }
    let last = Expr.integer(extent - 1)
    switch mode {
    case "edge": return (index - before).maximum(.integer(0)).minimum(last)
    case "wrap":
      let turns = before > 0 ? (before - 1) / extent + 1 : 0
      return combine(.rem, index + (turns * extent - before), .integer(extent))
    default:
      guard extent > 1 else { return .integer(0) }
      let period = 2 * (extent - 1)
      let turns = before > 0 ? (before - 1) / period + 1 : 0
      let place = combine(.rem, index + (turns * period - before), .integer(period))
      return place.minimum(.integer(period) - place)
    }
  }
  package var storesOnce: Bool { true }
}
