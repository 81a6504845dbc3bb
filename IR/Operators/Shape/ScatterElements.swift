/// A tensor with elements replaced whose index along an axis is given.
package struct ScatterElements: Operator {
  package static let schema = OperatorSchema(
    "ScatterElements", since: 9, operands: ["data", "indices", "updates"], results: ["output"],
    attributes: ["axis": .int(0), "reduction": .string("none")],
    allowed: ["reduction": .texts(["none", "add", "mul", "max", "min"])], aliases: ["Scatter"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The data's type.
  ///
  /// - Throws: `scatter-shape`, `scatter-reduction`, `axis-range`, `index-type`, `index-range`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (
      try context.scattered(settings.string("reduction")), try context.indices(1)
    )
    let axis = try existingAxis(settings.int("axis"), data)
    try context.checkIndices(1, extent: data.shape[axis])
    let fits = zip(indices.shape, data.shape).enumerated().allSatisfy { $0 == axis || $1.0 <= $1.1 }
    guard indices.rank == data.rank, fits, try context.type(2).shape == indices.shape else {
      throw DiagnosticMessage(
        "scatter-shape",
        "indices and updates must be of one shape, of the rank of the data and, but for axis \(axis), "
          + "fit in", notes: ["data is \(data)", "indices is \(indices)"])
    }
    return [data]
  }

  /// Copies the data, then stores the updates.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (indices, updates) = (try builder.operand(1), try builder.operand(2))
    let y = try builder.result()
    let axis = try existingAxis(settings.int("axis"), TensorType(y.element, y.shape))
    builder.copy(try builder.operand(0), to: y)
    builder.loops(indices.shape) { index in
      var target = index
      target[axis] = builder.place(indices[index], operand: 1, extent: y.shape[axis])
      builder.scatter(updates[index], settings.string("reduction"), to: y, at: target)
    }
  }
  /// The data, whose elements are copied before updates are stored.
  package var inPlaceOperands: [Int] { [0] }
}

extension LoopBuilder {
  /// Stores an update into an element by a `reduction` of ONNX.
  ///
  /// - Parameters:
  ///   - update: The new value.
  ///   - reduction: `none`, `add`, `mul`, `min` or `max`.
  ///   - view: Where the element is.
  ///   - index: Its index.
  public func scatter(
    _ update: Expr, _ reduction: String, to view: TensorView, at index: [Expr]
  ) {
    let old = view[index]
    let value: Expr =
      switch reduction {
      case "add": old + update
      case "mul": old * update
      case "min": old.minimumOrNaN(update)
      case "max": old.maximumOrNaN(update)
      default: update
      }
    emit(.store(view.buffer, view.at(index), value))
  }
}

extension InferenceContext {
  /// The type of the data of a scatter, after a check of its reduction.
  ///
  /// - Parameter reduction: The attribute.
  /// - Returns: Operand 0's type.
  /// - Throws: `scatter-reduction`, `element-mismatch`, `element-type`.
  public func scattered(_ reduction: String) throws(DiagnosticMessage) -> TensorType {
    let (data, updates) = (try computable(0), try computable(2))
    guard data.element == updates.element else {
      throw DiagnosticMessage(
        "element-mismatch", "the data is \(data), but the updates are \(updates)")
    }
    guard reduction == "none" || data.element != .bool else {
      throw DiagnosticMessage(
        "scatter-reduction", "reduction '\(reduction)' takes numbers, but the data is \(data)")
    }
    return data
  }
}
