extension GraphPrinter {
  func typeText(_ type: TensorType) -> String {
    guard let quantization = type.quantization else { return type.description }
    let scales = quantization.scale.map { $0.description }.joined(separator: ", ")
    let zeros = quantization.zeroPoint.map(String.init).joined(separator: ", ")
    let axis = quantization.axis.map { ", axis = \($0)" } ?? ""
    return "\(type) quant(scale = [\(scales)], zero = [\(zeros)]\(axis))"
  }

  func constantText(_ constant: Constant) -> String {
    let head: String
    let values: (bytes: Bytes, count: Int)
    switch constant.storage {
    case .dense(let bytes):
      head = ""
      values = (bytes, constant.type.count)
    case .uniform(let bytes):
      head = "uniform "
      values = (bytes, 1)
    case .sparse(let format):
      head = "\(type(of: format).formatName) {\(fields(format))} "
      values = (format.values, format.valueCount)
    }
    if let limit = options.elidedAbove, values.count > limit {
      let zeros = constant.storage.isSparse ? "\(constant.storageName) " : ""
      return
        "constant elided \(zeros)\(quoted(hashText(constant.dense))) : \(typeText(constant.type))"
    }
    let text = elements(values.bytes, values.count, constant.type.element)
    return "constant \(head)\(text) : \(typeText(constant.type))"
  }

  private func fields(_ format: any SparseFormat) -> String {
    let texts = format.fields.map { name, field in
      switch field {
      case .integer(let value): "\(name) = \(value)"
      case .integers(let values):
        "\(name) = [\(values.map(String.init).joined(separator: ", "))]"
      case .bytes(let bytes): "\(name) = \(hexText(Bytes(bytes)))"
      }
    }
    return texts.joined(separator: ", ")
  }

  /// Numbers where they are few and read back to the same bytes, else the bytes.
  private func elements(_ bytes: Bytes, _ count: Int, _ element: ElementType) -> String {
    guard element.isNative, count <= 64, bytes.count == element.byteCount(count) else {
      return hexText(bytes)
    }
    var words: [String] = []
    for index in 0..<count {
      switch element {
      case .float32:
        let number = bytes.array(of: Float.self)[index]
        if number.isNaN { return hexText(bytes) }
        words.append(number.description)
      case .float64:
        let number = bytes.number(at: index, element)
        if number.isNaN { return hexText(bytes) }
        words.append(number.description)
      case .uint64:
        words.append(UInt64(bitPattern: Int64(bytes.integer(at: index, element))).description)
      case .bool:
        if bytes.array(of: UInt8.self)[index] > 1 { return hexText(bytes) }
        words.append(String(bytes.integer(at: index, element)))
      default: words.append(String(bytes.integer(at: index, element)))
      }
    }
    return "[\(words.joined(separator: ", "))]"
  }

  func attributes(_ attributes: Attributes) -> String {
    let texts = attributes.names.compactMap { name in
      attributes[name].map { "\(name) = \(attributeText($0))" }
    }
    return texts.isEmpty ? "" : " {\(texts.joined(separator: ", "))}"
  }

  private func attributeText(_ attribute: Attribute) -> String {
    switch attribute {
    case .int(let value): String(value)
    case .float(let value): value.description
    case .string(let text): quoted(text)
    case .ints(let values): list("ints", values.map(String.init))
    case .floats(let values): list("floats", values.map { $0.description })
    case .strings(let values): list("strings", values.map(quoted))
    case .tensor(let constant): constantText(constant)
    }
  }

  private func list(_ kind: String, _ words: [String]) -> String {
    words.isEmpty ? "\(kind) []" : "[\(words.joined(separator: ", "))]"
  }
}

/// The bytes as the text form has them.
func hexText(_ bytes: Bytes) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  bytes.withUnsafeBytes { raw in
    for byte in raw {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }
  return "hex \"\(String(decoding: text, as: UTF8.self))\""
}

/// FNV-1a of the elements: the same on every machine.
func hashText(_ bytes: Bytes) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  bytes.withUnsafeBytes { raw in
    for byte in raw { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
  let text = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}
