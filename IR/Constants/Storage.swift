/// How the elements of a constant are held.
///
/// Every form has an exact round trip to dense.
public enum Storage: Sendable {
  /// Row-major, packed, little endian.
  case dense(Bytes)
  /// All elements equal; the bytes of one.
  case uniform(Bytes)
  /// Without zeros, in one of ``StorageFormats``.
  case sparse(any SparseFormat)

  /// The name in diagnostics.
  public var name: String {
    switch self {
    case .dense: "dense"
    case .uniform: "uniform"
    case .sparse(let format): format.name
    }
  }

  /// The storage without its elements.
  public var kind: StorageKind {
    switch self {
    case .dense: .dense
    case .uniform: .uniform
    case .sparse(let format): StorageKind(type(of: format))
    }
  }

  /// The format, where zeros are left out.
  public var format: (any SparseFormat)? {
    if case .sparse(let format) = self { format } else { nil }
  }

  /// Whether one number stands for all elements.
  public var isUniform: Bool {
    if case .uniform = self { true } else { false }
  }

  /// Whether zeros are left out.
  public var isSparse: Bool { format != nil }
}

extension Storage: Hashable {
  /// Compares the elements as they are held, not the tensors that they stand for.
  ///
  /// - Parameters:
  ///   - left: A storage.
  ///   - right: Another one.
  /// - Returns: Whether both hold the same in the same way.
  public static func == (left: Storage, right: Storage) -> Bool {
    switch (left, right) {
    case (.dense(let a), .dense(let b)), (.uniform(let a), .uniform(let b)): a == b
    case (.sparse(let a), .sparse(let b)): a.isEqual(b)
    default: false
    }
  }

  /// Hashes the name and what is held.
  ///
  /// - Parameter hasher: Takes them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    switch self {
    case .dense(let bytes), .uniform(let bytes): hasher.combine(bytes)
    case .sparse(let format): format.hash(into: &hasher)
    }
  }
}

extension SparseFormat {
  fileprivate func isEqual(_ other: any SparseFormat) -> Bool { other as? Self == self }
}

/// A storage without its elements.
public struct StorageKind: Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// What options and reports call it.
  public let rawValue: String
  /// The format, where zeros are left out.
  public let format: (any SparseFormat.Type)?

  private init(_ name: String) {
    rawValue = name
    format = nil
  }

  /// The kind of a format.
  ///
  /// - Parameter format: One of ``StorageFormats``.
  public init(_ format: any SparseFormat.Type) {
    rawValue = format.formatName
    self.format = format
  }

  /// Finds a kind by its name.
  ///
  /// - Parameter rawValue: Such as `bitmap`.
  public init?(rawValue: String) {
    guard let kind = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = kind
  }

  /// Every element, row-major.
  public static let dense = StorageKind("dense")
  /// One number for all elements.
  public static let uniform = StorageKind("uniform")
  /// All kinds: those without a format, then the formats in order.
  public static var allCases: [StorageKind] { [.dense, .uniform] + sparse }
  /// The kinds that leave zeros out.
  public static var sparse: [StorageKind] { StorageFormats.all.map { StorageKind($0) } }

  /// The kinds that leave zeros out and are offered for weights of a type.
  ///
  /// - Parameter element: Of the weight.
  /// - Returns: In the order of the formats.
  public static func sparse(serving element: ElementType) -> [StorageKind] {
    sparse.filter { $0.format?.serves(element) ?? false }
  }

  /// Rows that share an index in the canonical packing.
  public var height: Int { format?.canonicalHeight ?? 1 }
  /// Columns that share an index in the canonical packing.
  public var width: Int { format?.canonicalWidth ?? 1 }
  /// Whether kernels test every column of a row, instead of being told the next one.
  public var testsColumns: Bool { format?.testsColumns ?? false }
  /// The name.
  public var description: String { rawValue }

  /// Compares names.
  ///
  /// - Parameters:
  ///   - left: A kind.
  ///   - right: Another one.
  /// - Returns: Whether they are the same.
  public static func == (left: StorageKind, right: StorageKind) -> Bool {
    left.rawValue == right.rawValue
  }

  /// Hashes the name.
  ///
  /// - Parameter hasher: Takes it.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
