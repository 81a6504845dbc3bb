/// The tables and formulas that resize along one axis.
package struct ResizeMixer {
  /// The number of elements that each result mixes.
  package let taps: Int
  private let axis: ResizeAxis
  private let indices: Buffer?
  private let weights: TensorView?
  private let outside: TensorView?

  package init(_ axis: ResizeAxis, _ builder: LoopBuilder, _ compute: ElementType) {
    self.axis = axis
    taps = axis.taps
    let needsTable = !axis.isIdentity && !axis.isScaled && !axis.indices.isEmpty
    indices = needsTable ? builder.indexTable(axis.indices, "resize_indices", nil) : nil
    let isWeighted = axis.taps > 1 && !axis.weights.isEmpty
    let table =
      compute == .float64
      ? Constant(axis.weights, .float64, [axis.weights.count])
      : Constant(axis.weights.map { Float($0) }, .float32, [axis.weights.count])
    weights = isWeighted ? builder.table(table, "resize_weights") : nil
    let flags = Constant(axis.isOutside.map { $0 ? UInt8(1) : 0 }, .bool, [axis.isOutside.count])
    outside = axis.isOutside.contains(true) ? builder.table(flags, "resize_outside") : nil
  }

  /// Whether each result is one element of the operand.
  package var isPick: Bool { weights == nil }

  /// Where the operand is read for a result.
  package func place(_ index: Expr, _ tap: Expr) -> Expr {
    guard let indices else { return axis.scaled(index) }
    return Expr.load(indices, index * taps + tap, lanes: 1).converted(to: .index)
  }

  /// How much the element counts; `nil` for 1.
  package func weight(_ index: Expr, _ tap: Expr) -> Expr? {
    weights.map { $0[[index * taps + tap]] }
  }

  /// Whether a result takes the extrapolation value; `nil` for never.
  package func isOutside(_ index: Expr) -> Expr? {
    outside.map { $0[[index]] }
  }
}

extension ResizeAxis {
  /// Whether result `i` is element `i * input / output`, rounded down.
  fileprivate var isScaled: Bool {
    taps == 1 && indices.enumerated().allSatisfy { Int($1) == $0 * input / output }
  }

  fileprivate func scaled(_ index: Expr) -> Expr {
    if isIdentity { return index }
    if output % input == 0 { return index / .integer(output / input) }
    if input % max(output, 1) == 0 { return index * (input / max(output, 1)) }
    return index * input / .integer(output)
  }
}

extension ForeignNode {
  /// Gives Upsample and Resize of opset 10 today's operands and their coordinates by name.
  package mutating func adaptUpsample() {
    if case .float(let height)? = attributes["height_scale"] {
      let width = attributes.float("width_scale") ?? 1
      attributes["scales"] = .floats([1, 1, height, width])
      (attributes["height_scale"], attributes["width_scale"]) = (nil, nil)
    }
    if operands.count > 1 {
      operands.insert(nil, at: 1)
      operandTypes.insert(nil, at: 1)
    }
    moveAttribute("scales", toOperand: 2)
    if (attributes.string("mode") ?? "")?.hasSuffix("linear") == true {
      attributes["mode"] = .string("linear")
    }
    attributes["coordinate_transformation_mode"] = .string("asymmetric")
    var shrinks = false
    if operands.count > 2, case .constant(let scales)? = operands[2] {
      shrinks = scales.numbers.contains { $0 < 1 }
    }
    attributes["nearest_mode"] = .string(shrinks ? "ceil" : "floor")
  }
}
