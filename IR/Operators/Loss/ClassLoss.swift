/// What the losses over class indices share.
package struct ClassLoss {
  package let attributes: Attributes

  private var reduction: String { attributes.string("reduction", "mean") }

  /// Checks the shapes of scores, targets and weights.
  package func shape(_ context: InferenceContext) throws(DiagnosticMessage) -> [Int] {
    let (x, target) = (try context.real(0), try context.computable(1))
    guard x.rank >= 2, target.element.isInteger,
      target.shape == [x.shape[0]] + x.shape[2...]
    else {
      throw DiagnosticMessage(
        "loss-shape", "targets must be integers of the shape of the scores without axis 1",
        notes: ["scores are \(x)", "targets are \(target)"])
    }
    if context.has(2) { try context.checkChannels(2, [x.shape[1]], "weight") }
    return reduction == "none" ? target.shape : []
  }

  /// Sums or stores the losses; `prepare` runs for each place and gives the loss of a class there.
  package func lower(
    _ builder: LoopBuilder,
    prepare: (_ place: [Expr]) -> (_ label: Expr) -> Expr
  ) throws(DiagnosticMessage) {
    let (x, target) = (try builder.operand(0), try builder.operand(1))
    let (weights, y) = (builder.operandIfAny(2), builder.resultIfAny(0))
    let zero = Expr.constant(0, x.element)
    let (sum, total) = (builder.declare("sum", zero), builder.declare("total", zero))
    builder.loops(target.shape) { place in
      let loss = prepare(place)
      let label = builder.define("label", target[place].converted(to: .index))
      var counts = label.compared(.ge, .integer(0))
        .and(label.compared(.lt, .integer(x.shape[1])))
      if attributes["ignore_index"] != nil {
        counts = counts.and(label.compared(.ne, .integer(attributes.int("ignore_index"))))
      }
      let value = builder.declare("loss", zero)
      builder.when(counts) {
        let one = Expr.constant(1, x.element)
        let weight = weights?[[label]].converted(to: x.element)
        let known = weight.map { builder.define("weight", $0) }
        builder.assign(value, known.map { loss(label) * $0 } ?? loss(label))
        builder.accumulate(total, known ?? one)
      }
      if reduction != "none" { return builder.accumulate(sum, .variable(value)) }
      if let y { builder.store(.variable(value), to: y, at: place) }
    }
    guard reduction != "none", let y else { return }
    let isMean = reduction == "mean"
    let value = isMean ? Expr.variable(sum) / .variable(total) : .variable(sum)
    builder.store(value, to: y, at: [])
  }

  /// The index in the scores of a class at a place.
  package static func index(_ place: [Expr], _ label: Expr) -> [Expr] {
    [place[0], label] + place[1...]
  }
}
