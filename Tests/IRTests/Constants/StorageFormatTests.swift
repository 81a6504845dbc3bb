@_spi(RawEditing) import CoppiceIR
import Testing

/// Every element type in every storage comes back exactly, also through the text form.
@Suite struct StorageFormatTests {
  static let elements = ElementType.allCases.filter { $0 != .string }

  /// Bytes that mean something in every type, most elements zero.
  private static func constant(_ element: ElementType, _ shape: [Int], _ seed: Int) -> Constant {
    let type = TensorType(element, shape)
    var state = UInt64(truncatingIfNeeded: seed &* 7919 &+ 13)
    func random(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    let bytes = Bytes(count: type.byteCount) { out in
      for index in 0..<type.count where random(3) == 0 {
        for bit in (index * element.bits)..<((index + 1) * element.bits) where random(2) == 1 {
          // A bool is 0 or 1.
          if element == .bool && bit % 8 > 0 { continue }
          out[bit / 8] |= 1 << UInt8(bit % 8)
        }
      }
    }
    return Constant(type, .dense(bytes))
  }

  static let shapes = [[7], [5, 9], [4, 3, 3, 2], [3, 1, 2, 5], [2, 3, 0], [1, 1], [6, 2, 7]]

  @Test(arguments: elements) func everyStorageComesBackExactly(_ element: ElementType) throws {
    for (seed, shape) in Self.shapes.enumerated() {
      let dense = Self.constant(element, shape, seed)
      for kind in StorageKind.sparse {
        for rowAxis in shape.indices {
          let stored = dense.stored(as: kind, rowAxis: rowAxis)
          let name: Comment = "\(kind), \(dense.type), rows along \(rowAxis)"
          #expect(stored.storage.kind == kind, name)
          #expect(stored.dense == dense.dense, name)
          #expect(stored.nonzeroCount == dense.nonzeroCount, name)
          #expect(stored.stored(as: .dense).dense == dense.dense, name)
          try expectReads(stored, name)
        }
      }
    }
  }

  /// The verifier has nothing against it, and the text form gives it back.
  private func expectReads(_ constant: Constant, _ name: Comment) throws {
    var graph = Graph(name: "g")
    graph.setOutputs([graph.addConstant(constant, name: "w")])
    #expect(Verifier.check(graph).map(\.description) == [], name)
    let copy = try Graph(parsing: graph.text(.exact))
    #expect(copy.constant(copy.outputs[0]) == constant, name)
  }

  @Test func blocksOfEverySizeComeBackExactly() {
    for element in [ElementType.float32, .int4, .uint2, .int16] {
      let dense = Self.constant(element, [7, 10], 3)
      for (height, width) in [(1, 1), (1, 4), (3, 2), (4, 1), (16, 1), (2, 16)] {
        let stored = dense.asBlocks(rowAxis: 1, height: height, width: width)
        #expect(stored.dense == dense.dense, "\(element), \(height) x \(width)")
      }
    }
  }

  @Test(arguments: [ElementType.int4, .uint2, .float4e2m1])
  func narrowElementsAreSpreadOut(_ element: ElementType) {
    let one: UInt8 = element == .uint2 ? 2 : 5
    let uniform = Constant(TensorType(element, [5]), .uniform(Bytes([one])))
    let expected: [UInt8] = element == .uint2 ? [0b10101010, 0b10] : [0x55, 0x55, 5]
    #expect(uniform.dense.array(of: UInt8.self) == expected)
    #expect(uniform.nonzeroCount == 5)
  }

  @Test func equalElementsBecomeUniform() {
    let dense = Constant([Float](repeating: -2, count: 6), .float32, [2, 3])
    let uniform = dense.stored(as: .uniform)
    #expect(uniform.storage == .uniform(Bytes([Float(-2)])))
    #expect(uniform.dense == dense.dense)
  }

  @Test func negativeZerosAreKept() {
    let dense = Constant([Float(-0.0), 0, 1, 0], .float32, [2, 2])
    for kind in StorageKind.sparse {
      let stored = dense.stored(as: kind)
      #expect(stored.nonzeroCount == 1 && stored.dense == dense.dense, "\(kind)")
    }
  }

  @Test(arguments: [
    "index-rows {axis = 7, columns = 2, starts = [0, 1], indices = [0]} [1]",
    "index-rows {axis = 0, columns = 2, starts = [0, 9223372036854775807], indices = [0]} [1]",
    "index-rows {starts = [], indices = []} []",
    "blocks {axis = 0, height = 9223372036854775807, width = 9, columns = 2, starts = [0]} []",
    "blocks {axis = 0, height = 0, width = 1, columns = 2, starts = [0, 0], indices = []} []",
    "blocks {axis = 0, height = -4, columns = 2, starts = [0, 0], indices = []} []",
    "blocks-8x1 {axis = 0, columns = 2, starts = [0, 1], indices = [0]} [1]",
    "blocks-16x1 {axis = 7, columns = 2, starts = [0, 0], indices = []} []",
    "blocks-16x1 {axis = 0, columns = 2, starts = [], indices = []} []",
    "blocks-1x4 {axis = 0, columns = 2, starts = [0, 1], indices = [0]} [1]",
    "blocks-1x4 {axis = 0, columns = 2, starts = [0, 1], indices = [1]} [1, 0, 0, 0]",
    "blocks-1x4 {axis = -1, columns = 9223372036854775807, starts = [0], indices = []} []",
    "blocks-1x4 {axis = 0, columns = 2, starts = [], indices = []} []",
    "bitmap {mask = hex \"ff\"} [1]", "bitmap {mask = 3} [1]", "bitmap {axis = 0} [1]",
    "equal-rows {axis = 0, columns = 2, length = 2, indices = [1, 1]} [1, 2]",
    "equal-rows {axis = 0, columns = 2, length = 9223372036854775807, indices = []} []",
    "equal-rows {axis = 0, columns = 2, length = -1, indices = [0]} [1]",
    "equal-rows {axis = 0, columns = 2, length = 1, indices = [-1]} [1]",
    "bitmap [1]", "index-rows [1]", "blocks [1]", "index-rowss [1]", "dense {axis = 0} [1, 2]",
  ])
  func damagedStoragesAreRefused(_ text: String) {
    let graph = "graph @g() {\n  %w = constant \(text) : i8[1,2]\n  return %w\n}"
    let error = #expect(throws: Diagnostic.self) { try Graph(parsing: graph) }
    #expect(["text-constant", "text-syntax"].contains(error?.message.id))
  }
}
