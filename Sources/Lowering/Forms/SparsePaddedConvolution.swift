import CoppiceIR

/// Convolution with sparse weights over a copy of the operand with its padding around it, where the
/// columns that taps meet at the edges are too many to be told apart in the code: long windows.
///
/// Every tap meets every result of a tile, so that one loop over taps serves all tiles.
struct SparsePaddedConvolution: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage.isSparse, let g = site.convolution, g.arithmetic.isFloat,
      let weight = site.sparse(g.operand, storage, rowAxis: 0),
      weight.layout.windowColumns == g.window.kernel[1],
      g.y.shape[1] / g.group % weight.height == 0,
      SparseTiling(g, weight.layout, positions: max(1, 16 / weight.height)) == nil
    else { return nil }
    let padded = PaddedOperand(g)
    guard
      let scalars = SparseTiling(
        padded.geometry, weight.layout, positions: max(1, 16 / weight.height))
    else { return nil }
    let windows = SparseWindows(g, site, target, scalars: scalars, readsCopy: true)
    return windows.plan(weight, storage, target)
  }
}
