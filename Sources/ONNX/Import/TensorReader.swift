import COnnx
import CoppiceFiles
import CoppiceIR

/// Reads tensors as constants; large payloads stay where they are mapped.
struct TensorReader {
  let file: InputFile
  let external: ExternalFiles

  /// The constant that a tensor is.
  func constant(_ tensor: UnsafeMutablePointer<TensorProto>) throws(DiagnosticMessage) -> Constant {
    guard let element = ElementType(onnx: tensor.pointee.data_type) else {
      throw DiagnosticMessage(
        "tensor-type",
        "tensor '\(text(tensor.pointee.name))' has the element type \(tensor.pointee.data_type), "
          + "which is not known")
    }
    let dims = list(tensor.pointee.dims, tensor.pointee.n_dims).map(Int.init)
    let type = try TensorType.checked(element, dims)
    guard tensor.pointee.segment == nil else {
      throw DiagnosticMessage(
        "tensor-segment", "tensor '\(text(tensor.pointee.name))' is split into segments")
    }
    let bytes = try bytes(tensor, type)
    let expected = element == .string ? bytes.count : type.byteCount
    guard bytes.count == expected else {
      throw DiagnosticMessage(
        "tensor-bytes",
        "tensor '\(text(tensor.pointee.name))' of type \(type) needs \(expected) bytes, but the "
          + "file has \(bytes.count)")
    }
    return Constant(type, .dense(bytes))
  }

  private func bytes(
    _ tensor: UnsafeMutablePointer<TensorProto>, _ type: TensorType
  ) throws(DiagnosticMessage) -> Bytes {
    if tensor.pointee.data_location == 1 { return try externalBytes(tensor, type) }
    if let detached = tensor.pointee.detached { return try detachedBytes(detached, type) }
    if tensor.pointee.has_raw_data != 0, tensor.pointee.raw_data.len > 0 {
      let raw = tensor.pointee.raw_data
      return Bytes(Array(list(raw.data, raw.len)))
    }
    return typedBytes(tensor.pointee, type)
  }

  private func detachedBytes(
    _ detached: UnsafeMutablePointer<CoppiceOnnx__TensorProto__Detached>, _ type: TensorType
  ) throws(DiagnosticMessage) -> Bytes {
    let slice = file.slice(
      offset: Int(clamping: detached.pointee.offset), count: Int(clamping: detached.pointee.length))
    guard let slice else { throw DiagnosticMessage("tensor-bytes", "a payload lies past the end") }
    switch detached.pointee.field {
    case 4, 9, 10:
      let file = file
      return Bytes(borrowing: slice) { _ = file }
    default:
      var reader = WireReader(slice)
      var values: [UInt64] = []
      values.reserveCapacity(min(slice.count, type.count))
      while reader.position < slice.count {
        do {
          values.append(try reader.varint(before: slice.count))
        } catch {
          throw DiagnosticMessage(error.id, error.message)
        }
      }
      return narrowed(values, type.element, field: Int(detached.pointee.field))
    }
  }

  private func typedBytes(_ tensor: TensorProto, _ type: TensorType) -> Bytes {
    if tensor.n_float_data > 0 { return Bytes(Array(list(tensor.float_data, tensor.n_float_data))) }
    if tensor.n_double_data > 0 {
      return Bytes(Array(list(tensor.double_data, tensor.n_double_data)))
    }
    if tensor.n_int32_data > 0 {
      let values = list(tensor.int32_data, tensor.n_int32_data)
      return narrowed(values.map { UInt64(UInt32(bitPattern: $0)) }, type.element, field: 5)
    }
    if tensor.n_int64_data > 0 {
      return Bytes(Array(list(tensor.int64_data, tensor.n_int64_data)))
    }
    if tensor.n_uint64_data > 0 {
      return narrowed(
        Array(list(tensor.uint64_data, tensor.n_uint64_data)), type.element, field: 11)
    }
    return Bytes(
      list(tensor.string_data, tensor.n_string_data).flatMap { Array(list($0.data, $0.len)) + [0] })
  }

  /// The numbers of a typed field in the width of the element type; packed types have a byte each.
  private func narrowed(_ values: [UInt64], _ element: ElementType, field: Int) -> Bytes {
    switch max(element.bits, 8) {
    case 8: Bytes(values.map { UInt8(truncatingIfNeeded: $0) })
    case 16: Bytes(values.map { UInt16(truncatingIfNeeded: $0) })
    case 32: Bytes(values.map { UInt32(truncatingIfNeeded: $0) })
    default: Bytes(values)
    }
  }

  private func externalBytes(
    _ tensor: UnsafeMutablePointer<TensorProto>, _ type: TensorType
  ) throws(DiagnosticMessage) -> Bytes {
    var keys: [String: String] = [:]
    for entry in messages(tensor.pointee.external_data, tensor.pointee.n_external_data) {
      keys[text(entry.pointee.key)] = text(entry.pointee.value)
    }
    let offset = try number(keys["offset"] ?? "0", "offset")
    let count = try number(keys["length"] ?? String(type.byteCount), "length")
    guard element(type) else {
      throw DiagnosticMessage("external-type", "texts cannot be external data")
    }
    let file: InputFile
    do {
      file = try external.file(at: keys["location"] ?? "")
      if let checksum = keys["checksum"], !checksum.isEmpty {
        try external.verify(checksum, of: keys["location"] ?? "")
      }
    } catch {
      throw DiagnosticMessage(error.id, "tensor '\(text(tensor.pointee.name))': \(error.message)")
    }
    guard let slice = file.slice(offset: offset, count: count) else {
      throw DiagnosticMessage(
        "external-range",
        "tensor '\(text(tensor.pointee.name))' takes \(count) bytes at \(offset) of external data "
          + "of \(file.bytes.count) bytes")
    }
    return Bytes(borrowing: slice) { _ = file }
  }

  private func element(_ type: TensorType) -> Bool { type.element != .string }

  private func number(_ digits: String, _ what: String) throws(DiagnosticMessage) -> Int {
    guard let value = Int(digits), value >= 0 else {
      throw DiagnosticMessage(
        "external-number", "the \(what) of external data is '\(digits)', not a number")
    }
    return value
  }
}
