/// A cache with new tokens written at a place of each sample.
public struct TensorScatter: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "TensorScatter", since: 24, operands: ["past_cache", "update", "write_indices?"],
    results: ["present_cache"], attributes: ["axis": .int(-2), "mode": .string("linear")])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis` and `mode`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Checks that the update fits the cache.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (cache, update) = (try context.computable(0), try context.computable(1))
    let axis = try normalizedAxis(attributes.int("axis", -2), rank: cache.rank)
    guard cache.rank > 0, axis > 0, update.rank == cache.rank, update.element == cache.element,
      cache.shape.indices.allSatisfy({ place in
        let (own, all) = (update.shape[place], cache.shape[place])
        return place == axis ? own <= all : own == all
      }), ["linear", "circular"].contains(attributes.string("mode", "linear"))
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
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (cache, update) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try normalizedAxis(attributes.int("axis", -2), rank: cache.rank)
    let extent = Expr.integer(cache.shape[axis])
    let starts = builder.operandIfAny(2)
    builder.loops(y.shape) { builder.store(cache[$0], to: y, at: $0) }
    builder.loops(update.shape) { index in
      let start = starts.map { $0[[index[0]]].converted(to: .index) } ?? .integer(0)
      var place = builder.define("p", start + index[axis])
      if attributes.string("mode", "linear") == "circular" {
        place = builder.define("p", combine(.rem, place, extent))
      }
      builder.when(place.compared(.ge, .integer(0)).and(place.compared(.lt, extent))) {
        var target = index
        target[axis] = place
        builder.store(update[index], to: y, at: target)
      }
    }
  }
}
