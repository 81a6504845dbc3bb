/// A way to hold a tensor without its zeros.
///
/// A format is one file in `IR/Constants/Formats` and one line in ``StorageFormats``. It holds what is
/// logically there: which elements, by their places in the tensor, and their values side by side.
/// Tables in the order that kernels read are made from it when a weight is lowered.
///
/// Formats see a tensor as a matrix: rows are the index along one axis, columns all the others in
/// row-major order (``MatrixView``).
public protocol SparseFormat: Hashable, Sendable {
  /// What options, reports and the text form call it.
  static var formatName: String { get }
  /// Rows that share an index in what `init(packing:rowAxis:)` makes.
  static var canonicalHeight: Int { get }
  /// Columns that share an index in what `init(packing:rowAxis:)` makes.
  static var canonicalWidth: Int { get }
  /// Whether kernels test every column of a row, instead of being told the next one.
  static var testsColumns: Bool { get }

  /// Whether the format is offered for weights of a type when nothing is asked for.
  ///
  /// - Parameter element: Of a weight.
  /// - Returns: `false` where no kernel gains by it.
  static func serves(_ element: ElementType) -> Bool

  /// Holds a tensor without its zeros: the elements whose bits are all zero.
  ///
  /// - Parameters:
  ///   - constant: A dense constant of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  init(packing constant: Constant, rowAxis: Int)

  /// Takes what stands in the text form.
  ///
  /// - Parameters:
  ///   - fields: What stands in braces; nothing that is missing may trap.
  ///   - values: The elements that are there.
  init(_ fields: StorageFields, values: Bytes)

  /// What stands in braces in the text form.
  var fields: KeyValuePairs<String, StorageField> { get }
  /// The elements that are there, packed.
  var values: Bytes { get }
  /// The number of elements that are there.
  var valueCount: Int { get }
  /// The name in diagnostics.
  var name: String { get }
  /// Rows that share an index.
  var height: Int { get }

  /// Whether packing the tensor by an axis again would give the same.
  ///
  /// - Parameter rowAxis: The axis that the rows go along.
  /// - Returns: `false` for other rows or blocks.
  func isCanonical(rowAxis: Int) -> Bool

  /// What is wrong, in words that follow the name; `nil` when all is sound.
  ///
  /// - Parameter type: Of the tensor.
  /// - Returns: The first fault.
  func fault(_ type: TensorType) -> String?

  /// The name in manifests.
  ///
  /// - Parameter type: Of the tensor.
  /// - Returns: The name, with what else decides the size of the tables.
  func manifestName(_ type: TensorType) -> String

  /// Visits the elements that are there.
  ///
  /// - Parameters:
  ///   - shape: Of the tensor.
  ///   - body: Gets the row-major index in the tensor and the number among the values.
  func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void)

  /// The entries that the tables of kernels have for a weight: one for each index.
  ///
  /// - Parameter pattern: Which elements of the weight are there.
  /// - Returns: Their number.
  static func slots(_ pattern: NonzeroPattern) -> Int

  /// The bytes of the tables of kernels: elements, indices or bits, and starts.
  ///
  /// - Parameter shape: The weight in numbers.
  /// - Returns: The bytes.
  static func tableBytes(_ shape: WeightShape) -> Int

  /// Makes the tables that kernels read.
  ///
  /// - Parameters:
  ///   - nonzeros: What is there, in the order of reading.
  ///   - operand: The operand that the weight is.
  ///   - builder: Takes the tables.
  /// - Returns: The tables.
  func table(_ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder) -> SparseTable
}

extension SparseFormat {
  /// One row for an index.
  public static var canonicalHeight: Int { 1 }
  /// One column for an index.
  public static var canonicalWidth: Int { 1 }
  /// Kernels are told the next column.
  public static var testsColumns: Bool { false }
  /// It is offered for all.
  public static func serves(_ element: ElementType) -> Bool { true }
  /// The name of the format.
  public var name: String { Self.formatName }
  /// One row for an index.
  public var height: Int { Self.canonicalHeight }

  /// The name of the storage.
  ///
  /// - Parameter type: Of the tensor.
  /// - Returns: The name.
  public func manifestName(_ type: TensorType) -> String { name }

  /// One for each element.
  ///
  /// - Parameter pattern: Which elements of the weight are there.
  /// - Returns: Their number.
  public static func slots(_ pattern: NonzeroPattern) -> Int { pattern.count }
}

/// Something that a storage says of itself in the text form.
public enum StorageField: Hashable, Sendable {
  /// Such as `4`.
  case integer(Int)
  /// Such as `[0, 2]`.
  case integers([Int32])
  /// Such as `hex "05"`.
  case bytes([UInt8])
}

/// What a storage says of itself in the text form.
public struct StorageFields: Sendable {
  private var fields: [String: StorageField] = [:]

  /// Says nothing.
  public init() {}

  /// What was said.
  ///
  /// - Parameter name: Of the field.
  public subscript(name: String) -> StorageField? {
    get { fields[name] }
    set { fields[name] = newValue }
  }

  /// A number.
  ///
  /// - Parameters:
  ///   - name: Of the field.
  ///   - missing: What it is when nothing is said.
  /// - Returns: The number.
  public func integer(_ name: String, default missing: Int = 0) -> Int {
    if case .integer(let value) = fields[name] { value } else { missing }
  }

  /// Numbers; none when nothing is said.
  ///
  /// - Parameter name: Of the field.
  /// - Returns: The numbers.
  public func integers(_ name: String) -> [Int32] {
    if case .integers(let values) = fields[name] { values } else { [] }
  }

  /// Bytes; none when nothing is said.
  ///
  /// - Parameter name: Of the field.
  /// - Returns: The bytes.
  public func bytes(_ name: String) -> [UInt8] {
    if case .bytes(let bytes) = fields[name] { bytes } else { [] }
  }
}
