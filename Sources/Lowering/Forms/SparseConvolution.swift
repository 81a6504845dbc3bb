import CoppiceIR

/// Convolution with sparse weights of any window: each nonzero meets a tile of neighbouring
/// positions, and only those of them that it reaches.
///
/// Nonzeros are grouped by their place in the window. Columns that a tap meets are known when the
/// code is made, rows by the bounds of the loop over taps, so that nothing is tested inside.
struct SparseConvolution: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage.isSparse, let g = site.convolution, g.arithmetic.isFloat,
      let weight = site.sparse(g.operand, storage, rowAxis: 0),
      weight.layout.windowColumns == g.window.kernel[1],
      g.y.shape[1] / g.group % weight.height == 0,
      let tiling = SparseTiling(g, weight.layout, positions: max(1, 16 / weight.height))
    else { return nil }
    let windows = SparseWindows(g, site, target, scalars: tiling, readsCopy: false)
    return windows.plan(weight, storage, target)
  }
}
