/// How an operator reads a weight, as far as its cost depends on it.
public enum WeightUse: String, Hashable, Sendable, CaseIterable {
  /// A convolution with windows of one element.
  case pointwise
  /// A convolution with larger windows.
  case window
  /// A convolution with one input channel for each group.
  case depthwise
  /// A matrix product.
  case product
}

/// What passes may know of a target: what the storage of a weight costs there.
public protocol TargetCost: Sendable {
  /// The name for reports.
  var name: String { get }

  /// The time to use a weight in a storage, as a part of the time when it is dense.
  ///
  /// `nil` when the target has no kernel that reads the storage.
  func relativeTime(_ storage: StorageKind, density: Double, _ use: WeightUse) -> Double?

  /// The bytes of a weight as kernels read it, tables included.
  func packedBytes(_ storage: StorageKind, _ shape: WeightShape) -> Int
}

/// A storage without its elements.
public enum StorageKind: String, Hashable, Sendable, CaseIterable {
  case dense, uniform
  case indexRows = "index-rows"
  case bitmap, blocks
}

/// The extents of a weight as a matrix, and how much of it is not zero.
public struct WeightShape: Hashable, Sendable {
  /// The rows.
  public var rows: Int
  /// The columns.
  public var columns: Int
  /// Elements that are not zero.
  public var nonzeros: Int
  /// Bytes of an element.
  public var elementBytes: Int

  /// Describes a weight.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - columns: The columns.
  ///   - nonzeros: Elements that are not zero.
  ///   - elementBytes: Bytes of an element.
  public init(rows: Int, columns: Int, nonzeros: Int, elementBytes: Int) {
    self.rows = rows
    self.columns = columns
    self.nonzeros = nonzeros
    self.elementBytes = elementBytes
  }
}

extension Target: TargetCost {
  /// The name of the target.
  public var name: String { rawValue }

  /// The time of the kernels there are: dense ones and those over index rows.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - density: The part of the elements that is not zero.
  ///   - use: How the weight is read.
  /// - Returns: 1 for what takes as long as dense; `nil` without a kernel.
  public func relativeTime(
    _ storage: StorageKind, density: Double, _ use: WeightUse
  ) -> Double? {
    switch storage {
    case .dense, .uniform: 1
    case .indexRows: 0.01 + density * timePerNonzero(use)
    case .bitmap, .blocks: nil
    }
  }

  /// The time of one nonzero in index rows, with that of one element of a dense weight as 1.
  private func timePerNonzero(_ use: WeightUse) -> Double {
    let hasVectors = !vectorBytes.isEmpty
    switch use {
    case .pointwise: return hasVectors ? 1.3 : 1.4
    case .window: return 1.9
    case .depthwise: return 2.5
    case .product: return hasVectors ? 8 : 2.4
    }
  }

  /// The bytes of a weight as kernels read it, tables included.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - shape: The extents of the weight.
  /// - Returns: Elements, indices and starts.
  public func packedBytes(_ storage: StorageKind, _ shape: WeightShape) -> Int {
    let values = shape.nonzeros * shape.elementBytes
    switch storage {
    case .dense: return shape.rows * shape.columns * shape.elementBytes
    case .uniform: return shape.elementBytes
    case .bitmap: return values + (shape.rows * shape.columns + 7) / 8
    case .indexRows, .blocks:
      let starts = (shape.rows + 1) * indexBytes(shape.nonzeros)
      return values + shape.nonzeros * indexBytes(max(shape.columns - 1, 0)) + starts
    }
  }

  /// The bytes of the narrowest unsigned type that holds a number.
  private func indexBytes(_ largest: Int) -> Int { largest < 256 ? 1 : largest < 65536 ? 2 : 4 }
}
