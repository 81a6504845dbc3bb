/// How integers stand for reals: `real = (integer - zeroPoint) * scale`.
public struct Quantization: Hashable, Sendable {
  /// One scale, or one for each index of `axis`.
  public var scale: [Float]
  /// One zero point, or one for each index of `axis`.
  public var zeroPoint: [Int]
  /// The axis the scales go along; `nil` for one scale in all.
  public var axis: Int?

  /// Makes a quantization.
  ///
  /// - Parameters:
  ///   - scale: One scale, or one for each index of `axis`.
  ///   - zeroPoint: One zero point, or one for each index of `axis`.
  ///   - axis: The axis the scales go along.
  public init(scale: [Float], zeroPoint: [Int], axis: Int? = nil) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.axis = axis
  }
}

/// The type of a tensor: element, static shape and optional quantization.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  /// The type of the elements.
  public var element: ElementType
  /// The extents, outermost first; empty for a scalar.
  public var shape: [Int]
  /// How integers stand for reals, if they do.
  public var quantization: Quantization?

  /// Makes a type.
  ///
  /// - Parameters:
  ///   - element: The type of the elements.
  ///   - shape: The extents, outermost first.
  ///   - quantization: How integers stand for reals.
  public init(_ element: ElementType, _ shape: [Int], quantization: Quantization? = nil) {
    self.element = element
    self.shape = shape
    self.quantization = quantization
  }

  /// The number of dimensions.
  public var rank: Int { shape.count }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The bytes of a dense, packed tensor of this type.
  public var byteCount: Int { element.byteCount(count) }

  /// Such as `f32[1,3,8,8]`.
  public var description: String {
    "\(element.shortName)[\(shape.map(String.init).joined(separator: ","))]"
  }
}

/// Strides of a row-major tensor, in elements.
///
/// - Parameter shape: The extents, outermost first.
/// - Returns: The distance between neighbours along each axis.
public func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in stride(from: shape.count - 2, through: 0, by: -1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}
