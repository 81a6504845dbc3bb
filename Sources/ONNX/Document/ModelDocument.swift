import COnnx
package import CoppiceFiles

typealias ModelProto = CoppiceOnnx__ModelProto
typealias GraphProto = CoppiceOnnx__GraphProto
typealias NodeProto = CoppiceOnnx__NodeProto
typealias AttributeProto = CoppiceOnnx__AttributeProto
typealias TensorProto = CoppiceOnnx__TensorProto
typealias SparseTensorProto = CoppiceOnnx__SparseTensorProto
typealias ValueInfoProto = CoppiceOnnx__ValueInfoProto
typealias TypeProto = CoppiceOnnx__TypeProto
typealias FunctionProto = CoppiceOnnx__FunctionProto

/// A decoded model file: the protobuf tree, and the mapped files that hold its payloads.
///
/// The tree stays as it was decoded, so that writing a model back keeps what Coppice does not know.
package final class ModelDocument {
  /// The file that was decoded; it holds the payloads that were cut out of the tree.
  package let file: InputFile
  /// The files beside the model.
  package let external: ExternalFiles
  let model: UnsafeMutablePointer<ModelProto>

  /// Decodes a model file, after checking it.
  package convenience init(path: String) throws(WireFault) {
    try self.init(try InputFile.model(path))
  }

  /// Decodes a model, after checking it.
  package init(_ file: InputFile) throws(WireFault) {
    self.file = file
    external = ExternalFiles(modelPath: file.path)
    let skeleton = try WireScan.skeleton(of: file.bytes, as: coppice_onnx_model_descriptor())
    guard let model = coppice_onnx__model_proto__unpack(nil, skeleton.count, skeleton) else {
      throw WireFault("onnx-wire", "'\(file.path)' is not a valid ONNX file")
    }
    self.model = model
  }

  deinit {
    coppice_onnx__model_proto__free_unpacked(model, nil)
  }
}
