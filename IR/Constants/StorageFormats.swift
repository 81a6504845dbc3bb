/// The formats that leave zeros out.
public enum StorageFormats {
  /// Each format once; of two that serve a weight equally well the earlier one is taken.
  public static let all: [any SparseFormat.Type] = [
    IndexRows.self, Bitmap.self, Blocks.self, TallBlocks<8>.self, TallBlocks<16>.self,
    InputBlocks.self, EqualRows.self, SizedBlocks<Size1x2>.self, SizedBlocks<Size2x4>.self,
    SizedBlocks<Size1x16>.self,
  ]

  /// Finds a format by its name in the text form.
  ///
  /// - Parameter name: Such as `index-rows`.
  /// - Returns: The format.
  public static func named(_ name: String) -> (any SparseFormat.Type)? {
    all.first { $0.formatName == name }
  }
}
