/// The grid that samples images moved by affine maps.
package struct AffineGrid: Operator {
  package static let schema = OperatorSchema(
    "AffineGrid", since: 20, operands: ["theta", "size"], results: ["grid"],
    attributes: ["align_corners": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Checks the maps against the size, which must be known.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let theta = try context.real(0)
    let size = try context.integers(1, "the size")
    let axes = size.count - 2
    guard 2...3 ~= axes, size.allSatisfy({ 1...(1 << 24) ~= $0 }),
      theta.shape == [size[0], axes, axes + 1]
    else {
      throw DiagnosticMessage(
        "grid-shape", "theta is \(theta), which does not fit images of size \(size)")
    }
    return [TensorType(theta.element, [size[0]] + size[2...] + [axes])]
  }

  /// One pass over the grid.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (theta, y) = (try builder.operand(0), try builder.result())
    let axes = y.rank - 2
    builder.loops(Array(y.shape.dropLast())) { index in
      let places = (0..<axes).map { axis in
        let own = index[axes - axis].converted(to: y.element)
        return builder.define("x", coordinate(own, y.shape[axes - axis]))
      }
      for row in 0..<axes {
        let at = { (column: Int) in theta[[index[0], .integer(row), .integer(column)]] }
        let value = places.indices.reduce(at(axes)) { $0 + at($1) * places[$1] }
        builder.store(value, to: y, at: index + [.integer(row)])
      }
    }
  }

  private func coordinate(_ index: Expr, _ extent: Int) -> Expr {
    let isAligned = settings.flag("align_corners")
    let step = 2 / Double(isAligned ? max(extent - 1, 1) : extent)
    let start = isAligned ? -1 : step / 2 - 1
    return index * .constant(step, index.element) + .constant(start, index.element)
  }
}
