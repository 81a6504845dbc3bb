/// A node as the model file has it, on its way to the form of the newest opset.
public struct ForeignNode: Sendable {
  /// An operand of the node.
  public enum Operand: Sendable {
    case value(ValueID)
    case constant(Constant)
  }

  /// ONNX's operator name in the file.
  public var type: String
  /// The opset version that the file imports for the node's domain.
  public var opset: Int
  /// The attributes in the file.
  public var attributes: Attributes
  /// The operands; `nil` for an empty name.
  public var operands: [Operand?]
  /// The types of the operands; `nil` where absent.
  public var operandTypes: [TensorType?]
  /// New shapes of the same count that operands must be given before the node reads them.
  public var padShapes: [Int: [Int]] = [:]
  /// Which operands were attributes in the file: operand to attribute, for writing models back.
  package private(set) var moved: [Int: String] = [:]

  /// Makes a node.
  ///
  /// - Parameters:
  ///   - type: ONNX's operator name.
  ///   - opset: The opset version.
  ///   - attributes: The attributes in the file.
  ///   - operands: The operands.
  ///   - operandTypes: Their types.
  public init(
    type: String, opset: Int, attributes: Attributes, operands: [Operand?],
    operandTypes: [TensorType?]
  ) {
    self.type = type
    self.opset = opset
    self.attributes = attributes
    self.operands = operands
    self.operandTypes = operandTypes
  }

  /// Turns an attribute into a constant operand, as later opsets have it; absent ones stay absent.
  ///
  /// - Parameters:
  ///   - name: The attribute.
  ///   - index: The operand that it becomes.
  ///   - element: The element type for a real number; int64 is taken for integers.
  public mutating func moveAttribute(
    _ name: String, toOperand index: Int, as element: ElementType = .float32
  ) {
    guard let attribute = attributes[name] else { return }
    attributes[name] = nil
    moved[index] = name
    switch attribute {
    case .ints(let values): setOperand(index, .indices(values))
    case .int(let value): setOperand(index, Constant([Int64(value)], .int64, []))
    case .float(let value): setOperand(index, .scalar(Double(value), element))
    case .floats(let values): setOperand(index, Constant(values, .float32, [values.count]))
    default: break
    }
  }

  /// Sets an operand to a constant, with absent ones before it as needed.
  ///
  /// - Parameters:
  ///   - index: The operand.
  ///   - constant: Its elements.
  public mutating func setOperand(_ index: Int, _ constant: Constant) {
    while operands.count <= index {
      operands.append(nil)
      operandTypes.append(nil)
    }
    operands[index] = .constant(constant)
    operandTypes[index] = constant.type
  }
}

extension Constant {
  /// A scalar of a computable type.
  ///
  /// - Parameters:
  ///   - value: The number; rounded to the type.
  ///   - element: A computable type.
  /// - Returns: A constant of rank 0.
  public static func scalar(_ value: Double, _ element: ElementType) -> Constant {
    filled(value, element, [])
  }

  /// A constant with all elements equal, in uniform storage.
  ///
  /// - Parameters:
  ///   - value: The number; rounded or clamped to the type.
  ///   - element: A computable type.
  ///   - shape: The extents.
  /// - Returns: The constant.
  public static func filled(_ value: Double, _ element: ElementType, _ shape: [Int]) -> Constant {
    Constant(TensorType(element, shape), .uniform(Bytes.number(value, element)))
  }
}

extension Bytes {
  /// The bytes of one number in a computable type; other types give zero bytes.
  ///
  /// - Parameters:
  ///   - value: The number; rounded or clamped to the type.
  ///   - element: The type.
  /// - Returns: The bytes of one element.
  public static func number(_ value: Double, _ element: ElementType) -> Bytes {
    switch element {
    case .float32: Bytes([Float(value)])
    case .float64: Bytes([value])
    case .bool: Bytes([UInt8(value == 0 ? 0 : 1)])
    case .int8: Bytes([Int8(clamping: integer(value))])
    case .int16: Bytes([Int16(clamping: integer(value))])
    case .int32: Bytes([Int32(clamping: integer(value))])
    case .int64: Bytes([Int64(integer(value))])
    case .uint8: Bytes([UInt8(clamping: integer(value))])
    case .uint16: Bytes([UInt16(clamping: integer(value))])
    case .uint32: Bytes([UInt32(clamping: integer(value))])
    case .uint64: Bytes([value >= 0x1p64 ? UInt64.max : value > 0 ? UInt64(value) : 0])
    case .int4, .uint4, .int2, .uint2:
      Bytes([UInt8(truncatingIfNeeded: clamped(value, element)) & (1 << UInt8(element.bits) - 1)])
    default:
      NarrowFloat(element).map { narrow(value, $0) }
        ?? Bytes([UInt8](repeating: 0, count: max(element.bits / 8, 1)))
    }
  }

  private static func narrow(_ value: Double, _ format: NarrowFloat) -> Bytes {
    let code = format.encoded(value)
    return format.bits == 16 ? Bytes([code]) : Bytes([UInt8(truncatingIfNeeded: code)])
  }

  private static func clamped(_ value: Double, _ element: ElementType) -> Int {
    let range = element.wholeRange
    return min(max(integer(value), range.lowerBound), range.upperBound)
  }

  private static func integer(_ value: Double) -> Int {
    value.isNaN ? 0 : value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int(value)
  }
}
