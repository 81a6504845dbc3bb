/// Channels moved into blocks of rows and columns.
public struct DepthToSpace: BlockRearrangement {
  /// What it is called and takes.
  public static let schema = blockSchema("DepthToSpace")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `blocksize` and `mode`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let gathersBlocks = false
}
