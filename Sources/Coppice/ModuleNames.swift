import CoppiceIR

/// What PyTorch's exporter tells of weights whose names it made up: operators are called by the path of
/// their module, `/head/fc/MatMul`, and the matrices of products are transposed.
struct ModuleNames {
  private let modules: [ValueID: (path: String, isTransposed: Bool)]

  init(_ graph: Graph) {
    var modules: [ValueID: (path: String, isTransposed: Bool)] = [:]
    var owners: [String: Int] = [:]
    for weight in graph.weights() {
      let paths = weight.readers.map { Self.module(graph[$0.node].name) }
      for path in Set(paths.compactMap { $0 }) { owners[path, default: 0] += 1 }
      guard Set(paths).count == 1, let path = paths[0], let reader = weight.readers.first else {
        continue
      }
      switch graph[reader.node].op {
      case is Conv, is ConvTranspose: modules[weight.value] = (path, false)
      case let op as Gemm: modules[weight.value] = (path, !op.transB)
      case is MatMul: modules[weight.value] = (path, true)
      default: continue
      }
    }
    self.modules = modules.filter { owners[$0.value.path] == 1 }
  }

  /// Whether an exporter made a name up.
  static func isInvented(_ name: String) -> Bool {
    if name.hasPrefix("onnx::") { return true }
    let digits = name.hasPrefix("val_") ? name.dropFirst(4) : name[...]
    return !digits.isEmpty && digits.allSatisfy { ("0"..."9").contains($0) }
  }

  /// The mask under its parameter's name and in its layout; nil where neither is told.
  func mask(_ mask: ModelMasks.Mask, of value: ValueID) -> ModelMasks.Mask? {
    guard Self.isInvented(mask.name), let (path, isTransposed) = modules[value] else { return nil }
    let name = path + ".weight"
    guard isTransposed else {
      return ModelMasks.Mask(name: name, shape: mask.shape, flags: mask.flags)
    }
    guard mask.shape.count == 2 else { return nil }
    let (rows, columns) = (mask.shape[0], mask.shape[1])
    var flags = [UInt8](repeating: 0, count: mask.flags.count)
    for row in 0..<rows {
      for column in 0..<columns {
        flags[column * rows + row] = mask.flags[row * columns + column]
      }
    }
    return ModelMasks.Mask(name: name, shape: [columns, rows], flags: flags)
  }

  /// `head.fc` of `/head/fc/MatMul` and of `/head/fc/MatMul_1`.
  private static func module(_ node: String) -> String? {
    guard node.first == "/" else { return nil }
    let parts = node.split(separator: "/").dropLast()
    return parts.isEmpty ? nil : parts.joined(separator: ".")
  }
}
