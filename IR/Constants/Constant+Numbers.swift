extension Constant {
  /// Makes a dense constant of numbers, each rounded or clamped to the type.
  ///
  /// - Parameters:
  ///   - numbers: Row-major; as many as the shape says.
  ///   - element: A computable type.
  ///   - shape: The extents.
  public init(rounding numbers: [Double], _ element: ElementType, _ shape: [Int]) {
    switch element {
    case .float32: self.init(numbers.map { Float($0) }, element, shape)
    case .float64: self.init(numbers, element, shape)
    case .float16, .bfloat16:
      let format = NarrowFloat(element)
      self.init(numbers.map { format?.encoded($0) ?? 0 }, element, shape)
    default: self.init(TensorType(element, shape), .dense(Self.packed(numbers, element)))
    }
  }

  private static func packed(_ numbers: [Double], _ element: ElementType) -> Bytes {
    let bits = ElementBits(element)
    return Bytes(count: element.byteCount(numbers.count)) { out in
      for (index, number) in numbers.enumerated() {
        Bytes.number(number, element).withUnsafeBytes { bits.copy($0, 0, to: out, index) }
      }
    }
  }
}
