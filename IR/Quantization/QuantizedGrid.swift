/// The real numbers that 8-bit integers stand for: `(q - zeroPoint) * scale`.
public struct QuantizedGrid: Hashable, Sendable {
  /// The distance of neighbouring numbers.
  public var scale: Float
  /// The integer that stands for 0.
  public var zeroPoint: Int
  /// int8 or uint8.
  public var element: ElementType

  /// Makes a grid.
  ///
  /// - Parameters:
  ///   - scale: The distance of neighbouring numbers.
  ///   - zeroPoint: The integer that stands for 0.
  ///   - element: int8 or uint8.
  public init(scale: Float, zeroPoint: Int, element: ElementType) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.element = element
  }

  /// All integers of the element type.
  public var range: ClosedRange<Int> { element.bytes }

  /// What an integer stands for, as DequantizeLinear computes it.
  ///
  /// - Parameter integer: In `range`.
  /// - Returns: A float32.
  public func real(_ integer: Int) -> Float { Float(integer - zeroPoint) * scale }

  /// The integer nearest to a number, ties to even, as QuantizeLinear computes it.
  ///
  /// - Parameter real: Any float32; NaN gives 0.
  /// - Returns: In `range`.
  public func quantized(_ real: Float) -> Int {
    let place = (real / scale).rounded(.toNearestOrEven) + Float(zeroPoint)
    if place.isNaN { return 0 }
    return Int(min(max(place, Float(range.lowerBound)), Float(range.upperBound)))
  }
}

extension ElementType {
  /// The integers of an 8-bit type.
  public var bytes: ClosedRange<Int> { self == .int8 ? -128...127 : 0...255 }
}

extension Constant {
  /// A table of 256 elements for each value of a byte, ordered by its bits.
  ///
  /// - Parameters:
  ///   - element: The type of the byte: int8 or uint8.
  ///   - result: The type of the elements.
  ///   - value: The element for each integer of `element`.
  /// - Returns: A constant of 256 elements.
  public static func byteTable(
    of element: ElementType, _ result: ElementType, _ value: (Int) -> Double
  ) -> Constant {
    let numbers = (0..<256).flatMap { bits -> [UInt8] in
      let integer = element == .int8 ? Int(Int8(truncatingIfNeeded: bits)) : bits
      return Bytes.number(value(integer), result).array(of: UInt8.self)
    }
    return Constant(TensorType(result, [256]), .dense(Bytes(numbers)))
  }
}

extension InferenceContext {
  /// The grid of a tensor of 8-bit integers, which must be known at compile time and be one for all
  /// elements.
  ///
  /// - Parameters:
  ///   - element: The type of the integers.
  ///   - scale: The operand with the scale.
  ///   - zeroPoint: The operand with the zero point, which may be absent.
  /// - Returns: The grid.
  /// - Throws: `quantization-shape`, `unknown-value`, `element-mismatch`, `quantization-scale`.
  package func grid(
    _ element: ElementType, scale: Int, zeroPoint: Int
  ) throws(DiagnosticMessage) -> QuantizedGrid {
    for index in [scale, zeroPoint] where index == scale || has(index) {
      guard try computable(index).count == 1 else {
        throw DiagnosticMessage(
          "quantization-shape", "operand \(index) is \(try type(index)); it must be one number")
      }
    }
    guard try type(scale).element == .float32 else {
      throw DiagnosticMessage("element-type", "operand \(scale) is \(try type(scale)), not float32")
    }
    var zero = 0
    if has(zeroPoint) {
      guard try type(zeroPoint).element == element else {
        throw DiagnosticMessage(
          "element-mismatch",
          "the zero point (operand \(zeroPoint)) is \(try type(zeroPoint)), but the integers are "
            + "\(element)")
      }
      zero = try integers(zeroPoint, "the zero point")[0]
    }
    let factor = Float(try numbers(scale, "the scale")[0])
    guard factor.isFinite, factor > 0 else {
      throw DiagnosticMessage(
        "quantization-scale", "the scale (operand \(scale)) is \(factor); it must be above 0")
    }
    return QuantizedGrid(scale: factor, zeroPoint: zero, element: element)
  }
}
