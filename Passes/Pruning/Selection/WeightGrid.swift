import CoppiceIR

/// A weight as groups of rows (output channels) x columns (input channels) x taps of a window.
struct WeightGrid {
  let groups: Int
  /// Rows of a group.
  let rows: Int
  /// Columns of a group.
  let columns: Int
  let taps: Int
  private let strides: (group: Int, row: Int, column: Int)
  /// Where each element of the operand lies in the constant; `nil` where both are the same.
  private let positions: [Int32]?

  /// Takes the first reading of a weight; `nil` if it has no rows.
  init?(_ weight: PrunableWeight, _ graph: Graph) {
    guard let reader = weight.reading, let rowAxis = reader.reading.rowAxis,
      let operand = graph[reader.node].operand(reader.operand)
    else { return nil }
    let (reading, shape) = (reader.reading, graph[operand].type.shape)
    let strides = rowMajorStrides(shape)
    let column = reading.columnAxis
    guard shape.indices.contains(rowAxis), shape.indices.contains(column), rowAxis != column else {
      return nil
    }
    if reading.kind == .convolution {
      groups = max(reading.groups, 1)
      taps = shape[2...].reduce(1, *)
      rows = rowAxis == 0 ? shape[0] / groups : shape[rowAxis]
      columns = column == 0 ? shape[0] / groups : shape[column]
      let perGroup = rowAxis == 0 ? rows : columns
      self.strides = (perGroup * strides[0], strides[rowAxis], strides[column])
    } else {
      groups = shape[..<min(rowAxis, column)].reduce(1, *)
      (rows, columns, taps) = (shape[rowAxis], shape[column], 1)
      self.strides = (rows * columns, strides[rowAxis], strides[column])
    }
    guard groups * rows * columns * taps == weight.count else { return nil }
    do {
      positions = try graph.positions(weight, behind: reader.carriers)
    } catch {
      return nil
    }
  }

  /// The row-major index in the constant of an element.
  @inline(__always)
  func index(_ group: Int, _ row: Int, _ column: Int, _ tap: Int) -> Int {
    let place = group * strides.group + row * strides.row + column * strides.column + tap
    return positions.map { Int($0[place]) } ?? place
  }

  /// Visits every element.
  @inline(__always)
  func forEach(_ body: (_ group: Int, _ row: Int, _ column: Int, _ tap: Int) -> Void) {
    for group in 0..<groups {
      for row in 0..<rows {
        for column in 0..<columns {
          for tap in 0..<taps { body(group, row, column, tap) }
        }
      }
    }
  }
}

extension Graph {
  /// Where the elements that carriers hand on lie in the constant that they carry.
  fileprivate func positions(
    _ weight: PrunableWeight, behind carriers: [NodeID]
  ) throws(DiagnosticMessage) -> [Int32]? {
    let moving = carriers.filter { self[$0].op.movesElements }
    if moving.isEmpty { return nil }
    var indices = Constant(
      TensorType(.int32, weight.constant.type.shape),
      .dense(Bytes((0..<Int32(clamping: weight.count)).map { $0 })))
    for carrier in moving.reversed() {
      var context = inferenceContext(carrier)
      context.operands[0] = indices.type
      context.known[0] = indices
      guard let moved = try Interpreter.evaluate(op: self[carrier].op, context: context).first
      else { return nil }
      indices = moved
    }
    return indices.dense.array(of: Int32.self)
  }
}

extension Operator {
  /// Whether a carrier of elements changes their order; conversions do not.
  fileprivate var movesElements: Bool { !(self is Cast || self is DequantizeLinear) }
}
