import CoppiceIR

/// How results of a convolution over planes end: in whole vectors where nobody minds what lies behind
/// a plane, or by way of memory of their own.
struct PlaneEnds {
  /// Whether results may be stored in whole vectors to the end of a plane.
  let hasRoom: Bool
  private let g: ConvolutionGeometry
  private let lanes: Int
  /// Results of a plane in a last vector that is not full; 0 for none.
  private let rest: Int

  /// Looks at the results; `nil` where they do not lie row by row, or go without vectors.
  init?(_ g: ConvolutionGeometry, _ site: Site, _ target: Target) {
    let views = [g.y] + site.tailViews
    let lanes = target.lanes(of: g.arithmetic.element)
    guard lanes > 1, site.tailIsVectorizable(along: 3), g.y.strides[3] == 1,
      views.allSatisfy({ g.outHeight == 1 || $0.strides[2] == g.outWidth * $0.strides[3] })
    else { return nil }
    (self.g, self.lanes) = (g, lanes)
    let positions = g.outHeight * g.outWidth
    rest = positions % lanes
    let padded = (positions + lanes - 1) / lanes * lanes
    hasRoom = site.hasOwnPlanes && views.allSatisfy { $0.hasRoom(padded) }
  }

  /// Whether the last vector of a plane goes through memory of its own.
  private var spills: Bool { !hasRoom && rest != 0 }

  /// Bytes of that memory.
  var scratch: Int { spills ? lanes * g.arithmetic.bytes : 0 }

  /// That memory; `nil` for none.
  func placed(_ builder: LoopBuilder) -> TensorView? {
    spills ? builder.scratch(g.y.element, [lanes], "last") : nil
  }

  /// Elements that go through it one by one, by what they take beside such as are copied in a row.
  var copied: Double { spills ? Double(g.y.shape[0] * g.y.shape[1] * rest * 10) : 0 }
}

extension TensorView {
  /// Whether each plane may be read or written in whole vectors to its end.
  fileprivate func hasRoom(_ padded: Int) -> Bool {
    if strides[2] == 0 && strides[3] == 0 { return true }
    let planes = (0..<2).reduce(0) { $0 + (shape[$1] - 1) * strides[$1] }
    return (strides[1] == 0 || strides[1] >= padded || shape[1] == 1)
      && offset + planes + padded <= buffer.count
  }
}
