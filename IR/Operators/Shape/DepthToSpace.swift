/// Channels moved into blocks of rows and columns.
package struct DepthToSpace: BlockRearrangement {
  package static let schema = blockSchema("DepthToSpace")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let gathersBlocks = false
}
