import CoppiceIR
import CoppiceLowering

extension Generation {
  /// The most answers of an output that are kept when they were computed here.
  private static let answersKept = 65_536

  /// The parameters of `NAME_selftest_in`: what `NAME_run` takes, inputs writable.
  var selfTestParameters: [String] {
    parameters.map { $0.contains(" *in") ? String($0.dropFirst("const ".count)) : $0 }
  }

  /// Every how many elements of an output an answer is kept.
  private func step(_ vector: TestVector, _ count: Int) -> Int {
    let isComputed = options.answers.source != .given
    return isComputed && count > Self.answersKept ? (count / Self.answersKept) | 1 : 1
  }

  func vectorTables(_ c: inout CText, _ index: Int, _ vector: TestVector) {
    func table(_ stem: String, _ bytes: Bytes, _ element: ElementType) {
      let count = max(bytes.count / cSize(element), 1)
      c.line("static const \(cName(element)) \(own)v\(index)_\(stem)[\(count)] = {")
      c.elements(bytes, element)
      c.line("};")
      c.line()
    }
    for (k, (bytes, input)) in zip(vector.inputs, program.inputs).enumerated()
    where pattern(vector, k) == nil {
      table("input\(k)", bytes, input.type.element)
    }
    for (k, (bytes, output)) in zip(vector.outputs, program.outputs).enumerated() {
      table("expected\(k)", kept(vector, bytes, output.type.element), output.type.element)
    }
  }

  private func kept(_ vector: TestVector, _ bytes: Bytes, _ element: ElementType) -> Bytes {
    let size = cSize(element)
    let step = step(vector, bytes.count / size)
    if step == 1 { return bytes }
    let all = bytes.array(of: UInt8.self)
    return Bytes(
      stride(from: 0, to: all.count / size, by: step).flatMap {
        all[($0 * size)..<(($0 + 1) * size)]
      }
    )
  }

  func comparison(_ c: inout CText, _ number: Int, _ vector: TestVector, _ k: Int) {
    let (bytes, element) = (vector.outputs[k], program.outputs[k].type.element)
    let count = bytes.count / cSize(element)
    let step = step(vector, count)
    let call =
      "\(own)differs_\(element.shortName)(out\(k), \(own)v\(number)_expected\(k), "
      + "\((count + step - 1) / step)u, \(step)u, \(literal(limit(bytes, element))))"
    c.block("if (\(call))") { $0.line("return \(100 + number);") }
  }

  func compareFunctions(_ c: inout CText) {
    var seen: Set<String> = []
    for output in program.outputs where seen.insert(output.type.element.shortName).inserted {
      let element = output.type.element
      let isNarrow = element.isFloat && !element.isNative && element.bits >= 8
      let isReal = element == .float32 || element == .float64 || isNarrow
      let (read, type) = isNarrow ? widening(element, &c) : ("", cName(element))
      let same = isReal ? "(a == b || (a != a && b != b))" : "(a == b)"
      c.line("static int \(own)differs_\(element.shortName)(")
      c.line(
        "    const \(cName(element)) *got, const \(cName(element)) *expected, size_t n, size_t step, double limit)"
      )
      c.line("{")
      c.line("    for (size_t i = 0; i < n; ++i) {")
      c.line("        const \(type) a = \(read)(got[i * step]), b = \(read)(expected[i]);")
      c.line("        const double d = (double)a - (double)b;")
      c.line("        if (!\(same) && !(d <= limit && -d <= limit)) {")
      c.line("            return 1;")
      c.line("        }")
      c.line("    }")
      c.line("    return 0;")
      c.line("}")
      c.line()
    }
  }

  /// A function that gives the numbers of a narrow float, and their type.
  private func widening(_ element: ElementType, _ c: inout CText) -> (String, String) {
    var helpers = Helpers(prefix: own + element.shortName, target: options.target)
    let name = helpers.widening(element)
    helpers.print(to: &c)
    return (name, "float")
  }

