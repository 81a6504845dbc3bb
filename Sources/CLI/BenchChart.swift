import Coppice

/// Bars of a benchmark: the whole model, then each layer, with one bar for each contender.
struct BenchChart {
  private let benchmark: Benchmark
  private static let colours = ["#31688e", "#35b779", "#fde725", "#440154", "#90d743", "#8e3131"]
  private static let (left, width, bar) = (260.0, 520.0, 9.0)

  init(_ benchmark: Benchmark) { self.benchmark = benchmark }

  /// The drawing.
  var svg: String {
    let total = ("whole model", benchmark.contenders.map { Optional($0.cost) })
    var y = 30.0
    var body = legend(&y)
    body += group(total.0, total.1, largest(total.1), &y)
    y += 14
    let most = largest(benchmark.layers.flatMap(\.costs))
    for layer in benchmark.layers { body += group(layer.name, layer.costs, most, &y) }
    let (wide, high) = (Self.left + Self.width + 110, y + 10)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(wide)) \(Int(high))" \
      font-family="sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(body)</svg>

      """
  }

  private func largest(_ costs: [Double?]) -> Double { max(costs.compactMap { $0 }.max() ?? 0, 1) }

  private func legend(_ y: inout Double) -> String {
    var text = ""
    for (index, contender) in benchmark.contenders.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      text +=
        "<rect x=\"10\" y=\"\(number(y - 9))\" width=\"10\" height=\"10\" fill=\"\(colour)\"/>\n"
        + "<text x=\"26\" y=\"\(number(y))\">\(escaped(benchmark.letter(index))) "
        + "\(escaped(contender.bytes == nil ? "" : contender.name))</text>\n"
      y += 16
    }
    y += 6
    return text
  }

  private func group(
    _ name: String, _ costs: [Double?], _ most: Double, _ y: inout Double
  ) -> String {
    let known = costs.enumerated().compactMap { index, cost in cost.map { (index, $0) } }
    let middle = y + Double(max(known.count, 1)) * Self.bar / 2 + 4
    var text =
      "<text x=\"\(Int(Self.left) - 8)\" y=\"\(number(middle))\" text-anchor=\"end\">"
      + "\(escaped(String(name.prefix(40))))</text>\n"
    for (index, cost) in known {
      let length = Self.width * cost / most
      let colour = Self.colours[index % Self.colours.count]
      text +=
        "<rect x=\"\(Int(Self.left))\" y=\"\(number(y))\" width=\"\(number(length))\" "
        + "height=\"\(number(Self.bar - 1))\" fill=\"\(colour)\"/>\n"
        + "<text x=\"\(number(Self.left + length + 4))\" y=\"\(number(y + 8))\" font-size=\"9\">"
        + "\(benchmark.shown(cost))</text>\n"
      y += Self.bar
    }
    y += 6
    return text
  }

  private func number(_ value: Double) -> String { fixed(value, digits: 1) }

  private func escaped(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.isControl }))
      .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { properties.generalCategory == .control }
}
