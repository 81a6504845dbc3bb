/// How an operator reads a weight, as far as its cost depends on it.
public struct WeightUse: Hashable, Sendable {
  /// Which kernels there are.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A convolution with windows of one element and steps of one.
    case pointwise
    /// Any other convolution.
    case window
    /// A convolution with one input channel for each group.
    case depthwise
    /// A matrix product with the weight on the right.
    case product
    /// A recurrent layer.
    case recurrent
    /// What has only plain loops, whatever the storage.
    case plain
  }

  /// Which kernels there are.
  public var kind: Kind
  /// Groups of channels of a convolution.
  public var group: Int
  /// Rows of the result of a convolution or a product.
  public var resultRows: Int
  /// Columns of the result of a convolution.
  public var resultColumns: Int
  /// Elements of the operand for each result of a convolution: the product of its strides.
  public var steps: Int
  /// The part of the windows' elements that is not padding.
  public var inside: Double

  /// Describes a use.
  ///
  /// - Parameters:
  ///   - kind: Which kernels there are.
  ///   - group: Groups of channels of a convolution.
  ///   - resultRows: Rows of the result.
  ///   - resultColumns: Columns of the result of a convolution.
  ///   - steps: The product of the strides of a convolution.
  ///   - inside: The part of the windows' elements that is not padding.
  public init(
    _ kind: Kind, group: Int = 1, resultRows: Int = 1, resultColumns: Int = 1, steps: Int = 1,
    inside: Double = 1
  ) {
    self.kind = kind
    self.group = group
    self.resultRows = resultRows
    self.resultColumns = resultColumns
    self.steps = steps
    self.inside = inside
  }
}

/// What passes may know of a target: what the storage of a weight costs there.
public protocol TargetCost: Sendable {
  /// The name for reports.
  var name: String { get }

  /// The time to use a weight in a storage, as a part of the time when it is dense.
  ///
  /// `nil` when the target has no kernel that reads the storage.
  func relativeTime(_ storage: StorageKind, _ shape: WeightShape, _ use: WeightUse) -> Double?

  /// The bytes of a weight as kernels read it, tables included.
  func packedBytes(_ storage: StorageKind, _ shape: WeightShape) -> Int
}

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
}
