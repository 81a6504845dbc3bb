/// Attention by a matrix of state for each head that every token decays, corrects and reads.
package struct LinearAttention: Operator {
  package static let schema = OperatorSchema(
    "LinearAttention", since: 27,
    operands: ["query", "key", "value", "past_state?", "decay?", "beta?"],
    results: ["output", "present_state"],
    attributes: [
      "chunk_size": .int(64), "kv_num_heads": nil, "q_num_heads": nil, "scale": .float(0),
      "update_rule": .string("gated_delta"),
    ],
    allowed: ["update_rule": .texts(["linear", "gated", "delta", "gated_delta"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  private var queryHeads: Int { settings.int("q_num_heads") }
  private var keyHeads: Int { settings.int("kv_num_heads") }

  /// Checks heads, features and the state.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (q, k, v) = (try context.real(0), try context.real(1), try context.real(2))
    guard q.rank == 3, k.rank == 3, v.rank == 3, queryHeads > 0, keyHeads > 0,
      queryHeads % keyHeads == 0, q.shape[2] % queryHeads == 0, v.shape[2] % keyHeads == 0,
      k.shape[2] / keyHeads == q.shape[2] / queryHeads, k.shape[2] % keyHeads == 0,
      k.shape[..<2] == q.shape[..<2], v.shape[..<2] == q.shape[..<2]
    else {
      throw DiagnosticMessage(
        "attention-shape",
        "query, key and value disagree for \(queryHeads) and \(keyHeads) heads",
        notes: ["query is \(q)", "key is \(k)", "value is \(v)"])
    }
    let (keySize, valueSize) = (k.shape[2] / keyHeads, v.shape[2] / keyHeads)
    let state = [q.shape[0], keyHeads, keySize, valueSize]
    try check(context, 3, [state], "past_state")
    let steps = Array(q.shape[..<2])
    try check(context, 4, [steps + [keyHeads], steps + [keyHeads * keySize]], "decay")
    try check(context, 5, [steps + [keyHeads], steps + [1]], "beta")
    let rule = settings.string("update_rule")
    guard ["linear", "gated", "delta", "gated_delta"].contains(rule),
      context.has(4) == rule.hasPrefix("gated"), context.has(5) == rule.hasSuffix("delta")
    else {
      throw DiagnosticMessage(
        "attention-rule", "update_rule '\(rule)' does not go with the given decay and beta")
    }
    let output = steps + [queryHeads * valueSize]
    let stored = context.has(3) ? try context.type(3).element : q.element
    return [TensorType(q.element, output), TensorType(stored, state)]
  }

  private func check(
    _ context: InferenceContext, _ index: Int, _ shapes: [[Int]], _ name: String
  ) throws(DiagnosticMessage) {
    guard context.has(index) else { return }
    let type = try context.real(index)
    guard shapes.contains(type.shape) else {
      throw DiagnosticMessage("attention-shape", "\(name) is \(type), but must be \(shapes[0])")
    }
  }

  /// One head after the other, token by token.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (k, v) = (try builder.operand(1), try builder.operand(2))
    let element = k.element
    let (keySize, valueSize) = (k.shape[2] / keyHeads, v.shape[2] / keyHeads)
    let (past, present) = (builder.operandIfAny(3), builder.resultIfAny(1))
    let state = builder.scratch(element, [keySize, valueSize], "state")
    let change = builder.scratch(element, [valueSize], "change")
    try builder.loops([k.shape[0], keyHeads]) { (head) throws(DiagnosticMessage) in
      builder.loops(state.shape) { place in
        let value = past?[head + place].converted(to: element) ?? .constant(0, element)
        builder.store(value, to: state, at: place)
      }
      try builder.loop("t", k.shape[1]) { (time) throws(DiagnosticMessage) in
        let token = [head[0], time]
        let key = { (feature: Expr) in k[token + [head[1] * keySize + feature]] }
        decay(builder, token, head[1], state)
        builder.loop("m", valueSize) { feature in
          let value = v[token + [head[1] * valueSize + feature]].converted(to: element)
          builder.store(
            corrected(builder, value, token, head[1], feature, state, key), to: change,
            at: [feature])
        }
        builder.loops(state.shape) { place in
          builder.store(state[place] + key(place[0]) * change[[place[1]]], to: state, at: place)
        }
        try read(builder, token, head[1], state)
      }
      if let present {
        builder.loops(state.shape) { place in
          builder.store(state[place].converted(to: present.element), to: present, at: head + place)
        }
      }
    }
  }

  private func decay(
    _ builder: LoopBuilder, _ token: [Expr], _ head: Expr, _ state: TensorView
  ) {
    guard let decay = builder.operandIfAny(4) else { return }
    let size = decay.shape[2] / keyHeads
    builder.loop("d", state.shape[0]) { key in
      let place = size == 1 ? head : head * size + key
      let rate = decay[token + [place]].converted(to: state.element)
      let factor = builder.define("factor", rate.applying(.exp))
      builder.loop("m", state.shape[1]) { value in
        builder.store(state[[key, value]] * factor, to: state, at: [key, value])
      }
    }
  }

  private func corrected(
    _ builder: LoopBuilder, _ value: Expr, _ token: [Expr], _ head: Expr, _ feature: Expr,
    _ state: TensorView, _ key: (Expr) -> Expr
  ) -> Expr {
    guard let beta = builder.operandIfAny(5) else { return value }
    let sum = builder.declare("sum", .constant(0, state.element))
    builder.loop("d", state.shape[0]) { part in
      builder.accumulate(sum, state[[part, feature]] * key(part))
    }
    let rate = beta[token + [beta.shape[2] == 1 ? .integer(0) : head]]
    return rate.converted(to: state.element) * (value - .variable(sum))
  }

  private func read(
    _ builder: LoopBuilder, _ token: [Expr], _ head: Expr, _ state: TensorView
  ) throws(DiagnosticMessage) {
    guard let y = builder.resultIfAny(0) else { return }
    let q = try builder.operand(0)
    let (keySize, valueSize, group) = (state.shape[0], state.shape[1], queryHeads / keyHeads)
    let given = settings.float("scale")
    let scale = given == 0 ? 1 / Float(keySize).squareRoot() : given
    builder.loops([group, valueSize]) { part in
      let own = builder.define("h", head * group + part[0])
      let sum = builder.declare("sum", .constant(0, state.element))
      builder.loop("d", keySize) { key in
        let query = q[token + [own * keySize + key]].converted(to: state.element)
        builder.accumulate(sum, query * state[[key, part[1]]])
      }
      let value = Expr.variable(sum).scaled(by: scale).converted(to: y.element)
      builder.store(value, to: y, at: token + [own * valueSize + part[1]])
    }
  }
}
