/// The extents of a weight as kernels see it, and how much of it is not zero.
public struct WeightShape: Hashable, Sendable {
  /// The rows.
  public var rows: Int
  /// Groups of columns in a row: taps of a window.
  public var groups: Int
  /// The columns of a group.
  public var columns: Int
  /// Elements that are not zero.
  public var nonzeros: Int
  /// Bytes of an element.
  public var elementBytes: Int
  /// The entries that each format has for it.
  private var slots: [StorageKind: Int]

  /// Describes a weight.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - groups: Groups of columns in a row.
  ///   - columns: The columns of a group.
  ///   - nonzeros: Elements that are not zero.
  ///   - blocks: Blocks of four rows with an element that is not zero.
  ///   - elementBytes: Bytes of an element.
  public init(
    rows: Int, groups: Int = 1, columns: Int, nonzeros: Int, blocks: Int, elementBytes: Int
  ) {
    self.rows = rows
    self.groups = groups
    self.columns = columns
    self.nonzeros = nonzeros
    self.elementBytes = elementBytes
    slots = [.blocks: blocks]
  }

  /// Describes a constant.
  ///
  /// - Parameters:
  ///   - constant: A weight.
  ///   - rowAxis: The axis that its rows go along.
  ///   - shape: Another shape of the same elements to take the rows from.
  /// - Complexity: O(*n*).
  public init(_ constant: Constant, rowAxis: Int, as shape: [Int]? = nil) {
    let layout = SparseLayout(shape ?? constant.type.shape, rowAxis: rowAxis)
    let pattern = NonzeroPattern(constant, layout)
    (rows, groups, columns) = (layout.rows, layout.groups, layout.columns)
    (nonzeros, elementBytes) = (pattern.count, constant.type.element.bits / 8)
    slots = Dictionary(
      uniqueKeysWithValues: StorageFormats.all.map { (StorageKind($0), $0.slots(pattern)) })
  }

  /// Blocks of four rows with an element that is not zero.
  public var blocks: Int { slots(.blocks) }

  /// The entries that a storage has for the weight, one for each index.
  ///
  /// - Parameter storage: The storage.
  /// - Returns: The nonzeros, where nothing else is known.
  public func slots(_ storage: StorageKind) -> Int { slots[storage] ?? nonzeros }

  /// Elements of a row.
  public var depth: Int { groups * columns }

  /// The bytes of the tables that a storage is packed into.
  ///
  /// - Parameter storage: The storage.
  /// - Returns: Elements, indices or bits, and starts.
  public func bytes(_ storage: StorageKind) -> Int {
    if let format = storage.format { return format.tableBytes(self) }
    return storage == .uniform ? elementBytes : rows * depth * elementBytes
  }

  /// The part of the elements that is not zero.
  package var density: Double { Double(nonzeros) / Double(max(rows * depth, 1)) }
}

extension StorageKind {
  /// Whether zeros are left out.
  public var isSparse: Bool { format != nil }
}
