/// The windows of convolution and pooling: kernel, strides, dilations and pads for each spatial axis.
public struct SpatialWindow: Hashable, Sendable {
  /// The window's extents.
  public var kernel: [Int]
  /// Steps between windows.
  public var strides: [Int]
  /// Steps inside a window.
  public var dilations: [Int]
  /// Zeros before each axis.
  public var begin: [Int]
  /// Zeros after each axis.
  public var end: [Int]
  /// The result's spatial extents.
  public var output: [Int]

  /// Resolves ONNX's attributes.
  ///
  /// - Parameters:
  ///   - settings: `strides`, `dilations`, `pads`, `auto_pad`, `ceil_mode`.
  ///   - kernel: The window's extents.
  ///   - input: The operand's spatial extents.
  /// - Throws: `window` when lists have other lengths, are negative, or no window fits.
  public init(
    _ settings: Settings, kernel: [Int], input: [Int]
  ) throws(DiagnosticMessage) {
    let rank = input.count
    let strides = settings.ints("strides") ?? Array(repeating: 1, count: rank)
    let dilations = settings.ints(ifDeclared: "dilations") ?? Array(repeating: 1, count: rank)
    let pads = settings.ints("pads") ?? Array(repeating: 0, count: 2 * rank)
    let limit = 1 << 24
    guard kernel.count == rank, strides.count == rank, dilations.count == rank,
      pads.count == 2 * rank, (kernel + strides + dilations).allSatisfy({ 1...limit ~= $0 }),
      pads.allSatisfy({ 0...limit ~= $0 })
    else {
      throw DiagnosticMessage(
        "window",
        "kernel \(kernel), strides \(strides), dilations \(dilations), pads \(pads) do not fit "
          + "\(rank) spatial axes")
    }
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    begin = Array(pads[..<rank])
    end = Array(pads[rank...])
    output = []
    let mode = settings.declares("auto_pad") ? settings.string("auto_pad") : "NOTSET"
    let roundsUp = settings.declares("ceil_mode") && settings.flag("ceil_mode")
    for axis in 0..<rank {
      output.append(resolve(axis, input[axis], mode, roundsUp))
    }
    guard output.allSatisfy({ $0 > 0 }) || input.contains(0) else {
      throw DiagnosticMessage(
        "window", "a window of \(kernel) does not fit an operand of \(input) with pads \(pads)")
    }
  }

  /// The reach of a window along an axis.
  ///
  /// - Parameter axis: The spatial axis.
  /// - Returns: Elements from its first to its last, both counted.
  public func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  private mutating func resolve(_ axis: Int, _ input: Int, _ mode: String, _ ceil: Bool) -> Int {
    let (reach, stride) = (reach(axis), strides[axis])
    switch mode {
    case "SAME_UPPER", "SAME_LOWER":
      let output = (input + stride - 1) / stride
      let total = max(0, (output - 1) * stride + reach - input)
      begin[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
      end[axis] = total - begin[axis]
      return output
    case "VALID":
      begin[axis] = 0
      end[axis] = 0
    default: break
    }
    let room = input + begin[axis] + end[axis] - reach
    guard ceil else { return room < 0 ? 0 : room / stride + 1 }
    let steps = (room + stride - 1) / stride
    guard room > -stride else { return 0 }
    return steps * stride >= input + begin[axis] ? steps : steps + 1
  }
}
