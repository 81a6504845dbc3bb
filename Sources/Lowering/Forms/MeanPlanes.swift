import CoppiceIR

/// The mean of each whole plane, in vectors of neighbouring positions: pooling behind layers whose
/// channels come first.
struct MeanPlanes: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasWideVectors, site.weightOperand == nil, let x = site.operand(0),
      let y = site.results[0], x.rank == 4, x.stored.isNative, x.element.isFloat,
      y.stored == x.stored,
      y.shape == [x.shape[0], x.shape[1], 1, 1], averagesAll(site.op, x),
      x.strides[3] == 1, x.strides[2] == x.shape[3] || x.shape[2] == 1,
      let lanes = target.vectors(of: x.element).first.map({ $0 * 8 / x.element.bits }),
      x.shape[2] * x.shape[3] >= lanes
    else { return nil }
    let planes = Double(y.count)
    var work = Work()
    work[.load] = planes * Double((x.shape[2] * x.shape[3] + lanes - 1) / lanes)
    work[.store] = planes
    return Plan(
      "mean_planes", .dense, bytes: 0, scratch: lanes * x.element.bits / 8, work, target
    ) { builder throws(DiagnosticMessage) in try emit(x, y, lanes, builder, target) }
  }

  /// Whether every result is the mean of all elements of its plane.
  private func averagesAll(_ op: any Operator, _ x: TensorView) -> Bool {
    if op is GlobalAveragePool { return true }
    guard let pool = op as? AveragePool,
      let window = try? SpatialWindow(pooling: pool.settings, TensorType(x.element, x.shape))
    else { return false }
    return window.kernel == Array(x.shape[2...]) && window.begin == [0, 0] && window.end == [0, 0]
  }

  private func emit(
    _ x: TensorView, _ y: TensorView, _ widest: Int, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel {
    let count = x.shape[2] * x.shape[3]
    let last = builder.scratch(x.element, [widest], "sum")
    return try kernel("mean_planes", vectors: true, builder, target, of: x.element) { lanes in
      builder.loops(Array(y.shape.prefix(2)), "n") { index in
        let index = index + [.integer(0), .integer(0)]
        let start = builder.define("x0", x.at(index))
        let sum = sum(x.buffer, start, count, lanes, builder)
        var total = Expr.variable(sum)
        if lanes > 1 {
          builder.emit(.store(last.buffer, .integer(0), total))
          total = .load(last.buffer, .integer(0), lanes: 1)
        }
        builder.store(total / .constant(Double(count), y.element), to: y, at: index)
      }
    }
  }

  /// The sum of neighbouring elements, in every lane.
  private func sum(
    _ buffer: Buffer, _ start: Expr, _ count: Int, _ lanes: Int, _ builder: LoopBuilder
  ) -> Variable {
    let zero = Expr.constant(0, buffer.element).splatted(lanes)
    let ways = max(1, min(4, count / lanes))
    let sums = (0..<ways).map { _ in builder.declare("a", zero) }
    let step = ways * lanes
    let whole = count / step * step
    func add(_ number: Int, _ place: Expr) {
      builder.accumulate(sums[number % ways], .load(buffer, place, lanes: lanes))
    }
    builder.loop("p", to: .integer(whole), step: step) { place in
      for way in 0..<ways { add(way, start + place + way * lanes) }
    }
    for number in 0..<((count - whole) / lanes) { add(number, start + (whole + number * lanes)) }
    let rest = count % lanes
    if rest > 0 {
      // The last vector overlaps the one before; what was added already is left out.
      let tail = Expr.load(buffer, start + (count - lanes), lanes: lanes)
      let order = (0..<lanes).map { $0 < lanes - rest ? lanes : $0 }
      builder.accumulate(sums[0], .shuffle(builder.define("t", tail), zero, order))
    }
    for other in sums.dropFirst() { builder.accumulate(sums[0], .variable(other)) }
    var half = lanes / 2
    while half >= 1, lanes > 1 {
      let part = Expr.variable(sums[0])
      let order = (0..<lanes).map { ($0 + half) % lanes }
      builder.assign(sums[0], part + .shuffle(part, part, order))
      half /= 2
    }
    return sums[0]
  }
}
