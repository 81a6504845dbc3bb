import CoppiceIR
import CoppiceLowering

/// Small functions and vector types that kernels turned out to need.
struct Helpers {
  /// What the names of all start with.
  let prefix: String
  let target: Target
  private var functions: [String: (vectorBytes: Int, rank: Int, text: [String])] = [:]
  /// Functions in assembly, by name.
  private var programs: [String: AssemblyProgram] = [:]
  /// Those of them that compute in floats.
  private var floatPrograms: [String: AssemblyProgram] = [:]
  /// Whether anything is done on packed integers.
  private var isPacked = false
  private var vectors: [String: (element: ElementType, lanes: Int)] = [:]
  /// Whether anything of `math.h` is used.
  var needsMath = false
  /// Whether any vector is kept in its register.
  private var keeps = false
  /// Whether half precision of the machine is used where there is any.
  var needsNativeHalf = false

  init(prefix: String, target: Target) {
    self.prefix = prefix
    self.target = target
  }

  /// The name of a function, whose text is made on first use; functions of a higher rank may call
  /// those of lower ones.
  mutating func function(
    _ name: String, vectorBytes: Int = 0, rank: Int = 0, _ result: String, _ parameters: String,
    _ body: [String]
  ) -> String {
    let full = "\(prefix)_\(name)"
    if functions[full] == nil {
      functions[full] = (vectorBytes, rank, ["\(result) \(full)(\(parameters))"] + body)
    }
    return full
  }

  /// The name of a vector type.
  mutating func vector(_ element: ElementType, _ lanes: Int) -> String {
    let name = "\(prefix)_v\(lanes)\(element.shortName)"
    vectors[name] = (element, lanes)
    return name
  }

  /// The macro that makes compilers keep a vector in a register.
  mutating func keep() -> String {
    keeps = true
    return "\(prefix.uppercased())_KEEP"
  }

  /// The macro and types that functions and kernels use.
  func print(to c: inout CText) {
    if !vectors.isEmpty { printVectors(to: &c) }
    if keeps { printKeeping(to: &c) }
    if isPacked { printPackedMacros(to: &c) }
    printPrograms(floatPrograms, floatMacro, floatCondition, to: &c)
    guard !functions.isEmpty || !programs.isEmpty else { return }
    for line in nativeHalfLines() { c.line(line) }
    c.line("#if defined(__GNUC__)")
    c.line("#define \(prefix.uppercased())_HELPER static inline __attribute__((unused))")
    c.line("#else")
    c.line("#define \(prefix.uppercased())_HELPER static inline")
    c.line("#endif")
    c.line()
    for vectorBytes in [0, 16, 32, 64] {
      let group = functions.filter { $0.value.vectorBytes == vectorBytes }.sorted {
        ($0.value.rank, $0.key) < ($1.value.rank, $1.key)
      }
      if group.isEmpty { continue }
      if vectorBytes > 0 { c.line("#if \(target.vectorCondition(vectorBytes))") }
      for (_, function) in group {
        c.function("\(prefix.uppercased())_HELPER \(function.text[0])", function.text.dropFirst())
      }
      if vectorBytes > 0 { c.line("#endif\n") }
    }
    printPrograms(programs, packedMacro, nil, to: &c)
  }

  /// Prints programs where a macro is 1; after the macro, if it has a condition.
  private func printPrograms(
    _ programs: [String: AssemblyProgram], _ macro: String, _ condition: [String]?,
    to c: inout CText
  ) {
    if programs.isEmpty { return }
    if let condition {
      for line in condition { c.line(line) }
    } else {
      c.line("#if \(macro)")
    }
    for (name, program) in programs.sorted(by: { $0.key < $1.key }) {
      program.print(name, macro: "\(prefix.uppercased())_NAKED", to: &c)
    }
    c.line("#endif")
    c.line()
  }

  /// The name of a function for an operation on packed integers, in three forms of the same bits.
  mutating func packed(_ op: PackedOp) -> String {
    if !op.isReinterpretation { isPacked = true }
    let parameters = zip(op.operands, ["a", "b", "c"]).map { "\(cName($0)) \($1)" }
    return function(
      op.rawValue, cName(op.result), parameters.joined(separator: ", "),
      op.body(packedMacro, "\(prefix.uppercased())_ACLE"))
  }

