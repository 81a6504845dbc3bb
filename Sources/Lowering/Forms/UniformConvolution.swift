import CoppiceIR

/// Convolution with one number for all weights: what a window holds is summed up once for all
/// filters of a group.
struct UniformConvolution: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .uniform, let g = site.convolution,
      g.arithmetic.isFloat
    else { return nil }
    let taps = g.met(0, g.outRows) * g.met(1, 0..<g.outWidth) * g.x.shape[1] * g.x.shape[0]
    var work = Work()
    work[.step] = Double(taps)
    work[.store] = Double(g.y.count)
    return Plan("uniform_conv", .uniform, bytes: g.arithmetic.bytes, work, target) {
      builder throws(DiagnosticMessage) in try emit(g, builder)
    }
  }

  private func emit(
    _ g: ConvolutionGeometry, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let weight = try builder.operand(g.operand)[Array(repeating: .integer(0), count: 4)]
    let perGroup = g.y.shape[1] / g.group
    builder.loops([g.y.shape[0], g.group, g.outHeight, g.outWidth]) { index in
      let sum = builder.declare("sum", g.arithmetic.zero)
      let image = g.x.at(
        [index[0], index[1] * g.weight.type.shape[1], .integer(0), .integer(0)])
      visit(g, builder, image, index[2], index[3]) { place in
        builder.accumulate(sum, .load(g.x.buffer, place, lanes: 1))
      }
      let product = builder.define("p", .variable(sum) * weight)
      builder.loop("j", perGroup) { filter in
        let channel = builder.define("co", index[1] * perGroup + filter)
        let value = g.arithmetic.start.map { product + $0[[channel]] } ?? product
        builder.store(value, to: g.y, at: [index[0], channel, index[2], index[3]])
      }
    }
    return Kernel(title: "uniform_conv", variants: [.init(body: builder.takeStatements())])
  }

  /// Visits the activations under a window.
  private func visit(
    _ g: ConvolutionGeometry, _ builder: LoopBuilder, _ image: Expr, _ oy: Expr, _ ox: Expr,
    _ body: (_ place: Expr) -> Void
  ) {
    let w = g.window
    let (rows, columns) = (g.taps(0, oy, builder), g.taps(1, ox, builder))
    builder.loop("ci", g.weight.type.shape[1]) { channel in
      builder.loop("ky", from: rows.from, to: rows.to) { ky in
        let iy = oy * w.strides[0] - w.begin[0] + ky * w.dilations[0]
        let line = builder.define("x0", image + channel * g.x.strides[1] + iy * g.strideH)
        builder.loop("kx", from: columns.from, to: columns.to) { kx in
          let ix = ox * w.strides[1] - w.begin[1] + kx * w.dilations[1]
          body(line + ix * g.strideW)
        }
      }
    }
  }
}
