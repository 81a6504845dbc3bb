import CoppiceIR

/// Which element of its operand each window meets at each tap, along each spatial axis.
struct SpatialTable {
  /// For each axis the extents of windows and taps, and the index in the operand for each window
  /// and tap; -1 in the padding or between elements.
  private let axes: [(windows: Int, taps: Int, indices: [Int])]
  private let shape: [Int]

  /// The taps of a window.
  var taps: Int { axes.reduce(1) { $0 * $1.taps } }

  /// The windows of convolution.
  init(_ window: SpatialWindow, _ type: TensorType) {
    shape = Array(type.shape[2...])
    axes = shape.indices.map { axis in
      Self.axis(window.output[axis], window.kernel[axis]) { output, tap in
        let index =
          output * window.strides[axis] - window.begin[axis] + tap * window.dilations[axis]
        return index < type.shape[axis + 2] ? index : -1
      }
    }
  }

  /// The windows of transposed convolution, as its results meet its operand.
  init(_ window: TransposedWindow, _ type: TensorType) {
    shape = Array(type.shape[2...])
    axes = shape.indices.map { axis in
      Self.axis(window.output[axis], window.kernel[axis]) { output, tap in
        let shifted = output + window.begin[axis] - tap * window.dilations[axis]
        guard shifted >= 0, shifted % window.strides[axis] == 0 else { return -1 }
        let index = shifted / window.strides[axis]
        return index < type.shape[axis + 2] ? index : -1
      }
    }
  }

  private static func axis(
    _ windows: Int, _ taps: Int, _ index: (Int, Int) -> Int
  ) -> (windows: Int, taps: Int, indices: [Int]) {
    var indices: [Int] = []
    for output in 0..<windows {
      for tap in 0..<taps { indices.append(max(index(output, tap), -1)) }
    }
    return (windows, taps, indices)
  }

  /// The place of each window's element at each tap, taps first; `stride` elements from one of a
  /// batch to the next.
  func places(batch: Int, stride: Int) -> [Int32] {
    let windows = axes.reduce(1) { $0 * $1.windows }
    var places: [Int32] = []
    places.reserveCapacity(batch * windows * taps)
    for tap in 0..<taps {
      let plane = (0..<windows).map { place($0, tap) }
      for sample in 0..<batch {
        for place in plane { places.append(place < 0 ? -1 : Int32(sample * stride + place)) }
      }
    }
    return places
  }

  private func place(_ window: Int, _ tap: Int) -> Int {
    var (window, tap, place, step) = (window, tap, 0, 1)
    for axis in axes.indices.reversed() {
      let (windows, taps, indices) = axes[axis]
      let index = indices[window % windows * taps + tap % taps]
      if index < 0 { return -1 }
      place += index * step
      (window, tap, step) = (window / windows, tap / taps, step * shape[axis])
    }
    return place
  }
}
