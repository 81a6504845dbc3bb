/// The code for one query of an attention.
struct AttentionRow {
  let builder: LoopBuilder
  let shape: AttentionShape
  let settings: Settings
  /// Batch, head and query.
  let index: [Expr]

  private var mode: Int { settings.int("qk_matmul_output_mode") }

  private var keyHead: Expr {
    index[1] / .integer(shape.queryHeads / shape.keyHeads)
  }

  /// Scores of all keys; minus infinity where a key is masked, everywhere if all are.
  func score(_ q: TensorView, _ keys: TensorView, _ scores: TensorView) {
    let element = q.element
    let fallback = 1 / Float(shape.keySize).squareRoot()
    let scale = settings.isGiven("scale") ? settings.float("scale") : fallback
    let cap = settings.float("softcap")
    builder.loop("j", shape.keys) { key in
      let sum = builder.declare("sum", .constant(0, element))
      builder.loop("d", shape.keySize) { feature in
        let k = keys[[index[0], keyHead, key, feature]].converted(to: element)
        builder.accumulate(sum, q[index + [feature]] * k)
      }
      var value = builder.define("s", Expr.variable(sum).scaled(by: scale))
      if mode == 0 { expose(value, key) }
      if cap > 0 {
        let limit = Expr.constant(Double(cap), element)
        value = builder.define("s", (value / limit).applying(.tanh) * limit)
      }
      if mode == 1 { expose(value, key) }
      if let bias = bias(key, element) {
        let hidden = Expr.constant(-.infinity, element)
        let known = builder.define("bias", bias)
        value = .select(known.compared(.eq, hidden), hidden, value + known)
      }
      value = builder.define("s", value)
      if mode == 2 { expose(value, key) }
      builder.store(value, to: scores, at: [key])
    }
  }

  /// Turns scores into weights; a row without any key gets zeros.
  func normalize(_ scores: TensorView) {
    let element = scores.element
    let (zero, low) = (Expr.constant(0, element), Expr.constant(-.infinity, element))
    let best = builder.declare("best", low)
    builder.loop("j", shape.keys) { key in
      builder.assign(best, Expr.variable(best).maximum(scores[[key]]))
    }
    let isEmpty = Expr.variable(best).compared(.eq, low)
    let top = builder.define("top", .select(isEmpty, zero, .variable(best)))
    let sum = builder.declare("sum", zero)
    builder.loop("j", shape.keys) { key in
      let part = builder.define("e", (scores[[key]] - top).applying(.exp))
      builder.accumulate(sum, part)
      builder.store(part, to: scores, at: [key])
    }
    let isZero = Expr.variable(sum).compared(.eq, zero)
    let total = builder.define("total", .select(isZero, .constant(1, element), .variable(sum)))
    builder.loop("j", shape.keys) { key in
      let weight = builder.define("p", scores[[key]] / total)
      if mode == 3 { expose(weight, key) }
      builder.store(weight, to: scores, at: [key])
    }
  }

  /// The values summed by their weights.
  func mix(_ scores: TensorView, _ values: TensorView) {
    guard let y = builder.resultIfAny(0) else { return }
    builder.loop("d", shape.valueSize) { feature in
      let sum = builder.declare("sum", .constant(0, scores.element))
      builder.loop("j", shape.keys) { key in
        let value = values[[index[0], keyHead, key, feature]].converted(to: scores.element)
        builder.accumulate(sum, scores[[key]] * value)
      }
      let flat = [index[0], index[2], index[1] * shape.valueSize + feature]
      builder.store(.variable(sum), to: y, at: shape.isFlat ? flat : index + [feature])
    }
  }

  private func expose(_ value: Expr, _ key: Expr) {
    guard let target = builder.resultIfAny(3) else { return }
    builder.store(value, to: target, at: index + [key])
  }

  /// What masks and windows add to a score; `nil` if there are none.
  private func bias(_ key: Expr, _ element: ElementType) -> Expr? {
    let hidden = Expr.constant(-.infinity, element)
    let masked = mask(key, element)
    let conditions = conditions(key)
    guard let first = conditions.first else { return masked }
    let isOpen = conditions.dropFirst().reduce(first) { $0.and($1) }
    return .select(isOpen, masked ?? .constant(0, element), hidden)
  }

  private func mask(_ key: Expr, _ element: ElementType) -> Expr? {
    guard let mask = builder.operandIfAny(3), let width = mask.shape.last else { return nil }
    let hidden = Expr.constant(-.infinity, element)
    var place = Array((index + [key]).suffix(mask.rank))
    for axis in mask.shape.indices.dropLast() where mask.shape[axis] == 1 {
      place[axis] = .integer(0)
    }
    if width == 1 { place[mask.rank - 1] = .integer(0) }
    let isBool = mask.element == .bool
    let value =
      isBool
      ? Expr.select(mask[place], .constant(0, element), hidden)
      : mask[place].converted(to: element)
    if width >= shape.keys { return value }
    return .select(key.compared(.lt, .integer(width)), value, hidden)
  }

  /// What must hold for a key to count.
  private func conditions(_ key: Expr) -> [Expr] {
    var result: [Expr] = []
    let lengths = builder.operandIfAny(6)
    let length = lengths.map { lengths in
      let given = lengths[[index[0]]].converted(to: .int64)
      let most = given.minimum(given.like(Double(shape.keys))).maximum(given.like(0))
      return builder.define("length", most.converted(to: .index))
    }
    if let length { result.append(key.compared(.lt, length)) }
    let before = length.map { $0 - shape.queries } ?? .integer(shape.pastKeys)
    let place = index[2] + before
    if settings.flag("is_causal") { result.append(key.compared(.le, place)) }
    let left = settings.int("left_window_size")
    let right = settings.int("right_window_size")
    if left >= 0 { result.append((place - left).compared(.le, key)) }
    if right >= 0 { result.append(key.compared(.le, place + right)) }
    return result
  }
}
