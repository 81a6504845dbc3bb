/// The spectra of windows that slide over a signal.
package struct STFT: Expansion {
  package static let schema = OperatorSchema(
    "STFT", since: 17, operands: ["signal", "frame_step", "window?", "frame_length?"],
    results: ["output"], attributes: ["onesided": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// The frames gathered, weighted, and transformed.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var signal = try builder.required(0)
    if builder.type(signal).rank == 2 {
      signal = try builder.reshape(signal, builder.type(signal).shape + [1])
    }
    let shape = builder.type(signal).shape
    guard shape.count == 3, 1...2 ~= shape[2] else {
      throw DiagnosticMessage("stft-shape", "a signal of shape \(shape) has no frames")
    }
    let (length, step) = try frames(builder, signal: shape[1])
    let count = (shape[1] - length) / step + 1
    guard product([count, length]).value <= 1 << 24 else {
      throw DiagnosticMessage(
        "stft-frames", "\(count) frames of \(length) are more than are compiled")
    }
    let places = (0..<count).flatMap { frame in (0..<length).map { Int64(frame * step + $0) } }
    let table = builder.constant(Constant(places, .int64, [count, length]))
    var parts = try builder.node(Gather(attributes: ["axis": .int(1)]), signal, table)
    if let window = builder.operand(2) {
      parts = try builder.node(Mul(), parts, try builder.reshape(window, [length, 1]))
    }
    let oneSided = shape[2] == 1 && settings.flag("onesided")
    let transform = DFT(attributes: ["onesided": .int(oneSided ? 1 : 0)])
    let axis = builder.constant(Constant([Int64(2)], .int64, []))
    builder.setResult(0, try builder.node(transform, parts, nil, axis))
    return true
  }

  /// The step and the length of the frames, where the declared shape leaves one choice.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let result = context.results.first.flatMap({ $0 }), result.rank == 4,
      let signal = context.operands.first.flatMap({ $0 }), signal.rank >= 2, signal.shape[1] <= 4096
    else { return [:] }
    let extent = signal.shape[1]
    let oneSided = (signal.rank == 2 || signal.shape[2] == 1) && settings.flag("onesided")
    var lengths = Array(1...max(extent, 1))
    if context.has(2), let window = context.operands[2] {
      lengths = [window.count]
    } else if context.has(3), let known = context.known[3]?.integers?.first {
      lengths = [known]
    } else if !context.has(3) {
      lengths = [extent]
    }
    let steps = context.known[1]?.integers ?? Array(1...max(extent, 1))
    var found: [(length: Int, step: Int)] = []
    for length in lengths where 1...extent ~= length {
      guard (oneSided ? length / 2 + 1 : length) == result.shape[2] else { continue }
      for step in steps where step > 0 && (extent - length) / step + 1 == result.shape[1] {
        found.append((length, step))
      }
    }
    guard found.count == 1 else { return [:] }
    var implied: [Int: ImpliedOperand] = [:]
    if context.shown(1) != nil { implied[1] = ImpliedOperand(exactly: [found[0].step]) }
    if context.shown(3) != nil { implied[3] = ImpliedOperand(exactly: [found[0].length]) }
    return implied
  }

  /// The length of a frame, and from one to the next.
  private func frames(
    _ builder: DecompositionBuilder, signal: Int
  ) throws(DiagnosticMessage) -> (length: Int, step: Int) {
    let context = builder.context
    let step = try context.integers(1, "the step of the frames").first ?? 0
    var length = signal
    if let window = builder.operand(2) { length = builder.type(window).count }
    if context.has(3) {
      length = try context.integers(3, "the length of the frames").first ?? 0
    }
    let fits = builder.operand(2).map { builder.type($0).shape == [length] } ?? true
    guard step > 0, 1...max(signal, 1) ~= length, fits else {
      throw DiagnosticMessage(
        "stft-frames",
        "frames of \(length) every \(step) do not fit the window or a signal of \(signal)"
      )
    }
    return (length, step)
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