  /// The name of a function that is the program of a step.
  mutating func program(_ step: MicroKernel) -> String {
    let name = ([prefix, step.program.rawValue] + step.parameters.map(symbol)).joined(
      separator: "_")
    if step.program.isFloat {
      if floatPrograms[name] == nil {
        floatPrograms[name] = AssemblyProgram(step, unused: "\(prefix.uppercased())_UNUSED")
      }
    } else {
      isPacked = true
      if programs[name] == nil {
        programs[name] = AssemblyProgram(step, unused: "\(prefix.uppercased())_UNUSED")
      }
    }
    return name
  }

  /// The macro that is 1 where a step has its program.
  func macro(_ program: MicroKernel.Program) -> String {
    program.isFloat ? floatMacro : packedMacro
  }

  private func symbol(_ number: Int) -> String { number < 0 ? "m\(-number)" : "\(number)" }

  /// 1 where packed integers have instructions and steps their programs, else 0.
  var packedMacro: String { "\(prefix.uppercased())_PACKED" }

  /// 1 where steps on floats have their programs, else 0.
  private var floatMacro: String { "\(prefix.uppercased())_FLOATS" }

  private func printVectors(to c: inout CText) {
    c.line("#if defined(__GNUC__)")
    for (name, vector) in vectors.sorted(by: { $0.key < $1.key }) {
      let size = cSize(vector.element)
      c.line(
        "typedef \(cName(vector.element)) \(name) __attribute__((vector_size("
          + "\(size * vector.lanes)), aligned(\(size)), may_alias));")
    }
    c.line("#endif")
    c.line()
  }
}

extension Helpers {
  /// Says that a vector may have changed, so that it is not loaded again.
  fileprivate func printKeeping(to c: inout CText) {
    let name = "\(prefix.uppercased())_KEEP(x)"
    let known = "defined(__GNUC__) && !defined(COPPICE_PORTABLE)"
    let registers =
      target.vectors.contains(.avx512)
      ? [("__AVX512F__", "v"), ("__SSE__", "x")] : [("__ARM_NEON", "w")]
    for (number, (macro, register)) in registers.enumerated() {
      c.line("#\(number == 0 ? "if" : "elif") \(known) && defined(\(macro))")
      c.line("#define \(name) __asm__(\"\" : \"+\(register)\"(x))")
    }
    c.line("#else")
    c.line("#define \(name) ((void)0)")
    c.line("#endif")
    c.line()
  }
}

extension Target {
  /// The preprocessor's condition for vectors of some bytes: of this target's compilers alone.
  func vectorCondition(_ bytes: Int) -> String {
    let wide = vectors.last { $0.bytes >= bytes } ?? vectors.first
    return wide?.condition ?? "0"
  }
}

extension VectorExtension {
  /// What a C compiler defines that has it.
  fileprivate var condition: String {
    switch self {
    case .avx512: "defined(__AVX512F__)"
    case .avx: "defined(__AVX__)"
    case .sse2: "defined(__SSE2__)"
    case .neon: "defined(__ARM_NEON)"
    case .helium: "defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)"
    }
  }
}

extension Helpers {
  /// Smaller or larger of two scalars; of NaN and a number, the number.
  mutating func extremum(_ op: BinaryOp, _ scalar: Scalar) -> String {
    let type = cName(scalar)
    let sign = op == .min ? "<" : ">"
    let test = scalar.isFloat ? "a \(sign) b || b != b" : "a \(sign) b"
    return function(
      "\(op.rawValue)_\(tag(scalar))", type, "\(type) a, \(type) b",
      ["return \(test) ? a : b;"])
  }

  /// Smaller or larger of two vectors of floats.
  mutating func vectorExtremum(_ op: BinaryOp, _ element: ElementType, _ lanes: Int) -> String {
    let type = vector(element, lanes)
    let mask = vector(maskElement(element), lanes)
    let sign = op == .min ? "<" : ">"
    let isNaN = element.isFloat ? " | (\(mask))(b != b)" : ""
    return function(
      "\(op.rawValue)_v\(lanes)\(element.shortName)", vectorBytes: bytes(element, lanes), type,
      "\(type) a, \(type) b",
      [
        "const \(mask) m = (\(mask))(a \(sign) b)\(isNaN);",
        "return (\(type))(((\(mask))a & m) | ((\(mask))b & ~m));",
      ])
  }

