import CoppiceIR

/// A convolution in larger steps seen as one in steps of one: rows and columns of the operand that lie
/// a step apart make a plane of their own, and each tap of the window falls on one of the planes.
struct ConvolutionPhases {
  /// Where the taps of an axis fall.
  struct Axis {
    let stride: Int
    /// Elements of the operand.
    let extent: Int
    /// For each tap the first element of its plane, and how many steps from the result it lies.
    let taps: [(phase: Int, step: Int)]
    /// The first elements of the planes that are met.
    let phases: [Int]

    init(_ g: ConvolutionGeometry, _ axis: Int) {
      let window = g.window
      let (stride, begin) = (window.strides[axis], window.begin[axis])
      taps = (0..<window.kernel[axis]).map { tap in
        let place = tap * window.dilations[axis] - begin
        let phase = (place % stride + stride) % stride
        return (phase, (place - phase) / stride)
      }
      self.stride = stride
      extent = axis == 0 ? g.height : g.width
      phases = Set(taps.map(\.phase)).sorted()
    }

    /// Elements of a plane along the axis.
    func count(_ phase: Int) -> Int { max(0, (extent - phase + stride - 1) / stride) }

    /// Steps before the result, and taps of the window in steps of one.
    var before: Int { -min(taps.map(\.step).min() ?? 0, 0) }
    var reach: Int { (taps.map(\.step).max() ?? 0) + before + 1 }
  }

  let rows: Axis
  let columns: Axis

  /// Planes of each channel.
  var count: Int { rows.phases.count * columns.phases.count }

  /// The plane of a channel that a tap falls on.
  private func number(_ row: Int, _ column: Int) -> Int {
    let down = rows.phases.firstIndex(of: rows.taps[row].phase) ?? 0
    let across = columns.phases.firstIndex(of: columns.taps[column].phase) ?? 0
    return down * columns.phases.count + across
  }

  /// The shape of the weight in steps of one.
  func shape(_ shape: [Int]) -> [Int] {
    [shape[0], shape[1] * count, rows.reach, columns.reach]
  }

  /// Where each tap of a filter goes, counted from the filter's first in steps of one.
  private func places(_ shape: [Int]) -> [Int] {
    rows.taps.indices.flatMap { row in
      columns.taps.indices.map { column in
        let down = rows.taps[row].step + rows.before
        let across = columns.taps[column].step + columns.before
        return (number(row, column) * shape[2] + down) * shape[3] + across
      }
    }
  }

  /// The weight in steps of one.
  func rearranged(_ constant: Constant) -> Constant {
    let (old, bytes) = (constant.type.shape, constant.type.element.bits / 8)
    let new = shape(old)
    let dense = constant.dense
    let places = places(new)
    let values = dense.withUnsafeBytes { raw in
      Bytes(count: new.reduce(bytes, *)) { out in
        out.initializeMemory(as: UInt8.self, repeating: 0)
        for filter in 0..<(old[0] * old[1]) {
          let (first, start) = (filter * places.count, filter * count * new[2] * new[3])
          for (tap, place) in places.enumerated() {
            let (from, to) = ((first + tap) * bytes, (start + place) * bytes)
            for byte in 0..<bytes { out[to + byte] = raw[from + byte] }
          }
        }
      }
    }
    return Constant(TensorType(constant.type.element, new), .dense(values))
  }
}

extension ConvolutionGeometry {
  /// The same convolution in steps of one; `nil` if it is already, or if its planes were wider than the
  /// result.
  func inPhases() -> ConvolutionGeometry? {
    guard window.strides != [1, 1], phases == nil else { return nil }
    let phases = ConvolutionPhases(rows: .init(self, 0), columns: .init(self, 1))
    guard phases.columns.phases.allSatisfy({ phases.columns.count($0) <= outWidth }) else {
      return nil
    }
    var g = self
    g.phases = phases
    g.height = phases.rows.phases.map { phases.rows.count($0) }.max() ?? 0
    g.width = outWidth
    g.x.shape = [x.shape[0], x.shape[1] * phases.count, g.height, g.width]
    g.window.strides = [1, 1]
    g.window.dilations = [1, 1]
    g.window.kernel = [phases.rows.reach, phases.columns.reach]
    g.window.begin = [phases.rows.before, phases.columns.before]
    return g
  }
}
