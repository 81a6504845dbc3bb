/// How much the text form of a graph shows.
public struct TextOptions: Hashable, Sendable {
  /// Constants of more elements show a hash in place of the elements; `nil` shows them all.
  public var elidedAbove: Int?
  /// Whether nodes show their names, places in the model file and passes that made them.
  public var showsHistory: Bool

  /// Makes options.
  ///
  /// - Parameters:
  ///   - elidedAbove: Constants of more elements show a hash; `nil` shows all elements.
  ///   - showsHistory: Whether nodes show their names, places and trails.
  public init(elidedAbove: Int? = 16, showsHistory: Bool = false) {
    self.elidedAbove = elidedAbove
    self.showsHistory = showsHistory
  }

  /// For reading: short, cannot be parsed back when constants are large.
  public static let brief = TextOptions()
  /// Everything; parsing it back gives the same graph.
  public static let exact = TextOptions(elidedAbove: nil, showsHistory: true)
}

extension Graph: CustomStringConvertible {
  /// The graph's text form, large constants elided.
  public var description: String { text() }

  /// The graph's text form.
  ///
  /// ```
  /// graph @name(%x: f32[1,2,4,4]) {
  ///   %w = constant [0.5, -2.0] : f32[1,2,1,1]
  ///   %y = Conv(%x, %w) {strides = [2, 2]} : f32[1,1,2,2]
  ///   return %y
  /// }
  /// ```
  ///
  /// - Parameter options: How much it shows.
  /// - Returns: Lines, the last one ended too.
  public func text(_ options: TextOptions = .brief) -> String {
    var printer = GraphPrinter(graph: self, options: options)
    printer.printGraph()
    return printer.out
  }

  /// Reads a graph's text form.
  ///
  /// - Parameters:
  ///   - text: One graph.
  ///   - file: Where it came from, for diagnostics.
  /// - Throws: `text-syntax`, `text-name`, `text-constant` and what inference of types throws, with
  ///   line and column.
  public init(parsing text: String, file: String = "") throws(Diagnostic) {
    var parser = GraphParser(text, file: file)
    self = try parser.parse()
  }
}
