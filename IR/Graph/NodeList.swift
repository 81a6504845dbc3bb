/// The nodes of a block in order.
///
/// A snapshot: it does not follow later changes of the graph. The nodes of all blocks stand in one
/// table of links, so that adding or removing a node costs the same wherever it stands.
public struct NodeList: BidirectionalCollection, Sendable {
  /// The neighbours of a node in its block; -1 where there is none.
  package struct Link: Sendable {
    package var previous: Int32 = -1
    package var next: Int32 = -1
  }

  /// The ends of a list, and how long it is.
  package struct Ends: Hashable, Sendable {
    package var first: Int32 = -1
    package var last: Int32 = -1
    package var count = 0
  }

  /// A place in the list.
  public struct Index: Comparable, Sendable {
    fileprivate let node: Int32
    fileprivate let offset: Int

    /// Compares places.
    ///
    /// - Parameters:
    ///   - left: A place.
    ///   - right: Another place.
    /// - Returns: Whether the left one comes first.
    public static func < (left: Index, right: Index) -> Bool { left.offset < right.offset }

    /// Compares places.
    ///
    /// - Parameters:
    ///   - left: A place.
    ///   - right: Another place.
    /// - Returns: Whether they are the same.
    public static func == (left: Index, right: Index) -> Bool { left.offset == right.offset }
  }

  private let ends: Ends
  private let links: [Link]

  init(_ ends: Ends, _ links: [Link]) {
    self.ends = ends
    self.links = links
  }

  /// The number of nodes.
  ///
  /// - Complexity: O(1).
  public var count: Int { ends.count }
  /// The place of the first node.
  public var startIndex: Index { Index(node: ends.first, offset: 0) }
  /// The place after the last node.
  public var endIndex: Index { Index(node: -1, offset: ends.count) }

  /// The place after another.
  ///
  /// - Parameter index: Not the end.
  /// - Returns: The next place.
  public func index(after index: Index) -> Index {
    let next = index.node < 0 ? -1 : links[Int(index.node)].next
    return Index(node: next, offset: next < 0 ? ends.count : index.offset + 1)
  }

  /// The place before another.
  ///
  /// - Parameter index: Not the start.
  /// - Returns: The previous place.
  public func index(before index: Index) -> Index {
    let previous = index.node < 0 ? ends.last : links[Int(index.node)].previous
    return Index(node: previous, offset: index.offset - 1)
  }

  /// The node at a place.
  ///
  /// - Parameter index: Not the end.
  public subscript(index: Index) -> NodeID { NodeID(index: Int(index.node)) }
}

extension Graph {
  /// Puts a node that stands nowhere into a block, before another one or at the end.
  mutating func link(_ id: NodeID, in block: BlockID, before anchor: NodeID?) {
    let place = Int32(id.index)
    let next = anchor.map { Int32($0.index) } ?? -1
    let previous = next < 0 ? blockTable[block.index].ends.last : links[Int(next)].previous
    links[id.index] = NodeList.Link(previous: previous, next: next)
    if previous < 0 {
      blockTable[block.index].ends.first = place
    } else {
      links[Int(previous)].next = place
    }
    if next < 0 {
      blockTable[block.index].ends.last = place
    } else {
      links[Int(next)].previous = place
    }
    blockTable[block.index].ends.count += 1
  }

  /// Takes a node out of the block that it stands in.
  mutating func unlink(_ id: NodeID, from block: BlockID) {
    let link = links[id.index]
    if link.previous < 0 {
      blockTable[block.index].ends.first = link.next
    } else {
      links[Int(link.previous)].next = link.next
    }
    if link.next < 0 {
      blockTable[block.index].ends.last = link.previous
    } else {
      links[Int(link.next)].previous = link.previous
    }
    blockTable[block.index].ends.count -= 1
    links[id.index] = NodeList.Link()
  }
}
