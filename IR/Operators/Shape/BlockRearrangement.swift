/// An operator that moves elements between channels and blocks of rows and columns.
protocol BlockRearrangement: Operator {
  /// Whether blocks become channels, not channels blocks.
  static var gathersBlocks: Bool { get }
}

extension BlockRearrangement {
  /// The schema of both operators.
  static func blockSchema(_ name: String) -> OperatorSchema {
    OperatorSchema(
      name, operands: ["input"], results: ["output"],
      attributes: ["blocksize": nil, "mode": .string("DCR")],
      allowed: ["mode": .texts(["DCR", "CRD"])])
  }

  private var block: Int { settings.int("blocksize") }
  private var mode: String { settings.string("mode") }

  /// Rows and columns multiplied or divided by the block's size, channels by its square otherwise.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `block-size`, `element-type`, `extent`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    guard data.rank == 4, 1...(1 << 20) ~= block, ["DCR", "CRD"].contains(mode),
      Self.gathersBlocks
        ? data.shape[2] % block == 0 && data.shape[3] % block == 0
        : data.shape[1] % (block * block) == 0
    else {
      throw DiagnosticMessage(
        "block-size",
        "\(data) cannot be rearranged by \(name) in blocks of \(block) in mode '\(mode)'")
    }
    let grown =
      Self.gathersBlocks
      ? [product([data.shape[1], block * block])]
      : [product([data.shape[2], block]), product([data.shape[3], block])]
    guard !grown.contains(where: \.overflow) else {
      return [try TensorType.checked(data.element, [-1])]
    }
    let shape =
      Self.gathersBlocks
      ? [data.shape[0], grown[0].value, data.shape[2] / block, data.shape[3] / block]
      : [data.shape[0], data.shape[1] / (block * block), grown[0].value, grown[1].value]
    return [try TensorType.checked(data.element, shape)]
  }

  /// One element after the other, by its channel in the tensor of blocks.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (wide, deep) = Self.gathersBlocks ? (x, y) : (y, x)
    let channels = wide.shape[1]
    let extents = [wide.shape[0], channels, deep.shape[2], block, deep.shape[3], block]
    builder.loops(extents) { part in
      let (channel, row, column) = (part[1], part[3], part[5])
      let inner = row * block + column
      let depth =
        mode == "CRD" ? channel * (block * block) + inner : inner * channels + channel
      let inWide = [part[0], channel, part[2] * block + row, part[4] * block + column]
      let inDeep = [part[0], depth, part[2], part[4]]
      let (from, to) = Self.gathersBlocks ? (inWide, inDeep) : (inDeep, inWide)
      builder.store(x[from], to: y, at: to)
    }
  }

  /// Always.
  public var storesOnce: Bool { true }
}
