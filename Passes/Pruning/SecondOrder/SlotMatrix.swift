/// A square matrix of doubles that is worked on in place, in tiles of 4 x 4.
///
/// Every element is summed up in one order, whatever the number of cores.
final class SlotMatrix: @unchecked Sendable {
  /// Rows that mean something.
  let count: Int
  /// Rows in memory, a multiple of 4.
  let stride: Int
  let elements: UnsafeMutablePointer<Double>

  /// Makes a matrix of zeros.
  init(_ count: Int) {
    self.count = count
    stride = (count + 3) & ~3
    elements = .allocate(capacity: max(stride * stride, 1))
    elements.initialize(repeating: 0, count: stride * stride)
  }

  deinit { elements.deallocate() }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * stride + column] }
    set { elements[row * stride + column] = newValue }
  }

  /// A row.
  func row(_ index: Int) -> UnsafeMutablePointer<Double> { elements + index * stride }
}

/// Four rows side by side, as the tiles read them.
typealias Lanes = SIMD4<Double>

/// Adds products to a tile: for each of 4 rows and 4 columns the sum over `count` terms of both
/// sides, times `sign`, onto what is there.
@inline(__always)
func accumulateTile(
  _ tile: UnsafeMutablePointer<Double>, stride: Int, rows: UnsafePointer<Lanes>,
  columns: UnsafePointer<Lanes>, count: Int, sign: Double
) {
  let memory = UnsafeMutableRawPointer(tile)
  let step = stride * 8
  var sum0 = memory.loadUnaligned(as: Lanes.self)
  var sum1 = memory.loadUnaligned(fromByteOffset: step, as: Lanes.self)
  var sum2 = memory.loadUnaligned(fromByteOffset: 2 * step, as: Lanes.self)
  var sum3 = memory.loadUnaligned(fromByteOffset: 3 * step, as: Lanes.self)
  for index in 0..<count {
    let (row, column) = (rows[index] * sign, columns[index])
    sum0 += column * row[0]
    sum1 += column * row[1]
    sum2 += column * row[2]
    sum3 += column * row[3]
  }
  memory.storeBytes(of: sum0, as: Lanes.self)
  memory.storeBytes(of: sum1, toByteOffset: step, as: Lanes.self)
  memory.storeBytes(of: sum2, toByteOffset: 2 * step, as: Lanes.self)
  memory.storeBytes(of: sum3, toByteOffset: 3 * step, as: Lanes.self)
}

/// As `accumulateTile`, where the other side is 4 columns of a matrix.
@inline(__always)
func accumulateProduct(
  _ tile: UnsafeMutablePointer<Double>, stride: Int, rows: UnsafePointer<Lanes>,
  matrix: UnsafePointer<Double>, matrixStride: Int, count: Int, sign: Double
) {
  let memory = UnsafeMutableRawPointer(tile)
  let step = stride * 8
  var sum0 = memory.loadUnaligned(as: Lanes.self)
  var sum1 = memory.loadUnaligned(fromByteOffset: step, as: Lanes.self)
  var sum2 = memory.loadUnaligned(fromByteOffset: 2 * step, as: Lanes.self)
  var sum3 = memory.loadUnaligned(fromByteOffset: 3 * step, as: Lanes.self)
  var other = UnsafeRawPointer(matrix)
  for index in 0..<count {
    let (row, column) = (rows[index] * sign, other.loadUnaligned(as: Lanes.self))
    sum0 += column * row[0]
    sum1 += column * row[1]
    sum2 += column * row[2]
    sum3 += column * row[3]
    other += matrixStride * 8
  }
  memory.storeBytes(of: sum0, as: Lanes.self)
  memory.storeBytes(of: sum1, toByteOffset: step, as: Lanes.self)
  memory.storeBytes(of: sum2, toByteOffset: 2 * step, as: Lanes.self)
  memory.storeBytes(of: sum3, toByteOffset: 3 * step, as: Lanes.self)
}

/// Memory that is given back with its owner.
final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  let elements: UnsafeMutablePointer<Element>

  init(_ count: Int, repeating element: Element) {
    elements = .allocate(capacity: max(count, 1))
    elements.initialize(repeating: element, count: count)
  }

  deinit { elements.deallocate() }
}
