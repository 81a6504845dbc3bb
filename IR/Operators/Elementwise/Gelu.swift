/// The Gaussian error linear unit of each element, exact or by `tanh`.
package struct Gelu: FloatOperator {
  package static let schema = OperatorSchema(
    "Gelu", since: 20, operands: ["X"], attributes: ["approximate": .string("none")])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `x / 2 * (1 + f(x))`, f being `erf` or its approximation.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let one = x[0].like(1)
    if settings.string("approximate") == "tanh" {
      let cube = x[0].like(0.044715) * x[0] * x[0] * x[0]
      let inner = x[0].like(0.7978845608028654) * (x[0] + cube)
      return x[0].like(0.5) * x[0] * (one + .math(.tanh, [inner]))
    }
    let inner = x[0] * x[0].like(0.7071067811865476)
    return x[0].like(0.5) * x[0] * (one + .math(.erf, [inner]))
  }
}
