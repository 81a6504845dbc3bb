package import CoppiceIR

/// C's name of an element type, as it is stored.
package func cName(_ element: ElementType) -> String {
  switch element {
  case .float32: "float"
  case .float64: "double"
  case .float16, .bfloat16: "uint16_t"
  case .bool: "uint8_t"
  default:
    element.isSigned && element.bits >= 8
      ? "int\(element.bits)_t"
      : element.isUnsigned && element.bits >= 8 ? "uint\(element.bits)_t" : "uint8_t"
  }
}

/// C's name of a scalar type.
func cName(_ scalar: Scalar) -> String {
  switch scalar {
  case .index: "ptrdiff_t"
  case .element(let element): cName(element)
  }
}

/// The bytes of one element of a C array of an element type.
func cSize(_ element: ElementType) -> Int {
  switch element {
  case .float64, .int64, .uint64: 8
  case .float32, .int32, .uint32: 4
  case .float16, .bfloat16, .int16, .uint16: 2
  default: 1
  }
}

/// The elements of a C array that holds `count` elements.
func cCount(_ element: ElementType, _ count: Int) -> Int {
  (element.byteCount(count) + cSize(element) - 1) / cSize(element)
}

/// A float as C reads it back to the same bits, NaN payloads aside.
func literal(_ value: Float) -> String {
  if value.isNaN { return "NAN" }
  if value.isInfinite { return value < 0 ? "-INFINITY" : "INFINITY" }
  return value.description + "f"
}

/// A double as C reads it back to the same bits, NaN payloads aside.
func literal(_ value: Double) -> String {
  if value.isNaN { return "(double)NAN" }
  if value.isInfinite { return value < 0 ? "(double)-INFINITY" : "(double)INFINITY" }
  return value.description
}

/// A whole number of an element type, given by its bits.
func literal(_ value: Int64, _ element: ElementType) -> String {
  switch element {
  case .uint32: return "\(UInt32(truncatingIfNeeded: value))u"
  case .uint64: return "UINT64_C(\(UInt64(bitPattern: value)))"
  case .int64:
    if value == .min { return "INT64_MIN" }
    return Int32(exactly: value) != nil ? "\(value)" : "INT64_C(\(value))"
  case .int32: return value == Int64(Int32.min) ? "INT32_MIN" : "\(value)"
  default: return "\(value)"
  }
}

/// The bits of a whole number that an element type holds, from a real number; saturates.
func bits(_ value: Double, _ element: ElementType) -> Int64 {
  guard value == value else { return 0 }
  if element == .uint64 {
    if value <= 0 { return 0 }
    return value >= 0x1p64 ? -1 : Int64(bitPattern: UInt64(value))
  }
  if value >= 0x1p63 { return .max }
  return value <= -0x1p63 ? .min : Int64(value)
}

/// A text as a C string literal; bytes that are not plain ASCII are octal.
func cString(_ text: String) -> String {
  var result = "\""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "?"):
      result += "\\" + String(UnicodeScalar(byte))
    case 0x20...0x7E: result.unicodeScalars.append(UnicodeScalar(byte))
    default:
      let digits = String(byte, radix: 8)
      result += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }
  return result + "\""
}
