import COnnx
import CoppiceIR

/// Binds the dynamic dimensions of a model's inputs.
final class InputDimensions {
  private let log: ImportLog
  /// Extents by the names that the user gave.
  private let given: [String: Int]
  /// Extents that were taken for named dimensions.
  private var bound: [String: Int]
  private var used: Set<String> = []
  /// The dynamic dimensions, by their names or places.
  private var dynamic: [String] = []

  init(_ given: [String: Int], _ log: ImportLog) {
    self.log = log
    self.given = given
    bound = given
  }

  /// Reports extents that were given for no dimension.
  func reportUnknown() {
    for name in given.keys.sorted() where !used.contains(name) {
      let near = suggestion(name, dynamic).map { "; \($0)" }
      let there = dynamic.isEmpty ? "" : "; there are \(list)"
      log.report(
        "unknown-dimension",
        "--dim \(name): no input has a dynamic dimension of that name\(near ?? there)")
    }
  }

  /// The dynamic dimensions, each once and at most ten.
  private var list: String {
    var seen: Set<String> = []
    let names = dynamic.filter { seen.insert($0).inserted }
    return names.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
      + (names.count > 10 ? ", ..." : "")
  }

  /// The type of a graph input with its dynamic dimensions bound, or nil after a report.
  func type(of info: UnsafeMutablePointer<ValueInfoProto>) -> TensorType? {
    let name = text(info.pointee.name)
    // An optional input is one that is there.
    let type = info.pointee.type?.pointee
    let inner = type?.optional_type?.pointee.elem_type?.pointee
    guard let tensor = type?.tensor_type ?? inner?.tensor_type else {
      log.report(
        "input-type", "input '\(name)' is \(kind(info.pointee.type)); only tensors are read")
      return nil
    }
    guard let element = ElementType(onnx: tensor.pointee.elem_type) else {
      let number = Int(tensor.pointee.elem_type)
      let known = [27: "float6e2m3", 28: "float6e3m2"][number] ?? "\(number)"
      log.report(
        "input-type", "input '\(name)' has elements of type \(known), which is not known here")
      return nil
    }
    guard let shape = tensor.pointee.shape else {
      log.report(
        "input-shape", "input '\(name)' has no shape; declare its rank and extents in the model")
      return nil
    }
    let dims = messages(shape.pointee.dim, shape.pointee.n_dim)
    let extents = dims.enumerated().map { extent($1.pointee, axis: $0, of: name) }
    let bound = extents.compactMap { $0 }
    guard bound.count == extents.count else { return nil }
    do {
      return try TensorType.checked(element, bound)
    } catch {
      log.report(error.id, "input '\(name)': \(error.text)")
      return nil
    }
  }

  private func kind(_ type: UnsafeMutablePointer<TypeProto>?) -> String {
    guard let type = type?.pointee else { return "of no declared type" }
    if type.sequence_type != nil { return "a sequence" }
    if type.map_type != nil { return "a map" }
    if type.optional_type != nil { return "an optional" }
    if type.sparse_tensor_type != nil { return "a sparse tensor" }
    return "of no declared type"
  }

  private func extent(
    _ dim: CoppiceOnnx__TensorShapeProto__Dimension, axis: Int, of input: String
  ) -> Int? {
    if dim.has_dim_value != 0, dim.dim_value >= 0 { return Int(dim.dim_value) }
    let position = "\(input):\(axis)"
    let symbol = text(dim.dim_param)
    dynamic.append(symbol.isEmpty ? position : symbol)
    for name in [symbol, position] where !name.isEmpty {
      guard let extent = bound[name] else { continue }
      used.insert(name)
      return extent
    }
    let name = symbol.isEmpty ? position : symbol
    guard axis == 0 else {
      log.report(
        "dynamic-dimension",
        "dimension '\(name)' (axis \(axis) of input '\(input)') is dynamic; bind it with "
          + "--dim \(name)=N")
      bound[name] = nil
      return nil
    }
    bound[name] = 1
    log.report(
      "batch-assumed",
      "dimension '\(name)' (axis 0 of input '\(input)') is taken as 1; --dim \(name)=N changes it",
      severity: .note)
    return 1
  }
}
