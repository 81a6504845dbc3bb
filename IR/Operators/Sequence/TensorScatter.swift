/// A cache with new tokens written at a place of each sample.
package struct TensorScatter: Operator {
  package static let schema = OperatorSchema(
    "TensorScatter", since: 24, operands: ["past_cache", "update", "write_indices?"],
    results: ["present_cache"], attributes: ["axis": .int(-2), "mode": .string("linear")],
    allowed: ["mode": .texts(["linear", "circular"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Checks that the update fits the cache.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (cache, update) = (try context.computable(0), try context.computable(1))
    let axis = try normalizedAxis(settings.int("axis"), rank: cache.rank)
    guard cache.rank > 0, axis > 0, update.rank == cache.rank, update.element == cache.element,
      cache.shape.indices.allSatisfy({ place in
        let (own, all) = (update.shape[place], cache.shape[place])
        return place == axis ? own <= all : own == all
      }), ["linear", "circular"].contains(settings.string("mode"))
    else {
      throw DiagnosticMessage(
        "scatter-shape", "update does not fit the cache along axis \(axis)",
        notes: ["past_cache is \(cache)", "update is \(update)"])
    }
    if context.has(2) {
      let places = try context.computable(2)
      guard places.shape == [cache.shape[0]], places.element.isInteger else {
        throw DiagnosticMessage(
          "scatter-shape", "write_indices is \(places), but must be [\(cache.shape[0])]")
      }
    }
    return [TensorType(cache.element, cache.shape)]
  }

  /// Copies the cache, then writes; places outside are left out.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (cache, update) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try normalizedAxis(settings.int("axis"), rank: cache.rank)
    let extent = cache.shape[axis]
    let isCircular = settings.string("mode") == "circular"
    let starts = builder.operandIfAny(2)
    builder.loops(y.shape) { builder.store(cache[$0], to: y, at: $0) }
    builder.loops(update.shape) { index in
      let given = starts.map { $0[[index[0]]].converted(to: .int64) } ?? .constant(0, .int64)
      let raw = builder.define("start", given)
      let start = isCircular ? turned(raw, extent, builder) : raw
      let isInside = start.compared(.ge, start.like(0))
        .and(start.compared(.lt, start.like(Double(extent))))
      builder.when(isInside) {
        let place = builder.define("p", start.converted(to: .index) + index[axis])
        var target = index
        target[axis] = isCircular ? combine(.rem, place, .integer(extent)) : place
        builder.when(target[axis].compared(.lt, .integer(extent))) {
          builder.store(update[index], to: y, at: target)
        }
      }
    }
  }

  /// A start of any size, brought to where it lies in the circle.
  private func turned(_ start: Expr, _ extent: Int, _ builder: LoopBuilder) -> Expr {
    let size = start.like(Double(extent))
    let rest = builder.define("rest", combine(.rem, start, size))
    return builder.define(
      "start", .select(rest.compared(.lt, start.like(0)), rest + size, rest))
  }
}
