/// Channels moved into blocks of rows and columns.
public struct DepthToSpace: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "DepthToSpace", operands: ["input"], results: ["output"],
    attributes: ["blocksize": nil, "mode": .string("DCR")],
    allowed: ["mode": .texts(["DCR", "CRD"])])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `blocksize` and `mode`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Fewer channels, more rows and columns.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `depth-to-space`, `element-type`, `extent`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let block = attributes.int("blocksize")
    let mode = attributes.string("mode", "DCR")
    guard data.rank == 4, 1...(1 << 20) ~= block, data.shape[1] % (block * block) == 0,
      mode == "DCR" || mode == "CRD"
    else {
      throw DiagnosticMessage(
        "depth-to-space", "\(data) has no channels for blocks of \(block) in mode '\(mode)'")
    }
    let (height, width) = (product([data.shape[2], block]), product([data.shape[3], block]))
    let shape = [data.shape[0], data.shape[1] / (block * block), height.value, width.value]
    return [try TensorType.checked(data.element, height.overflow || width.overflow ? [-1] : shape)]
  }

  /// One element after the other.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (block, crd) = (attributes.int("blocksize"), attributes.string("mode", "DCR") == "CRD")
    builder.loops([y.shape[0], y.shape[1], x.shape[2], block, x.shape[3], block]) { part in
      let (channel, row, column) = (part[1], part[3], part[5])
      let inner = row * block + column
      let depth = crd ? channel * (block * block) + inner : inner * y.shape[1] + channel
      let target = [part[0], channel, part[2] * block + row, part[4] * block + column]
      builder.store(x[[part[0], depth, part[2], part[4]]], to: y, at: target)
    }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
