/// Blocks of rows and columns moved into channels.
public struct SpaceToDepth: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "SpaceToDepth", operands: ["input"], results: ["output"],
    attributes: ["blocksize": nil, "mode": .string("DCR")],
    allowed: ["mode": .texts(["DCR", "CRD"])])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `blocksize` and `mode`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// More channels, fewer rows and columns.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `space-to-depth`, `element-type`, `extent`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let block = attributes.int("blocksize")
    let mode = attributes.string("mode", "DCR")
    guard data.rank == 4, 1...(1 << 20) ~= block, data.shape[2] % block == 0,
      data.shape[3] % block == 0, mode == "DCR" || mode == "CRD"
    else {
      throw DiagnosticMessage(
        "space-to-depth", "\(data) does not divide into blocks of \(block) in mode '\(mode)'")
    }
    let depth = product([data.shape[1], block * block])
    let shape = [data.shape[0], depth.value, data.shape[2] / block, data.shape[3] / block]
    return [try TensorType.checked(data.element, depth.overflow ? [-1] : shape)]
  }

  /// One element after the other.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (block, crd) = (attributes.int("blocksize"), attributes.string("mode", "DCR") == "CRD")
    builder.loops([x.shape[0], x.shape[1], y.shape[2], block, y.shape[3], block]) { part in
      let (channel, row, column) = (part[1], part[3], part[5])
      let inner = row * block + column
      let depth = crd ? channel * (block * block) + inner : inner * x.shape[1] + channel
      let source = [part[0], channel, part[2] * block + row, part[4] * block + column]
      builder.store(x[source], to: y, at: [part[0], depth, part[2], part[4]])
    }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