  /// Smaller or larger of two vectors where the second holds no NaN.
  mutating func vectorLimit(_ op: BinaryOp, _ element: ElementType, _ lanes: Int) -> String {
    let type = vector(element, lanes)
    let mask = vector(maskElement(element), lanes)
    let sign = op == .min ? "<" : ">"
    return function(
      "\(op.rawValue)_limit_v\(lanes)\(element.shortName)", vectorBytes: bytes(element, lanes),
      type, "\(type) a, \(type) b",
      [
        "const \(mask) m = (\(mask))(a \(sign) b);",
        "return (\(type))(((\(mask))a & m) | ((\(mask))b & ~m));",
      ])
  }

  /// A vector whose lanes come from the second where the first is all ones, else from the third.
  mutating func vectorSelect(_ element: ElementType, _ lanes: Int) -> String {
    let type = vector(element, lanes)
    let mask = vector(maskElement(element), lanes)
    return function(
      "select_v\(lanes)\(element.shortName)", vectorBytes: bytes(element, lanes), type,
      "\(mask) m, \(type) a, \(type) b",
      ["return (\(type))(((\(mask))a & m) | ((\(mask))b & ~m));"])
  }

  /// Lanes of two vectors in a fixed order.
  mutating func shuffle(_ element: ElementType, _ order: [Int]) -> String {
    let type = vector(element, order.count)
    let mask = vector(maskElement(element), order.count)
    let list = order.map(String.init)
    return function(
      "lanes_\(element.shortName)_\(list.joined(separator: "_"))",
      vectorBytes: bytes(element, order.count), type, "\(type) a, \(type) b",
      [
        "#if defined(__clang__)",
        "return __builtin_shufflevector(a, b, \(list.joined(separator: ", ")));", "#else",
        "return __builtin_shuffle(a, b, (\(mask)){\(list.joined(separator: ", "))});", "#endif",
      ])
  }

  /// Bytes as int32, which gcc would take one by one.
  mutating func widenBytes(_ lanes: Int) -> String {
    let (narrow, wide) = (vector(.uint8, lanes), vector(.int32, lanes))
    let direct = "return __builtin_convertvector(n, \(wide));"
    let body =
      lanes == 16
      ? [
        "#if defined(__AVX512F__) && !defined(__clang__)",
        "typedef char bytes __attribute__((vector_size(16)));",
        "return (\(wide))__builtin_ia32_pmovzxbd512_mask((bytes)n, (\(wide)){0}, 0xffff);",
        "#else", direct, "#endif",
      ]
      : [
        "return __builtin_convertvector(__builtin_convertvector(n, \(vector(.uint16, lanes))), "
          + "\(wide));"
      ]
    return function(
      "widen_v\(lanes)u8", vectorBytes: bytes(.int32, lanes), wide, "\(narrow) n", body)
  }

  /// Lanes of two vectors by numbers in a vector of int32.
  mutating func pick(_ element: ElementType, _ lanes: Int) -> String {
    let (type, numbers) = (vector(element, lanes), vector(.int32, lanes))
    let wide = "return (\(type))__builtin_ia32_vpermi2varps512(a, n, b);"
    let loop = [
      "\(type) r = a;",
      "for (int i = 0; i < \(lanes); ++i) {",
      "    const int32_t j = n[i] & \(2 * lanes - 1);",
      "    r[i] = j < \(lanes) ? a[j] : b[j - \(lanes)];",
      "}",
      "return r;",
    ]
    let body =
      ["#if defined(__clang__)"] + (lanes == 16 ? [wide] : loop)
      + ["#else", "return __builtin_shuffle(a, b, n);", "#endif"]
    return function(
      "pick_v\(lanes)\(element.shortName)", vectorBytes: bytes(element, lanes), type,
      "\(type) a, \(type) b, \(numbers) n", body)
  }

  /// A scalar function on every lane.
  mutating func lanewise(
    _ name: String, _ call: String, from: ElementType, to: ElementType, lanes: Int, arguments: Int,
    bytes: Int? = nil
  ) -> String {
    let (source, result) = (vector(from, lanes), vector(to, lanes))
    let names = ["a", "b"].prefix(arguments)
    return function(
      "\(name)_v\(lanes)\(from.shortName)", vectorBytes: bytes ?? self.bytes(from, lanes), result,
      names.map { "\(source) \($0)" }.joined(separator: ", "),
      [
        "\(result) r = {0};", "int lane;",
        "for (lane = 0; lane < \(lanes); ++lane) {",
        "    r[lane] = \(call)(\(names.map { "\($0)[lane]" }.joined(separator: ", ")));", "}",
        "return r;",
      ])
  }

