import CoppiceRecords
import Testing

/// Flags go from the model's order into the trainer's.
@Suite struct LayoutMaskTests {
  @Test(arguments: [
    RecordLayout.identity(24), .permutation([1, 0], of: [4, 6]),
    .permutation([2, 0, 1], of: [2, 3, 4]),
    .gates([0, 3, 1, 2], rows: 2, columns: 3, transposed: false, name: ""),
    .gates([1, 0, 2], rows: 2, columns: 4, transposed: true, name: ""),
    .gates([0, 3, 1, 2], rows: 2, columns: 3, transposed: false, name: "").moved(by: 24, name: ""),
  ])
  func everyFlagFindsItsElement(_ layout: RecordLayout) throws {
    let end = layout.range.upperBound
    for index in layout.range {
      let flags = (0..<end).map { UInt8($0 == index ? 1 : 0) }
      let moved = layout.inParameter(flags)
      #expect(moved.count == 24 && moved.reduce(0, +) == 1)
      #expect(moved.firstIndex(of: 1) == layout.parameterIndex(index))
    }
  }
}