  /// The largest difference allowed in an output: of narrow floats a step of the largest, unless the
  /// model only moves elements.
  private func limit(_ bytes: Bytes, _ element: ElementType) -> Double {
    switch element {
    case .int8, .uint8: return 1
    case .float32, .float64: return options.tolerance * largest(bytes, element)
    default:
      guard element.bits >= 8, let format = NarrowFloat(element), !program.onlyMoves else {
        return 0
      }
      let step = Double(sign: .plus, exponent: -format.fraction, significand: 1)
      return max(options.tolerance, step) * largest(bytes, element)
    }
  }

  private func largest(_ bytes: Bytes, _ element: ElementType) -> Double {
    (0..<(bytes.count / cSize(element))).reduce(0) { largest, index in
      let value = bytes.number(at: index, element).magnitude
      return value.isFinite ? max(largest, value) : largest
    }
  }

  func sumFunction(_ c: inout CText) {
    if program.outputs.allSatisfy({ $0.type.count == 0 }) { return }
    c.function(
      "static uint32_t \(own)sum(const unsigned char *bytes, size_t n)",
      [
        "uint32_t sum = 2166136261u;",
        "for (size_t i = 0; i < n; ++i) {", "    sum = (sum ^ bytes[i]) * 16777619u;", "}",
        "return sum;",
      ])
  }

  func selfTestMain(_ c: inout CText) {
    c.line("#ifdef \(macro)_SELFTEST_MAIN")
    let isBlob = options.weights == .blob
    c.line(isBlob ? "int main(int argc, char **argv)" : "int main(void)")
    c.line("{")
    c.line("    int status;")
    if isBlob {
      c.line("    FILE *const file = argc > 1 ? fopen(argv[1], \"rb\") : NULL;")
      c.line("    const size_t bytes = \(macro)_WEIGHTS_FILE_BYTES;")
      c.line("    char *const buffer = (char *)malloc(bytes + \(macro)_WEIGHTS_ALIGN);")
      c.line("    if (file == NULL || buffer == NULL) {")
      c.line("        printf(\"usage: selftest \(name)_weights.bin\\n\");")
      c.line("        return 2;")
      c.line("    }")
      c.line(
        "    char *const start = buffer + (\(macro)_WEIGHTS_ALIGN - (uintptr_t)buffer % \(macro)_WEIGHTS_ALIGN);"
      )
      c.line("    if (fread(start, 1, bytes, file) != bytes) {")
      c.line("        printf(\"\(name): the weights are too short\\n\");")
      c.line("        return 2;")
      c.line("    }")
      c.line("    fclose(file);")
      c.line("    \(name)_selftest_weights = start;")
    }
    c.line("    status = \(name)_selftest();")
    let pass = options.vectors.isEmpty ? "pass, but holds no answers" : "pass"
    c.line("    printf(\"\(name): %s (%d)\\n\", status == 0 ? \"\(pass)\" : \"FAIL\", status);")
    if isBlob { c.line("    free(buffer);") }
    c.line("    return status == 0 ? 0 : 1;")
    c.line("}")
    c.line("#endif")
  }
}

extension Program {
  /// Whether every element that is stored is one that was loaded.
  fileprivate var onlyMoves: Bool {
    steps.allSatisfy { $0.kernel.variants.allSatisfy { $0.body.allSatisfy(\.onlyMoves) } }
  }
}

extension Statement {
  fileprivate var onlyMoves: Bool {
    switch self {
    case .loop(_, _, _, _, let body), .repeatWhile(_, let body): return body.allSatisfy(\.onlyMoves)
    case .when(_, let yes, let no): return (yes + no).allSatisfy(\.onlyMoves)
    case .store(let buffer, _, .load(let source, _, _)): return source.element == buffer.element
    case .store: return false
    default: return true
    }
  }
}
