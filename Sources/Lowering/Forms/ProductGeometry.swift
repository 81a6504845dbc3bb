import CoppiceIR

/// A matrix product with constant weights on the right in numbers.
struct ProductGeometry {
  let x: TensorView
  let y: TensorView
  let weight: Constant
  /// The operand that the weights are.
  let operand: Int
  let arithmetic: Arithmetic
  /// Whether the weights of a column of the result lie in a row.
  let transposed: Bool
  private let addend: TensorView?

  var rows: Int { y.shape[y.rank - 2] }
  var columns: Int { y.shape[y.rank - 1] }
  var depth: Int { x.shape[x.rank - 1] }

  /// Takes a product with a constant matrix on the right apart.
  ///
  /// - Returns: `nil` for any other node.
  init?(_ site: Site) {
    guard let reading = site.reading, reading.kind == .product,
      let weight = site.constants[reading.operand], weight.type.rank == 2,
      let x = site.operands[reading.input], let y = site.results[0], x.rank >= 2,
      y.rank == x.rank, reading.outputAxis == y.rank - 1,
      let arithmetic = Arithmetic(site, reading)
    else { return nil }
    self.x = reading.inputAxis == x.rank - 1 ? x : x.permuted([1, 0])
    self.y = y
    self.weight = weight
    self.arithmetic = arithmetic
    operand = reading.operand
    transposed = reading.rowAxis == 0
    addend = reading.addend.flatMap { site.operand($0.operand) }?.broadcast(to: y.shape)
  }

  /// Whether neighbouring results lie side by side, and what is added to them too.
  var storesVectors: Bool {
    y.strides[y.rank - 1] == 1 && addend.map { $0.strides[$0.rank - 1] == 1 } ?? true
  }
}
