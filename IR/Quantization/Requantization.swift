/// How a sum in int32 becomes an 8-bit integer of another scale.
///
/// Both forms round `sum * scale`, add the zero point and clamp to the bounds:
///
/// - `onnx`, the arithmetic of onnxruntime's QLinearConv: the sum as float32 times the scale as
///   float32, rounded to the nearest integer, ties to even.
/// - `fast`: the high half of the 64-bit product of the sum and `scale * 2^32`, rounded, ties up. It
///   takes no floating point, and one instruction on cores with DSP. Where scales are 1/2 and more,
///   the sum is shifted left first.
///
/// The operators' plain loops, the kernel forms, the interpreter and the proofs of
/// `fold-quantization` all go by this type.
public struct Requantization: Hashable, Sendable {
  /// The arithmetic.
  public enum Form: String, CaseIterable, Sendable {
    case onnx, fast
  }

  /// The arithmetic.
  public var form: Form
  /// The least and the greatest integer that is stored: those of the element type, or those of an
  /// activation that was folded in.
  public var bounds: ClosedRange<Int>

  /// Makes a requantization.
  ///
  /// - Parameters:
  ///   - form: The arithmetic.
  ///   - bounds: The integers that may be stored.
  public init(_ form: Form, bounds: ClosedRange<Int>) {
    self.form = form
    self.bounds = bounds
  }

  /// Reads the attributes `requantize`, `lo` and `hi`.
  ///
  /// - Parameters:
  ///   - settings: Of an operator that has them.
  ///   - element: The type of the result.
  /// - Throws: `quantization-bounds` when nothing is left between the bounds.
  public init(_ settings: Settings, _ element: ElementType) throws(DiagnosticMessage) {
    form = Form(rawValue: settings.string("requantize")) ?? .onnx
    let all = element.bytes
    let low = max(settings.int(given: "lo") ?? all.lowerBound, all.lowerBound)
    let high = min(settings.int(given: "hi") ?? all.upperBound, all.upperBound)
    guard low <= high else {
      throw DiagnosticMessage(
        "quantization-bounds", "no \(element) lies between lo = \(low) and hi = \(high)")
    }
    bounds = low...high
  }

  /// The attributes that `init(_:_:)` reads, those at their default left out.
  ///
  /// - Parameter element: The type of the result.
  /// - Returns: At most three attributes.
  public func attributes(_ element: ElementType) -> Attributes {
    var attributes: Attributes = [:]
    if form != .onnx { attributes["requantize"] = .string(form.rawValue) }
    if bounds.lowerBound > element.bytes.lowerBound { attributes["lo"] = .int(bounds.lowerBound) }
    if bounds.upperBound < element.bytes.upperBound { attributes["hi"] = .int(bounds.upperBound) }
    return attributes
  }

  /// The names of the attributes; passes write them, files never have them.
  package static let names: Set<String> = ["requantize", "lo", "hi"]
  /// What the attributes may hold.
  package static let allowed: [String: AttributeRange] = [
    "requantize": .texts(["onnx", "fast"]), "lo": .integers(-128...255),
    "hi": .integers(-128...255),
  ]

  /// What is stored for a sum.
  ///
  /// - Parameters:
  ///   - sum: An int32.
  ///   - scale: What it is multiplied by.
  ///   - zeroPoint: The zero point of the result.
  /// - Returns: In `bounds`.
  public func stored(_ sum: Int32, _ scale: RequantizationScale, zeroPoint: Int) -> Int {
    switch form {
    case .onnx:
      let low = Float(bounds.lowerBound - zeroPoint)
      let high = Float(bounds.upperBound - zeroPoint)
      let scaled = Float.minimum(Float.maximum(Float(sum) * scale.factor, low), high)
      return Int(scaled.rounded(.toNearestOrEven)) + zeroPoint
    case .fast:
      let product = Int64(sum << Int32(scale.shift)) * Int64(scale.multiplier)
      let rounded = Int((product + 0x8000_0000) >> 32)
      return min(max(rounded + zeroPoint, bounds.lowerBound), bounds.upperBound)
    }
  }
}

/// What a sum is multiplied by, in the terms of both forms.
public struct RequantizationScale: Hashable, Sendable {
  /// The scale of the products over that of the result, rounded as float32 at each step.
  public var factor: Float
  /// `scale * 2^(32 - shift)`, rounded.
  public var multiplier: Int32
  /// How far the sum is shifted left first; 0 for scales below 1/2.
  public var shift: Int

  /// Scales that the results of a layer share a shift for.
  ///
  /// - Parameter scales: For each output channel, or one for all: scales of the two factors and the
  ///   result.
  /// - Returns: As many; `nil` when one is no positive number, or so large that no shift serves.
  public static func list(
    _ scales: [(a: Float, b: Float, y: Float)]
  ) -> [RequantizationScale]? {
    let real = scales.map { Double($0.a) * Double($0.b) / Double($0.y) }
    return list(real, factors: scales.map { $0.a * $0.b / $0.y })
  }

  /// Scales that share a shift.
  ///
  /// - Parameters:
  ///   - real: The scales as they are.
  ///   - factors: The scales as `onnx` multiplies by them.
  /// - Returns: As many; `nil` when one is no positive number, or so large that no shift serves.
  public static func list(_ real: [Double], factors: [Float]) -> [RequantizationScale]? {
    guard let most = real.max(), real.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
    guard let shift = (0...30).first(where: { scaled(most, $0) <= Double(Int32.max) }) else {
      return nil
    }
    return zip(real, factors).map { real, factor in
      RequantizationScale(factor: factor, multiplier: Int32(scaled(real, shift)), shift: shift)
    }
  }

  private static func scaled(_ scale: Double, _ shift: Int) -> Double {
    (scale * Double(sign: .plus, exponent: 32 - shift, significand: 1)).rounded()
  }
}
