import CoppiceIR
import CoppiceRecords
import Foundation
import Testing

@Suite struct NumpyTests {
  private func read(_ bytes: [UInt8]) throws -> NumpyArray {
    let owner = FileBytes(copying: bytes, name: "t")
    defer { withExtendedLifetime(owner) {} }
    return try NumpyArray(npy: owner.bytes, name: "t")
  }

  private func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let count = header.utf8.count
    let length = [UInt8(count & 0xFF), UInt8(count >> 8)] + (version == 1 ? [] : [0, 0])
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + data
  }

  @Test(arguments: ElementType.allCases.filter { $0.numpyCode != nil })
  func whatIsWrittenIsRead(_ element: ElementType) throws {
    for shape in [[], [3], [2, 3], [0, 2]] {
      let count = shape.reduce(element.bits / 8, *)
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let array = try #require(NumpyArray(element, shape: shape, bytes: bytes))
      let file = try #require(array.npy())
      #expect((file.count - bytes.count) % 64 == 0)
      #expect(try read(file) == array)
    }
  }

  @Test func bigEndianAndColumnMajorArraysAreTurned() throws {
    let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n"
    let array = try read(npy(header, [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6], version: 2))
    #expect(array.bytes == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0])
  }

  @Test(arguments: [
    "", "{}", "{'descr': '<f4'}", "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
  ])
  func malformedHeadersAreErrors(_ header: String) {
    #expect(throws: DiagnosticMessage.self) { try read(npy(header, [0, 0, 0, 0])) }
  }

  @Test func everyTruncationIsAnError() throws {
    let file = try #require(NumpyArray(.int32, shape: [2], bytes: [1, 2, 3, 4, 5, 6, 7, 8])?.npy())
    for length in 0..<file.count {
      #expect(throws: DiagnosticMessage.self) { try read(Array(file.prefix(length))) }
    }
  }

  /// `numpy.savez_compressed` and `numpy.savez` of the same two arrays.
  @Test(arguments: ["deflated.npz", "stored.npz"])
  func archivesOfNumpyAreRead(_ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)")
    let archive = try NumpyArchive(path: file.path)
    #expect(archive.arrays.map(\.name) == ["a", "b"])
    #expect(archive["a"]?.shape == [40, 50])
    let values = (0..<2000).map { Int32($0 % 7 * ($0 / 300)) }
    #expect(archive["a"]?.bytes == values.withUnsafeBytes(Array.init))
    #expect(archive["b"]?.element == .float64)
    let bytes = try [UInt8](Data(contentsOf: file))
    for length in stride(from: 0, to: bytes.count, by: 7) {
      let cut = FileBytes(copying: Array(bytes.prefix(length)), name: "cut")
      #expect(throws: DiagnosticMessage.self) { try NumpyArchive(cut) }
    }
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      _ = try? NumpyArchive(FileBytes(copying: changed, name: "changed"))
    }
  }

  /// The size in the directory is larger than anything that the stream could unpack to, or smaller
  /// than what it does.
  @Test(arguments: [UInt32(0), 1, 8127, 8129, 0x7FFF_FFFF, 0xFFFF_FFFE])
  func sizesThatCannotBeAreRefusedBeforeMemoryIsTaken(_ size: UInt32) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/deflated.npz")
    var bytes = try [UInt8](Data(contentsOf: file))
    let entry = try #require(
      (0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    for index in 0..<4 {
      bytes[entry + 24 + index] = UInt8(truncatingIfNeeded: size >> (8 * index))
    }
    let archive = FileBytes(copying: bytes, name: "t")
    let error = #expect(throws: DiagnosticMessage.self) { try NumpyArchive(archive) }
    #expect(error?.id == "npz")
  }
}
