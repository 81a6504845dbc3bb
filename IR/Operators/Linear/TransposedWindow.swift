/// The windows of transposed convolution.
public struct TransposedWindow: Hashable, Sendable {
  /// The window's extents.
  public var kernel: [Int]
  /// Steps between windows in the result.
  public var strides: [Int]
  /// Steps inside a window.
  public var dilations: [Int]
  /// Elements cut off before each axis of the result.
  public var begin: [Int]
  /// The result's spatial extents.
  public var output: [Int]

  /// Resolves ONNX's attributes.
  ///
  /// - Parameters:
  ///   - settings: `strides`, `dilations`, `pads`, `auto_pad`, `output_shape`, `output_padding`.
  ///   - kernel: The window's extents.
  ///   - input: The operand's spatial extents.
  /// - Throws: `window` when lists have other lengths or are out of range.
  public init(
    _ settings: Settings, kernel: [Int], input: [Int]
  ) throws(DiagnosticMessage) {
    let rank = input.count
    let ones = Array(repeating: 1, count: rank)
    let zeros = Array(repeating: 0, count: rank)
    let limit = 1 << 24
    self.kernel = kernel
    strides = settings.ints("strides") ?? ones
    dilations = settings.ints(ifDeclared: "dilations") ?? ones
    let extra = settings.ints(ifDeclared: "output_padding") ?? zeros
    let pads = settings.ints("pads") ?? zeros + zeros
    let wanted = settings.ints(ifDeclared: "output_shape").map { Array($0.suffix(rank)) }
    guard kernel.count == rank, strides.count == rank, dilations.count == rank,
      extra.count == rank, pads.count == 2 * rank, wanted?.count ?? rank == rank,
      (kernel + strides + dilations).allSatisfy({ 1...limit ~= $0 }),
      (pads + extra + (wanted ?? []) + input).allSatisfy({ 0...limit ~= $0 })
    else {
      throw DiagnosticMessage(
        "window",
        "kernel \(kernel), strides \(strides), dilations \(dilations), pads \(pads), output_padding "
          + "\(extra) do not fit \(rank) spatial axes of \(input)")
    }
    (begin, output) = (Array(pads[..<rank]), [])
    let mode = settings.declares("auto_pad") ? settings.string("auto_pad") : "NOTSET"
    for axis in 0..<rank {
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      let whole = strides[axis] * max(input[axis] - 1, 0) + extra[axis] + reach
      let same = mode.hasPrefix("SAME") ? input[axis] * strides[axis] : nil
      if let extent = wanted?[axis] ?? same {
        let total = max(whole - extent, 0)
        begin[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        output.append(extent)
      } else {
        if mode == "VALID" { begin[axis] = 0 }
        let end = mode == "VALID" ? 0 : pads[rank + axis]
        output.append(whole - begin[axis] - end)
      }
    }
    guard output.allSatisfy({ 0...limit ~= $0 }) else {
      throw DiagnosticMessage("window", "pads \(pads) leave nothing of the result \(output)")
    }
  }

  /// Runs statements for a tap that meets an element of the operand.
  ///
  /// - Parameters:
  ///   - output: The index in the result along each spatial axis.
  ///   - tap: The index inside the window.
  ///   - input: The operand's spatial extents.
  ///   - builder: Takes the statements.
  ///   - body: Gets the index in the operand.
  public func whenMet(
    _ output: [Expr], _ tap: [Expr], _ input: [Int], _ builder: LoopBuilder,
    _ body: (_ place: [Expr]) -> Void
  ) {
    var (place, condition): ([Expr], Expr?) = ([], nil)
    for axis in output.indices {
      let shifted = builder.define("p", output[axis] + begin[axis] - tap[axis] * dilations[axis])
      let part = shifted / .integer(strides[axis])
      var met = shifted.compared(.ge, .integer(0)).and(part.compared(.lt, .integer(input[axis])))
      if strides[axis] > 1 {
        let rest = combine(.rem, shifted, .integer(strides[axis]))
        met = met.and(rest.compared(.eq, .integer(0)))
      }
      condition = condition.map { $0.and(met) } ?? met
      place.append(part)
    }
    guard let condition else { return body(place) }
    builder.when(condition) { body(place) }
  }
}
