/// The axes of a tensor split into those that statistics are taken over and the others.
package struct ReducedAxes {
  package let shape: [Int]
  package let axes: [Int]
  package let kept: [Int]

  package init(_ shape: [Int], _ axes: [Int]) {
    self.shape = shape
    self.axes = axes
    kept = shape.indices.filter { !axes.contains($0) }
  }

  /// The number of elements behind each statistic.
  package var count: Int { axes.reduce(1) { $0 * shape[$1] } }

  /// Runs over the kept axes; the index is 0 along the others.
  package func outer(_ builder: LoopBuilder, _ body: (_ index: [Expr]) -> Void) {
    builder.loops(kept.map { shape[$0] }) { part in
      var index = [Expr](repeating: .integer(0), count: shape.count)
      for (axis, value) in zip(kept, part) { index[axis] = value }
      body(index)
    }
  }

  /// Runs over the other axes.
  package func inner(_ builder: LoopBuilder, _ index: [Expr], _ body: (_ index: [Expr]) -> Void) {
    builder.loops(axes.map { shape[$0] }, "r") { part in
      var index = index
      for (axis, value) in zip(axes, part) { index[axis] = value }
      body(index)
    }
  }

  /// The mean of what is made of each element along the reduced axes.
  package func mean(
    _ builder: LoopBuilder, _ index: [Expr], _ element: ElementType, _ hint: String,
    _ term: (_ index: [Expr]) -> Expr
  ) -> Expr {
    let sum = builder.declare("sum", .constant(0, element))
    inner(builder, index) { index in builder.accumulate(sum, term(index)) }
    return builder.define(hint, .variable(sum) / .constant(Double(count), element))
  }

  /// Mean and variance along the reduced axes, in two passes.
  package func moments(
    _ builder: LoopBuilder, _ x: TensorView, _ index: [Expr]
  ) -> (mean: Expr, variance: Expr) {
    let mean = mean(builder, index, x.element, "mean") { x[$0] }
    let variance = self.mean(builder, index, x.element, "variance") { index in
      let difference = builder.define("d", x[index] - mean)
      return difference * difference
    }
    return (mean, variance)
  }
}

extension InferenceContext {
  /// The type of an operand that must be float32 or float64.
  package func real(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    let type = try computable(index)
    guard type.element.isFloat else {
      throw DiagnosticMessage(
        "element-type", "operand \(index) must be float32 or float64, not \(type)")
    }
    return type
  }

  /// Checks that an operand is a vector with a number for each channel.
  package func checkChannels(
    _ index: Int, _ allowed: [Int], _ what: String
  ) throws(DiagnosticMessage) {
    let type = try real(index)
    guard type.rank == 1, allowed.contains(type.shape[0]) else {
      throw DiagnosticMessage(
        "channel-count", "\(what) is \(type), but there are \(allowed[0]) channels")
    }
  }

  /// Checks that an operand broadcasts to the shape of another one.
  package func checkBroadcast(
    _ index: Int, to shape: [Int], _ what: String
  ) throws(DiagnosticMessage) {
    let type = try real(index)
    guard type.rank <= shape.count, broadcastShape([type.shape, shape]) == shape else {
      throw DiagnosticMessage("broadcast", "\(what) is \(type) and does not broadcast to \(shape)")
    }
  }
}

extension Expr {
  /// `1 / sqrt(self + epsilon)`.
  package func inverseRoot(_ epsilon: Float) -> Expr {
    let root = (self + .constant(Double(epsilon), element)).applying(.sqrt)
    return .constant(1, element) / root
  }
}
