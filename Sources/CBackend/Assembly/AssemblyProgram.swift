import CoppiceIR

/// A function in Thumb-2 assembly: the program of a step, which does what the step means.
///
/// Arguments come in r0 to r3. All registers that a compiler expects back are saved, so that any one
/// may be used; nothing of it depends on how the code around is compiled.
struct AssemblyProgram {
  /// The parameters in C.
  let signature: String
  private(set) var lines: [String] = []

  /// Characters of a string with several instructions.
  private static let width = 80

  /// Writes the program of a step.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - unused: The attribute of parameters that C does not see used.
  init(_ step: MicroKernel, unused: String) {
    signature = step.program.signature(unused)
    let p = step.parameters
    switch step.program {
    case .windows: windows(WindowsProgram(p))
    case .weights: weights(steps: p[0])
    case .dot: dot(DotProgram(p))
    case .columns: columns(ColumnsProgram(p))
    case .dotRows: dotRows(DotRowsProgram(p))
    case .rows: rows(steps: p[0])
    case .plane: plane(PlaneProgram(p))
    case .depthwise: depthwise(DepthwiseProgram(p))
    case .taps: taps(TapsProgram(p))
    case .planes: planes(PlanesProgram(p))
    case .pairs: pairs(PairsProgram(p))
    case .rowPairs: rowPairs(indexBytes: p[0])
    case .rowBlocks: rowBlocks(indexBytes: p[0])
    case .clear: clear()
    case .gather: gather()
    case .panel: panel(isRectified: p[0] != 0)
    case .row: row()
    case .points: points(PointsProgram(p))
    case .floatWindows: floatWindows(FloatWindowsProgram(p))
    case .entries: entries(EntryTables(p))
    case .copy: copy(columns: p[0])
    }
  }

  /// Prints the definition.
  ///
  /// - Parameters:
  ///   - name: Of the function.
  ///   - macro: Storage class and attributes of functions without code of the compiler's.
  ///   - c: Takes the text.
  func print(_ name: String, macro: String, to c: inout CText) {
    var texts = [".syntax unified\\n"]
    for line in lines {
      let fits = texts[texts.count - 1].utf8.count + line.utf8.count <= Self.width
      if fits { texts[texts.count - 1] += line + "\\n" } else { texts.append(line + "\\n") }
    }
    let last = texts.count - 1
    let body = texts.enumerated().map { number, text in
      (number == 0 ? "__asm__(" : "    ") + "\"\(text)\"" + (number == last ? ");" : "")
    }
    c.function("\(macro) void \(name)(\(signature))", body)
  }
}

extension MicroKernel.Program {
  fileprivate func signature(_ unused: String) -> String {
    let names: [String] =
      switch self {
      case .windows: ["const void *x", "void *out", "ptrdiff_t count", "ptrdiff_t odd"]
      case .weights, .plane, .planes: ["const void *x", "void *out"]
      case .dot: ["const void *x", "const void *w", "void *out", "ptrdiff_t count"]
      case .columns: ["const void *x", "void *out", "ptrdiff_t count"]
      case .dotRows:
        [
          "const void *x", "const void *w", "void *out", "ptrdiff_t count", "ptrdiff_t rows",
        ]
      case .pairs:
        [
          "const void *x", "const void *w", "void *out", "const void *tiles", "ptrdiff_t pairs",
          "ptrdiff_t count",
        ]
      case .rowPairs, .rowBlocks:
        [
          "const void *x", "const void *w", "const void *places", "void *out", "ptrdiff_t count",
        ]
      case .rows: ["const void *x", "const void *w", "void *out", "ptrdiff_t count"]
      case .depthwise, .taps: ["const void *x", "const void *w", "void *out"]
      case .clear: ["void *out", "ptrdiff_t count"]
      case .gather:
        [
          "const void *x", "void *out", "ptrdiff_t run", "ptrdiff_t rows", "ptrdiff_t xr",
          "ptrdiff_t or",
        ]
      case .panel:
        [
          "const void *x", "const void *w", "void *out", "ptrdiff_t step", "ptrdiff_t turns",
          "ptrdiff_t blocks",
        ]
      case .row:
        [
          "const void *x", "const void *w", "void *out", "ptrdiff_t turns", "ptrdiff_t blocks",
        ]
      case .points:
        [
          "const void *x", "const void *w", "const void *columns", "void *out",
          "const void *starts", "const void *bias", "ptrdiff_t rows", "ptrdiff_t xs",
          "ptrdiff_t os",
        ]
      case .floatWindows:
        [
          "const void *x", "const void *w", "const void *columns", "void *out",
          "const void *starts", "const void *bias", "const void *places", "ptrdiff_t rows",
          "ptrdiff_t xs", "ptrdiff_t os", "ptrdiff_t groups", "ptrdiff_t advance",
          "ptrdiff_t xr", "ptrdiff_t or",
        ]
      case .entries:
        [
          "const void *x", "const void *w", "const void *columns", "void *out",
          "const void *starts", "ptrdiff_t rows",
        ]
      case .copy:
        ["const void *x", "void *out", "ptrdiff_t rows", "ptrdiff_t xr", "ptrdiff_t or"]
      }
    return "\n    " + names.map { "\($0) \(unused)" }.joined(separator: ",\n    ")
  }
}

