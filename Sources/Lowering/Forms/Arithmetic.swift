import CoppiceIR

/// What a form computes in: the type of its sums, how weights and activations get there, where sums
/// start and what becomes of them.
///
/// It is the parameter by which floats of either width and quantized integers share the loops of a
/// form. The operator says what there is to know: `LinearReading` where zero points and starts are,
/// `LinearOperator.finishing` what is stored.
struct Arithmetic {
  /// The type that products are summed in.
  let element: ElementType
  /// The type of the weights.
  let weight: ElementType
  /// What sums start from, for each output channel; `nil` for zero.
  let start: TensorView?
  /// What stands for zero in the activations.
  let zeroPoint: Int
  private let op: any LinearOperator

  /// Takes the operands of a site apart.
  ///
  /// There is nothing for other types, nor for zero points that are not known or not the same for
  /// all activations, nor for those of weights: they are left to the plain loops.
  ///
  /// - Parameters:
  ///   - site: A node that multiplies with weights.
  ///   - reading: How it does.
  init?(_ site: Site, _ reading: LinearReading) {
    guard let op = site.op as? any LinearOperator, let x = site.operands[reading.input],
      let weight = site.operands[reading.operand],
      let zeroPoint = site.zeroPoint(reading.inputZeroPoint),
      site.zeroPoint(reading.zeroPoint) == 0
    else { return nil }
    switch (x.element, weight.element) {
    case (.float32, .float32), (.float64, .float64): element = x.element
    case (.int8, .int8), (.int8, .uint8), (.uint8, .int8), (.uint8, .uint8): element = .int32
    default: return nil
    }
    self.op = op
    self.weight = weight.element
    self.zeroPoint = zeroPoint
    start = reading.start.flatMap { site.operand($0) }
  }

  /// Whether sums are floats, which vectors and padded copies are made for.
  var isFloat: Bool { element.isFloat }

  /// Bytes of a sum.
  var bytes: Int { element.bits / 8 }

  /// Zero in the type of the sums.
  var zero: Expr { .constant(0, element) }

  /// The start of the sum of an output channel.
  func start(_ channel: Expr) -> Expr { start.map { $0[[channel]] } ?? zero }

  /// An activation as it is multiplied.
  func activation(_ loaded: Expr) -> Expr {
    let value = loaded.converted(to: element)
    return zeroPoint == 0 ? value : value - .constant(Double(zeroPoint), element)
  }

  /// A weight as it is multiplied.
  func factor(_ loaded: Expr) -> Expr { loaded.converted(to: element) }

  /// What is stored for a sum.
  func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    try op.finishing(builder)
  }
}

extension Site {
  /// An operand's place, if it is there.
  func operand(_ index: Int) -> TensorView? {
    index < operands.count ? operands[index] : nil
  }

  /// The number that stands for zero in all elements of an operand: 0 without a zero point, `nil`
  /// where it is not known or elements have different ones.
  fileprivate func zeroPoint(_ index: Int?) -> Int? {
    guard let index, operand(index) != nil else { return 0 }
    guard let numbers = constants[index]?.integers, let first = numbers.first else { return nil }
    return numbers.allSatisfy { $0 == first } ? first : nil
  }
}
