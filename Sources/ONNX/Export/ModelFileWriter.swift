import COnnx
import CoppiceFiles
import CoppiceIR

/// Writes a protobuf tree with its payloads, and the external data beside it.
final class ModelFileWriter {
  private static let largestInline = 1 << 30
  private static let alignment = 4096

  private let document: ModelDocument
  private let tensors: TensorWriter
  private let path: String
  private var data: FileWriter?
  /// Tensors of the tree that was read, as they were before their external data moved.
  private var restore: [(UnsafeMutablePointer<TensorProto>, TensorProto)] = []

  init(_ document: ModelDocument, _ tensors: TensorWriter, path: String) {
    self.document = document
    self.tensors = tensors
    self.path = path
  }

  func write(_ model: UnsafeMutablePointer<ModelProto>) throws(WireFault) {
    defer { for (tensor, original) in restore { tensor.pointee = original } }
    try moveExternalData(model)
    let size = coppice_onnx__model_proto__get_packed_size(model)
    var skeleton = [UInt8](repeating: 0, count: size)
    coppice_onnx__model_proto__pack(model, &skeleton)
    var outcome: WireFault?
    skeleton.withUnsafeBytes { memory in
      do throws(WireFault) { try write(skeleton: memory) } catch { outcome = error }
    }
    if let outcome { throw outcome }
  }

  private func write(skeleton: UnsafeRawBufferPointer) throws(WireFault) {
    let splice = try WireSplice(skeleton, as: coppice_onnx_model_descriptor())
    let file = try FileWriter(path: path)
    for piece in splice.pieces {
      switch piece {
      case .copied(let range):
        try file.write(UnsafeRawBufferPointer(rebasing: skeleton[range]))
      case .length(let index): try file.write(WireScan.varint(UInt64(splice.lengths[index])))
      case .payload(let payload):
        try file.write(payload.header)
        try write(payload, to: file)
      }
    }
    try data?.finish()
    try file.finish()
  }

  private func write(_ payload: WireSplice.Payload, to file: FileWriter) throws(WireFault) {
    if payload.source == 0 {
      guard let slice = document.file.slice(offset: payload.offset, count: payload.length) else {
        throw WireFault("onnx-wire", "a payload lies past the end of the model")
      }
      return try file.write(slice)
    }
    try file.write(tensors.sources[payload.source - 1].dense)
  }

  /// Copies external data to the file beside the new model.
  private func moveExternalData(_ model: UnsafeMutablePointer<ModelProto>) throws(WireFault) {
    var external: [UnsafeMutablePointer<TensorProto>] = []
    var inline: [UnsafeMutablePointer<TensorProto>] = []
    var total = 0
    walkMessages(model, coppice_onnx_model_descriptor()) { message, descriptor in
      guard descriptor == coppice_onnx_tensor_descriptor() else { return }
      let tensor = message.assumingMemoryBound(to: TensorProto.self)
      if tensor.pointee.data_location == 1 {
        external.append(tensor)
      } else if let detached = tensor.pointee.detached, detached.pointee.length > 1 << 20,
        detached.pointee.field == 9
      {
        total += Int(detached.pointee.length)
        inline.append(tensor)
      }
    }
    if total > Self.largestInline { external += inline }
    let reader = TensorReader(file: document.file, external: document.external)
    for tensor in external {
      let bytes = try payload(tensor, reader)
      try moveOut(tensor, bytes)
    }
  }

  private func payload(
    _ tensor: UnsafeMutablePointer<TensorProto>, _ reader: TensorReader
  ) throws(WireFault) -> Bytes {
    if let detached = tensor.pointee.detached, detached.pointee.source > 0 {
      return tensors.sources[Int(detached.pointee.source) - 1].dense
    }
    do {
      return try reader.constant(tensor).dense
    } catch {
      throw WireFault(error.id, error.text)
    }
  }

  private func moveOut(
    _ tensor: UnsafeMutablePointer<TensorProto>, _ bytes: Bytes
  ) throws(WireFault) {
    let location = (path.split(separator: "/").last.map(String.init) ?? "model") + ".data"
    if data == nil { data = try FileWriter(path: path + ".data") }
    guard let file = data else { return }
    let padding = (Self.alignment - file.count % Self.alignment) % Self.alignment
    try file.write([UInt8](repeating: 0, count: padding))
    let offset = file.count
    try file.write(bytes)
    restore.append((tensor, tensor.pointee))
    let entries = [
      ("location", location), ("offset", String(offset)), ("length", String(bytes.count)),
    ].map(entry)
    tensor.pointee.n_external_data = entries.count
    tensor.pointee.external_data = tensors.arena.pointers(entries)
    tensor.pointee.has_data_location = 1
    tensor.pointee.data_location = 1
    tensor.pointee.detached = nil
    tensor.pointee.has_raw_data = 0
  }

  private func entry(
    _ key: String, _ value: String
  ) -> UnsafeMutablePointer<CoppiceOnnx__StringStringEntryProto> {
    let entry = tensors.arena.allocate(CoppiceOnnx__StringStringEntryProto.self, 1)
    coppice_onnx__string_string_entry_proto__init(entry)
    entry.pointee.key = tensors.arena.string(key)
    entry.pointee.value = tensors.arena.string(value)
    return entry
  }
}
