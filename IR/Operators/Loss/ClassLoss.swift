/// What the losses over class indices share.
package struct ClassLoss {
  package let settings: Settings

  private var reduction: String { settings.string("reduction") }

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
      let given = builder.define("given", target[place])
      let value = builder.declare("loss", zero)
      builder.when(counts(given, classes: x.shape[1])) {
        let label = builder.define("label", given.converted(to: .index))
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

  /// Whether a label is a class that counts, asked in its own type: an index may be narrower.
  private func counts(_ label: Expr, classes: Int) -> Expr {
    let element = label.element
    var tests: [Expr] = []
    if let least = element.whole(0), element.isSigned { tests.append(label.compared(.ge, least)) }
    if let limit = element.whole(classes) { tests.append(label.compared(.lt, limit)) }
    if settings.isGiven("ignore_index"),
      let ignored = element.whole(settings.int("ignore_index"))
    {
      tests.append(label.compared(.ne, ignored))
    }
    guard let first = tests.first else { return .constant(1, .bool) }
    return tests.dropFirst().reduce(first) { $0.and($1) }
  }

  /// The index in the scores of a class at a place.
  package static func index(_ place: [Expr], _ label: Expr) -> [Expr] {
    [place[0], label] + place[1...]
  }
}

extension ElementType {
  /// A whole number in an integer type; `nil` where the type does not have it.
  fileprivate func whole(_ value: Int) -> Expr? {
    let size = isSigned ? bits - 1 : bits
    let fits = size >= 63 ? isSigned || value >= 0 : (isSigned ? -(1 << size) : 0) <= value
    guard fits, size >= 63 || value < 1 << size else { return nil }
    return bits == 64 ? .whole(Int64(value), self) : .constant(Double(value), self)
  }
}
