extension Requantization {
  /// Stores what the operator makes of its sums.
  ///
  /// - Parameters:
  ///   - sum: An int32.
  ///   - factor: The scale as float32, which `onnx` reads.
  ///   - multiplier: The multiplier as int32, which `fast` reads.
  ///   - shift: How far `fast` shifts the sum left.
  ///   - zero: The zero point, an 8-bit integer or a number of it.
  ///   - element: The type of the result.
  /// - Returns: An expression of `element`.
  func expression(
    _ sum: Expr, factor: Expr?, multiplier: Expr?, shift: Int, zero: Expr, _ element: ElementType
  ) -> Expr {
    guard form == .fast, let multiplier else {
      return rounded(
        sum.converted(to: .float32) * (factor ?? .constant(0, .float32)), zero, element)
    }
    let moved = shift == 0 ? sum : .binary(.shl, sum, .constant(Double(shift), .int32))
    var value = Expr.binary(.mulhr, moved, multiplier)
    if zero.onlyNumber != 0 { value = value + zero.whole(.int32) }
    value = value.maximum(.constant(Double(bounds.lowerBound), .int32))
    return value.minimum(.constant(Double(bounds.upperBound), .int32)).converted(to: element)
  }

  /// A scaled number rounded, ties to even, moved by the zero point and kept in the bounds.
  ///
  /// The number is clamped before it is rounded, which gives the same: then adding and subtracting
  /// 1.5 * 2^23 rounds without `math.h`, and no compiler can join the addition with the product
  /// before it, so that the bits do not depend on `-ffp-contract`.
  ///
  /// - Parameters:
  ///   - scaled: A float32; NaN counts as the lower bound.
  ///   - zero: The zero point, an 8-bit integer or a number of it.
  ///   - element: The type of the result.
  /// - Returns: An expression of `element`.
  func rounded(_ scaled: Expr, _ zero: Expr, _ element: ElementType) -> Expr {
    func limit(_ bound: Int) -> Expr {
      if let known = zero.onlyNumber { return .constant(Double(bound) - known, .float32) }
      return .constant(Double(bound), .float32) - zero.converted(to: .float32)
    }
    let clamped = scaled.maximum(limit(bounds.lowerBound)).minimum(limit(bounds.upperBound))
    let magic = Expr.constant(12_582_912, .float32)
    let whole = (clamped + magic - magic).converted(to: .int32)
    return (zero.onlyNumber == 0 ? whole : whole + zero.whole(.int32)).converted(to: element)
  }
}

extension Expr {
  /// The number that the expression is.
  fileprivate var onlyNumber: Double? {
    if case .number(let value, _) = self { value } else { nil }
  }

  /// The same whole number in another type.
  fileprivate func whole(_ element: ElementType) -> Expr {
    onlyNumber.map { .constant($0, element) } ?? converted(to: element)
  }
}

/// The scales and zero point of a requantizing operator, as numbers where they are known.
struct RequantizationOperands {
  private let requantization: Requantization
  private let scales: [RequantizationScale]?
  private let factors: TensorView?
  private let multipliers: TensorView?
  private let loaded: (_ index: [Expr]) -> Expr
  private let zero: (_ index: [Expr]) -> Expr
  private let channel: (_ index: [Expr]) -> Expr
  private let element: ElementType

  /// Reads scales where they are known and there is one for each output channel or one for all.
  ///
  /// - Parameters:
  ///   - builder: Has the operands.
  ///   - settings: Of the operator.
  ///   - scales: The operands with the scales: of both factors and of the result.
  ///   - zero: The zero point of a result.
  ///   - loaded: The factor of a result where scales are not known.
  ///   - channel: The output channel of a result.
  /// - Throws: `quantization-bounds`, `missing-result`.
  init(
    _ builder: LoopBuilder, _ settings: Settings, scales: (a: Int, b: Int, y: Int),
    zero: @escaping (_ index: [Expr]) -> Expr, loaded: @escaping (_ index: [Expr]) -> Expr,
    channel: @escaping (_ index: [Expr]) -> Expr
  ) throws(DiagnosticMessage) {
    element = try builder.result().element
    requantization = try Requantization(settings, element)
    self.scales = builder.context.requantizationScales(scales)
    (self.zero, self.loaded, self.channel) = (zero, loaded, channel)
    let isFast = requantization.form == .fast
    guard let known = self.scales, known.count > 1 else {
      (factors, multipliers) = (nil, nil)
      return
    }
    let (floats, wholes) = (known.map(\.factor), known.map(\.multiplier))
    factors = isFast ? nil : builder.table(Constant(floats, .float32, [known.count]), "scale")
    multipliers =
      isFast ? builder.table(Constant(wholes, .int32, [known.count]), "multiplier") : nil
  }

  /// What is stored for a sum.
  func finish(_ sum: Expr, _ index: [Expr]) -> Expr {
    var (factor, multiplier): (Expr?, Expr?) = (nil, nil)
    if let factors {
      factor = factors[[channel(index)]]
    } else if let multipliers {
      multiplier = multipliers[[channel(index)]]
    } else if let only = scales?.first {
      factor = .constant(Double(only.factor), .float32)
      multiplier = .constant(Double(only.multiplier), .int32)
    } else {
      factor = loaded(index)
    }
    return requantization.expression(
      sum, factor: factor, multiplier: multiplier, shift: scales?.first?.shift ?? 0,
      zero: zero(index), element)
  }
}

extension InferenceContext {
  /// The scales of a requantizing operator.
  ///
  /// - Parameter scales: The operands with them: of both factors and of the result.
  /// - Returns: One, or one for each output channel; `nil` where they are not known, not of this
  ///   form, or no positive numbers.
  package func requantizationScales(
    _ scales: (a: Int, b: Int, y: Int)
  ) -> [RequantizationScale]? {
    let lists = [scales.a, scales.b, scales.y].map { index in
      index < known.count ? known[index]?.numbers.map { Float($0) } : nil
    }
    guard let a = lists[0], let b = lists[1], let y = lists[2], a.count == 1, y.count == 1,
      b.count == 1 || known[scales.b]?.type.shape.last == b.count
    else { return nil }
    return RequantizationScale.list(b.map { (a[0], $0, y[0]) })
  }

  /// Refuses `fast` where scales are not known or do not fit it.
  func checkRequantization(
    _ settings: Settings, _ element: ElementType, scales: (a: Int, b: Int, y: Int)
  ) throws(DiagnosticMessage) {
    let requantization = try Requantization(settings, element)
    guard requantization.form == .fast, requantizationScales(scales) == nil else { return }
    throw DiagnosticMessage(
      "quantization-scale",
      "requantize = \"fast\" needs scales that are known, positive and one for each output channel")
  }

  /// A zero point as a number where it is known and one for all.
  func zeroPoint(_ index: Int) -> Expr? {
    guard index < known.count, let constant = known[index], let only = constant.onlyNumber else {
      return nil
    }
    return .constant(only, constant.type.element)
  }
}