/// What becomes of a sum at the end of a program.
struct ProgramFinish {
  /// Bytes between neighbouring results.
  enum Mode: Int {
    /// Sums are stored as they are.
    case sums
    case int8, uint8
  }

  let mode: Mode
  let zero: Int
  let low: Int
  let high: Int

  /// Takes the last four parameters apart.
  init(_ parameters: some Collection<Int>) {
    let list = Array(parameters)
    mode = Mode(rawValue: list[0]) ?? .sums
    (zero, low, high) = (list[1], list[2], list[3])
  }
}

extension AssemblyProgram {
  mutating func emit(_ line: String) { lines.append(line) }

  mutating func label(_ number: Int) { lines.append("\(number):") }

  /// A number in a register.
  mutating func move(_ register: String, _ value: Int) {
    if (0...0xffff).contains(value) { return emit("movw \(register), #\(value)") }
    if (-256..<0).contains(value) { return emit("mvn \(register), #\(-1 - value)") }
    let bits = UInt32(truncatingIfNeeded: value)
    emit("movw \(register), #\(bits & 0xffff)")
    emit("movt \(register), #\(bits >> 16)")
  }

  /// The sum of a register and a number.
  mutating func add(_ result: String, _ register: String, _ value: Int, scratch: String) {
    if value == 0 {
      if result != register { emit("mov \(result), \(register)") }
    } else if (1...4095).contains(value) {
      emit("add \(result), \(register), #\(value)")
    } else if (-4095..<0).contains(value) {
      emit("sub \(result), \(register), #\(-value)")
    } else {
      move(scratch, value)
      emit("add \(result), \(register), \(scratch)")
    }
  }

  /// Stores a byte at an offset.
  mutating func storeByte(_ value: String, _ base: String, _ offset: Int, scratch: String) {
    if (0...4095).contains(offset) { return emit("strb \(value), [\(base), #\(offset)]") }
    move(scratch, offset)
    emit("strb \(value), [\(base), \(scratch)]")
  }

  /// Requantises sums by multipliers around a zero point, and keeps them in bounds.
  mutating func requantize(
    _ sums: [(sum: String, multiplier: String)], zero: String, _ finish: ProgramFinish
  ) {
    for (sum, multiplier) in sums { emit("smmlar \(sum), \(sum), \(multiplier), \(zero)") }
    let isSigned = finish.mode == .int8
    for (sum, _) in sums { emit("\(isSigned ? "ssat" : "usat") \(sum), #8, \(sum)") }
    for (sum, _) in sums {
      if finish.low > (isSigned ? -128 : 0) { bound(sum, finish.low, "lt") }
      if finish.high < (isSigned ? 127 : 255) { bound(sum, finish.high, "gt") }
    }
  }

  private mutating func bound(_ sum: String, _ limit: Int, _ condition: String) {
    emit("cmp \(sum), #\(limit)")
    emit("it \(condition)")
    emit(limit < 0 ? "mvn\(condition) \(sum), #\(-1 - limit)" : "mov\(condition) \(sum), #\(limit)")
  }

  /// The largest divisor of a number of turns that is not above a limit.
  static func unrolling(_ turns: Int, limit: Int) -> Int {
    (1...max(1, min(turns, limit))).last { turns % $0 == 0 } ?? 1
  }
}
