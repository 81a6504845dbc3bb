/// Blocks of rows and columns moved into channels.
public struct SpaceToDepth: BlockRearrangement {
  /// What it is called and takes.
  public static let schema = blockSchema("SpaceToDepth")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `blocksize` and `mode`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let gathersBlocks = true
}
