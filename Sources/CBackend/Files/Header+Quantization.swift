import CoppiceIR

extension Generation {
  /// What the integers of quantized inputs and outputs stand for, and functions that convert them.
  func quantization(_ c: inout CText) {
    let grids = options.quantization.map { ($0.inputs, $0.outputs) } ?? ([], [])
    let ports =
      grids.0.enumerated().map { ("in\($0)", $1) } + grids.1.enumerated().map { ("out\($0)", $1) }
    let known = ports.compactMap { port, grid in grid.map { (port, $0) } }
    guard !known.isEmpty else { return }
    c.line("/* Integers of quantized inputs and outputs stand for (q - ZERO_POINT) * SCALE. */")
    for (port, grid) in known {
      let prefix = "\(macro)_\(port.uppercased())"
      let zero = grid.zeroPoint < 0 ? "(\(grid.zeroPoint))" : "\(grid.zeroPoint)"
      c.line("#define \(prefix)_SCALE \(literal(grid.scale))")
      c.line("#define \(prefix)_ZERO_POINT \(zero)")
    }
    c.line()
    for (port, grid) in known {
      if port.hasPrefix("in") { quantizer(port, grid, &c) } else { dequantizer(port, grid, &c) }
    }
  }

  /// Rounds by a sum, which needs no `math.h`; clamping first gives the same.
  private func quantizer(_ port: String, _ grid: QuantizedGrid, _ c: inout CText) {
    let type = cName(grid.element)
    let prefix = "\(macro)_\(port.uppercased())"
    let low = literal(Float(grid.range.lowerBound - grid.zeroPoint))
    let high = literal(Float(grid.range.upperBound - grid.zeroPoint))
    c.line("/* The integer nearest to a number, ties to even; NaN gives the least. */")
    c.function(
      "static inline \(type) \(name)_quantize_\(port)(float real)",
      [
        "float place = real / \(prefix)_SCALE;",
        "place = place > \(low) ? place : \(low);",
        "place = place < \(high) ? place : \(high);",
        "place = place + 12582912.0f;",
        "return (\(type))((int32_t)(place - 12582912.0f) + \(prefix)_ZERO_POINT);",
      ])
  }

  private func dequantizer(_ port: String, _ grid: QuantizedGrid, _ c: inout CText) {
    let prefix = "\(macro)_\(port.uppercased())"
    c.line("/* What an integer stands for. */")
    c.function(
      "static inline float \(name)_dequantize_\(port)(\(cName(grid.element)) q)",
      ["return (float)((int32_t)q - \(prefix)_ZERO_POINT) * \(prefix)_SCALE;"])
  }
}
