import COnnx
package import CoppiceFiles
public import CoppiceIR

/// Single tensors in files of ONNX's `TensorProto`, as test data comes.
public enum TensorFile {
  /// Reads a tensor; a large payload stays in the mapped file.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its tensor.
  /// - Throws: What is wrong with the file.
  public static func read(_ path: String) throws(Diagnostic) -> Constant {
    let file: InputFile
    do {
      file = try InputFile.model(path)
    } catch {
      throw Diagnostic(.error, DiagnosticMessage(error.id, error.message), at: .file(path))
    }
    return try read(file)
  }

  /// Reads a tensor from a file that is open.
  package static func read(_ file: InputFile) throws(Diagnostic) -> Constant {
    let path = file.path
    do {
      let skeleton = try WireScan.skeleton(of: file.bytes, as: coppice_onnx_tensor_descriptor())
      guard let tensor = coppice_onnx__tensor_proto__unpack(nil, skeleton.count, skeleton) else {
        throw WireFault("onnx-wire", "'\(path)' does not hold a tensor")
      }
      defer { coppice_onnx__tensor_proto__free_unpacked(tensor, nil) }
      let reader = TensorReader(file: file, external: ExternalFiles(modelPath: path))
      return try reader.constant(tensor)
    } catch let fault as WireFault {
      throw Diagnostic(.error, DiagnosticMessage(fault.id, fault.message), at: .file(path))
    } catch let message as DiagnosticMessage {
      throw Diagnostic(.error, message, at: .file(path))
    } catch {
      throw Diagnostic(.error, DiagnosticMessage("onnx-wire", "\(error)"), at: .file(path))
    }
  }

  /// Writes a tensor.
  ///
  /// - Parameters:
  ///   - constant: The tensor.
  ///   - name: Its name in the file.
  ///   - path: The file; replaced when it is there.
  /// - Throws: Why it could not be written.
  public static func write(
    _ constant: Constant, name: String, to path: String
  ) throws(Diagnostic) {
    let bytes = constant.dense
    var header: [UInt8] = []
    for extent in constant.type.shape { header += [0x08] + WireScan.varint(UInt64(extent)) }
    header += [0x10] + WireScan.varint(UInt64(constant.type.element.onnx))
    header += [0x42] + WireScan.varint(UInt64(name.utf8.count)) + Array(name.utf8)
    let texts = constant.strings
    for text in texts {
      header += [0x32] + WireScan.varint(UInt64(text.utf8.count)) + Array(text.utf8)
    }
    if texts.isEmpty { header += [0x4a] + WireScan.varint(UInt64(bytes.count)) }
    do {
      let file = try FileWriter(path: path)
      try file.write(header)
      if texts.isEmpty { try file.write(bytes) }
      try file.finish()
    } catch {
      throw Diagnostic(.error, DiagnosticMessage(error.id, error.message), at: .file(path))
    }
  }
}
