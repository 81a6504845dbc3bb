/// Blocks of rows and columns moved into channels.
package struct SpaceToDepth: BlockRearrangement {
  package static let schema = blockSchema("SpaceToDepth")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let gathersBlocks = true
}
