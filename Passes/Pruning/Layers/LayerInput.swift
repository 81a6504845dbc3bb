import CoppiceIR

/// The matrix that a weight is multiplied with: for each group of it a row for each position where
/// it is applied, and a column for each input channel and tap of the window.
struct LayerInput: Sendable {
  /// The value that holds the elements.
  let value: ValueID
  let type: TensorType
  let groups: Int
  /// Input channels of a group.
  let channels: Int
  let taps: Int
  /// Rows of a group's matrix, of one sample.
  let positions: Int
  /// Where elements lie: at `places[group][tap * positions + position]` for the first channel.
  ///
  /// -1 stands for a zero of the padding. One list may serve all groups.
  private let places: [[Int32]]
  private let channelStride: Int
  private let groupStride: Int

  init(
    _ value: ValueID, _ type: TensorType, groups: Int, channels: Int, taps: Int = 1,
    places: [[Int32]], channelStride: Int, groupStride: Int = 0
  ) {
    (self.value, self.type, self.groups) = (value, type, groups)
    (self.channels, self.taps, self.places) = (channels, taps, places)
    (self.channelStride, self.groupStride) = (channelStride, groupStride)
    positions = taps == 0 ? 0 : (places.first?.count ?? 0) / taps
  }

  /// Calls `body` with the place of each position's element of a column, or -1.
  @inline(__always)
  func forEachPlace(
    _ group: Int, _ channel: Int, _ tap: Int, _ rows: Range<Int>,
    _ body: (_ row: Int, _ place: Int) -> Void
  ) {
    let offset = channel * channelStride + group * groupStride
    places[places.count == 1 ? 0 : group].withUnsafeBufferPointer { places in
      let first = tap * positions
      for row in rows {
        let place = Int(places[first + row])
        body(row, place < 0 ? -1 : place + offset)
      }
    }
  }
}

/// Why the input of a layer cannot be measured.
struct LayerRefusal: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

extension LayerInput {
  /// The input of an operator that reads a weight.
  ///
  /// - Parameters:
  ///   - reader: Of the body of the graph.
  ///   - graph: The model.
  /// - Throws: Why there is no such matrix among the model's values.
  init(_ reader: Weight.Reader, in graph: Graph) throws(LayerRefusal) {
    let node = graph[reader.node]
    guard node.parent == graph.body else { throw LayerRefusal("a nested body reads it") }
    let operands = node.operands.map { operand in operand.map { graph[$0].type } }
    guard let value = node.operand(reader.reading.input) ?? node.operand(0),
      let weight = operands[reader.operand]
    else { throw LayerRefusal("its input is absent") }
    let type = graph[value].type
    do {
      switch node.op {
      case let op as Conv:
        self = .convolution(
          value, type, weight, op.group, SpatialTable(try op.window(type.shape, weight.shape), type)
        )
      case let op as ConvTranspose:
        let window = try TransposedWindow(
          op.settings, kernel: Array(weight.shape[2...]), input: Array(type.shape[2...]))
        self = .transposed(value, type, weight, op.group, SpatialTable(window, type))
      case is Gemm: self = .matrix(value, type, axis: reader.reading.inputAxis)
      case is MatMul: self = try .product(value, type, weight, reader.reading)
      case is RNN, is GRU, is LSTM: self = try .recurrence(reader, in: graph)
      default: throw LayerRefusal("the columns that \(node.op.name) reads are not known")
      }
    } catch let refusal as LayerRefusal {
      throw refusal
    } catch {
      throw LayerRefusal("\(error)")
    }
    guard groups * channels * taps > 0, positions > 0 else {
      throw LayerRefusal("its input is empty")
    }
  }

  private static func convolution(
    _ value: ValueID, _ type: TensorType, _ weight: TensorType, _ group: Int, _ table: SpatialTable
  ) -> LayerInput {
    let area = type.shape[2...].reduce(1, *)
    let perGroup = weight.shape[1]
    return LayerInput(
      value, type, groups: group, channels: perGroup, taps: table.taps,
      places: [table.places(batch: type.shape[0], stride: type.shape[1] * area)],
      channelStride: area, groupStride: perGroup * area)
  }

  private static func transposed(
    _ value: ValueID, _ type: TensorType, _ weight: TensorType, _ group: Int, _ table: SpatialTable
  ) -> LayerInput {
    let area = type.shape[2...].reduce(1, *)
    let perGroup = weight.shape[0] / max(group, 1)
    return LayerInput(
      value, type, groups: group, channels: perGroup, taps: table.taps,
      places: [table.places(batch: type.shape[0], stride: type.shape[1] * area)],
      channelStride: area, groupStride: perGroup * area)
  }

  /// The channels along one axis, a position for each index of the others.
  private static func matrix(_ value: ValueID, _ type: TensorType, axis: Int) -> LayerInput {
    let stride = rowMajorStrides(type.shape)[axis]
    let rows = (0..<type.count).filter { $0 / max(stride, 1) % max(type.shape[axis], 1) == 0 }
    return LayerInput(
      value, type, groups: 1, channels: type.shape[axis], places: [rows.map { Int32($0) }],
      channelStride: stride)
  }

  /// A product; each matrix of a batched weight is a group, which meets the batches that it is
  /// broadcast to.
  private static func product(
    _ value: ValueID, _ type: TensorType, _ weight: TensorType, _ reading: LinearReading
  ) throws(LayerRefusal) -> LayerInput {
    if weight.rank == 2 { return matrix(value, type, axis: reading.inputAxis) }
    let own = Array(weight.shape.dropLast(2))
    guard type.rank >= 2, let all = broadcastShape([own, Array(type.shape.dropLast(2))]) else {
      throw LayerRefusal("it multiplies a vector by a batch of matrices")
    }
    let groups = own.reduce(1, *)
    let strides = rowMajorStrides(type.shape)
    let free = type.rank - 1 == reading.inputAxis ? type.rank - 2 : type.rank - 1
    var places = [[Int32]](repeating: [], count: groups)
    for batch in 0..<all.reduce(1, *) {
      let start =
        offset(batch, of: all, in: Array(type.shape.dropLast(2)))
        * type.shape.suffix(2).reduce(1, *)
      let group = offset(batch, of: all, in: own)
      places[group] += (0..<type.shape[free]).map { Int32(start + $0 * strides[free]) }
    }
    return LayerInput(
      value, type, groups: groups, channels: type.shape[reading.inputAxis], places: places,
      channelStride: strides[reading.inputAxis])
  }

  /// The row-major index in a shape that is broadcast to another one.
  private static func offset(_ index: Int, of shape: [Int], in small: [Int]) -> Int {
    let (strides, own) = (rowMajorStrides(shape), rowMajorStrides(small))
    let lead = shape.count - small.count
    return small.indices.reduce(0) { sum, axis in
      let at = index / max(strides[axis + lead], 1) % max(shape[axis + lead], 1)
      return sum + (small[axis] == 1 ? 0 : at * own[axis])
    }
  }
}
