import CoppiceIR

/// Pooling of floats whose channels lie side by side: vectors of channels, a window at a time.
struct PoolChannels: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let pool = Pool(site), let x = site.operands[0],
      let y = site.results[0], !target.vectors(of: x.element).isEmpty, x.rank == 4,
      x.strides[1] == 1, y.strides[1] == 1, site.tailIsVectorizable(along: 1)
    else { return nil }
    let lanes = target.lanes(of: x.element)
    var work = Work()
    work[.store] = Double(y.count) / Double(min(lanes, x.shape[1]))
    work[.load] = work[.store] * Double(pool.taps)
    return Plan("pool_channels", .dense, bytes: 0, work, target) {
      builder throws(DiagnosticMessage) in
      try kernel("pool", vectors: true, builder, target, of: x.element) { lanes in
        builder.laneAxis = 1
        emit(pool, x, y, lanes, builder)
      }
    }
  }

  private func emit(
    _ pool: Pool, _ x: TensorView, _ y: TensorView, _ lanes: Int, _ builder: LoopBuilder
  ) {
    let channels = y.shape[1]
    builder.loop("n", y.shape[0]) { n in
      builder.loop("oy", y.shape[2]) { oy in
        builder.loop("ox", y.shape[3]) { ox in
          var (first, lanes) = (0, lanes)
          while first < channels {
            while lanes > channels - first { lanes = lanes > 4 ? lanes / 2 : 1 }
            let end = first + (channels - first) / lanes * lanes
            builder.loop("c", from: .integer(first), to: .integer(end), step: lanes) { c in
              pool.window([n, c, oy, ox], x, y, lanes, builder)
            }
            first = end
          }
        }
      }
    }
  }
}

/// A pooling operator that a form knows.
private struct Pool {
  private enum Kind { case largest, mean(padded: Bool) }

  private let kind: Kind
  private let spatial: SpatialWindow

  init?(_ site: Site) {
    guard let x = site.operands.first.flatMap({ $0 }),
      x.element == .float32 || x.element == .float64
    else { return nil }
    switch site.op {
    case is MaxPool where site.results.dropFirst().allSatisfy { $0 == nil }: kind = .largest
    case is AveragePool: kind = .mean(padded: site.op.settings.flag("count_include_pad"))
    default: return nil
    }
    let type = TensorType(x.element, x.shape)
    guard let window = try? SpatialWindow(pooling: site.op.settings, type) else { return nil }
    spatial = window
  }

  var taps: Int { spatial.kernel.reduce(1, *) }

  /// Computes the results of some neighbouring channels.
  func window(
    _ index: [Expr], _ x: TensorView, _ y: TensorView, _ lanes: Int, _ builder: LoopBuilder
  ) {
    let input = Array(x.shape[2...])
    func load(_ place: [Expr]) -> Expr { .load(x.buffer, x.at(place), lanes: lanes) }
    switch kind {
    case .largest:
      let best = builder.declare("best", Expr.lowest(x.element).splatted(lanes))
      _ = spatial.forEachTap(builder, index, input) {
        builder.assign(best, Expr.variable(best).maximum(load($0)))
      }
      builder.store(.variable(best), to: y, at: index)
    case .mean(let padded):
      let sum = builder.declare("sum", Expr.constant(0, x.element).splatted(lanes))
      let inside = spatial.forEachTap(builder, index, input) { builder.accumulate(sum, load($0)) }
      let count = padded ? spatial.paddedCount(index, input) : inside
      let divisor = count.map { $0.maximum(.integer(1)).converted(to: x.element) }
      let whole = Expr.constant(Double(taps), x.element)
      let mean = Expr.variable(sum) / (divisor ?? whole).splatted(lanes)
      builder.store(mean, to: y, at: index)
    }
  }
}
