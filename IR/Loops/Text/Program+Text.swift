extension Program {
  /// The text form of loop IR.
  ///
  /// ```
  /// program {
  ///   buffer @0 "x" f32 8 input 0
  ///   buffer @1 "y" f32 8 output 0
  ///   kernel "relu" for ["act"] share @1 [@0] {
  ///     variant 0 {
  ///       loop %i.0 from 0 to 8 {
  ///         store @1[%i.0] = max(load @0[%i.0], 0.0:f32)
  ///       }
  ///     }
  ///   }
  /// }
  /// ```
  ///
  /// What the graph knows of inputs and outputs (names, shapes, assumptions) and of constants (which
  /// tensor they were packed from) is not in it.
  ///
  /// - Parameter elidedAbove: Constants of more bytes show a hash, and cannot be read back; `nil`
  ///   shows them all.
  /// - Returns: Lines, the last one ended too.
  public func text(elidedAbove: Int? = nil) -> String {
    var printer = ProgramPrinter(elidedAbove: elidedAbove)
    printer.print(self)
    return printer.out
  }

  /// Reads the text form of loop IR.
  ///
  /// - Parameters:
  ///   - text: One program.
  ///   - file: Where it came from, for diagnostics.
  /// - Throws: `text-syntax`, `text-name`, `text-type` and `text-constant`, with line and column.
  public init(parsing text: String, file: String = "") throws(Diagnostic) {
    var parser = ProgramParser(text, file: file)
    self = try parser.parse()
  }
}

extension Scalar {
  /// The name in the text form.
  var textName: String {
    switch self {
    case .index: "index"
    case .element(let element): element.shortName
    }
  }

  init?(textName: String) {
    if textName == "index" {
      self = .index
    } else if let element = ElementType(named: textName), element.isComputable {
      self = .element(element)
    } else {
      return nil
    }
  }
}