  /// Division or remainder that is defined for every operand.
  mutating func division(_ op: BinaryOp, _ scalar: Scalar) -> String {
    let type = cName(scalar)
    var body = ["if (b == 0) {", "    return 0;", "}"]
    if isSigned(scalar) {
      let wrapped = op == .rem ? "0" : "(\(type))(0u - (\(unsigned(scalar)))a)"
      body += ["if (b == -1) {", "    return \(wrapped);", "}"]
    }
    body += ["return (\(type))(a \(op == .div ? "/" : "%") b);"]
    return function("\(op.rawValue)_\(tag(scalar))", type, "\(type) a, \(type) b", body)
  }

  /// A shift that is defined for every amount.
  mutating func shift(_ op: BinaryOp, _ scalar: Scalar) -> String {
    let type = cName(scalar)
    let wide = unsigned(scalar)
    let width = "8u * sizeof(\(type))"
    let body: [String]
    if op == .shl {
      body = ["return (\(type))((\(wide))b < \(width) ? (\(wide))a << b : 0);"]
    } else {
      let rest = isSigned(scalar) ? "(a < 0 ? -1 : 0)" : "0"
      body = ["return (\(type))((\(wide))b < \(width) ? a >> b : \(rest));"]
    }
    return function("\(op.rawValue)_\(tag(scalar))", type, "\(type) a, \(type) b", body)
  }

  /// The high half of the product of two int32, rounded, ties up.
  mutating func roundedHighHalf() -> String {
    if target.hasPackedIntegers { isPacked = true }
    return function(
      "mulhr_i32", "int32_t", "int32_t a, int32_t b",
      target.hasPackedIntegers
        ? highHalf : ["return (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);"])
  }

  /// The magnitude of a whole number; the least one stays.
  mutating func magnitude(_ scalar: Scalar) -> String {
    let type = cName(scalar)
    return function(
      "abs_\(tag(scalar))", type, "\(type) a",
      ["return a < 0 ? (\(type))(0u - (\(unsigned(scalar)))a) : a;"])
  }

  /// A float made whole: truncated, saturated, NaN to 0.
  mutating func truncation(_ from: ElementType, _ to: Scalar) -> String {
    let (source, type) = (cName(from), cName(to))
    let suffix = from == .float32 ? "f" : ""
    let (low, high): (String, String)
    let (limitLow, limitHigh): (String, String)
    switch to {
    case .index:
      (limitLow, limitHigh) = ("PTRDIFF_MIN", "PTRDIFF_MAX")
      (low, high) = ("(\(source))PTRDIFF_MIN", "-(\(source))PTRDIFF_MIN")
    case .element(let element):
      let width = element.bits
      let top = Double(sign: .plus, exponent: element.isSigned ? width - 1 : width, significand: 1)
      high = top.description + suffix
      low = element.isSigned ? "-" + high : "0.0" + suffix
      limitLow = element.isSigned ? "INT\(width)_MIN" : "0"
      limitHigh = element.isSigned ? "INT\(width)_MAX" : "UINT\(width)_MAX"
    }
    return function(
      "\(tag(to))_from_\(from.shortName)", type, "\(source) a",
      [
        "if (a != a) {", "    return 0;", "}",
        "if (a <= \(low)) {", "    return \(limitLow);", "}",
        "if (a >= \(high)) {", "    return \(limitHigh);", "}",
        "return (\(type))a;",
      ])
  }

  func tag(_ scalar: Scalar) -> String {
    if case .element(let element) = scalar { element.shortName } else { "index" }
  }

  func isSigned(_ scalar: Scalar) -> Bool {
    if case .element(let element) = scalar { element.isSigned } else { true }
  }

  /// An unsigned type at least as wide as `int`, in which the type's arithmetic wraps.
  func unsigned(_ scalar: Scalar) -> String {
    guard case .element(let element) = scalar else { return "size_t" }
    return element.bits == 64 ? "uint64_t" : "uint32_t"
  }

  /// The signed whole type of an element's width: what vector comparisons give.
  func maskElement(_ element: ElementType) -> ElementType {
    switch cSize(element) {
    case 8: .int64
    case 4: .int32
    case 2: .int16
    default: .int8
    }
  }

  func bytes(_ element: ElementType, _ lanes: Int) -> Int {
    let bytes = cSize(element) * lanes
    return bytes <= 16 ? 16 : bytes <= 32 ? 32 : 64
  }
}
