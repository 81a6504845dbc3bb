import CoppiceIR

/// Elements that C has no type for: floats narrower than float32, and integers narrower than a byte.
extension Helpers {
  /// A function that gives the number of a narrow float's code.
  mutating func widening(_ element: ElementType) -> String {
    guard let format = NarrowFloat(element) else { return "" }
    let (code, name) = (codeType(format), "f32_from_\(element.shortName)")
    let full = "\(prefix)_\(name)"
    var body = ["union {", "    uint32_t u;", "    float f;", "} v;"]
    if element == .float16 {
      needsNativeHalf = true
      body = native(
        ["\(nativeHalf) v;", "v.u = a;", "return (float)v.h;"], else: body + decoding(format))
    } else if element == .bfloat16 {
      body += ["v.u = (uint32_t)a << 16;", "return v.f;"]
    } else {
      body += decoding(format)
    }
    _ = function(name, "float", "\(code) a", body)
    return full
  }

  /// A function that gives the code of the nearest number of a narrow float.
  mutating func narrowing(_ element: ElementType, from source: ElementType) -> String {
    guard let format = NarrowFloat(element) else { return "" }
    let (code, name) = (codeType(format), "\(element.shortName)_from_f32")
    let head = ["union {", "    float f;", "    uint32_t u;", "} v;"]
    var body = head + encoding(format, code)
    if element == .float16 {
      needsNativeHalf = true
      body = native(["\(nativeHalf) v;", "v.h = (\(nativeType))a;", "return v.u;"], else: body)
    }
    let single = function(name, code, "float a", body)
    guard source == .float64 else { return single }
    return function(
      "\(element.shortName)_from_f64", code, "double a",
      head + [
        "v.f = (float)a;", "if ((double)v.f != a && (v.u & 0x7fffffffu) < 0x7f800000u) {",
        "    if (((double)v.f < a) == (a > 0.0)) {", "        v.u |= 1u;",
        "    } else if ((v.u & 1u) == 0u) {", "        v.u -= 1u;", "    }", "}",
        "return \(single)(v.f);",
      ])
  }

  /// A function that rounds to what a narrow float holds.
  mutating func rounding(_ element: ElementType, from source: ElementType) -> String {
    let (down, up) = (narrowing(element, from: source), widening(element))
    return function(
      "round_\(element.shortName)_\(source.shortName)", "float", "\(cName(source)) a",
      ["return \(up)(\(down)(a));"])
  }

  /// A function that gives an element narrower than a byte: its value, or the code of a float.
  mutating func unpacking(_ element: ElementType) -> String {
    let (per, mask) = (8 / element.bits, (1 << element.bits) - 1)
    let type = element.isSigned ? "int8_t" : "uint8_t"
    let code = "(p[i / \(per)] >> (i % \(per) * \(element.bits))) & \(mask)"
    let half = 1 << (element.bits - 1)
    let value = element.isSigned ? "((\(code)) ^ \(half)) - \(half)" : code
    return function(
      "\(element.shortName)_at", type, "const uint8_t *p, ptrdiff_t i",
      ["return (\(type))(\(value));"])
  }

  /// A function that stores an element narrower than a byte, and leaves those beside it.
  mutating func packing(_ element: ElementType) -> String {
    let (per, mask) = (8 / element.bits, (1 << element.bits) - 1)
    return function(
      "\(element.shortName)_put", "void", "uint8_t *p, ptrdiff_t i, int a",
      [
        "const int s = (int)(i % \(per)) * \(element.bits);",
        "p[i / \(per)] = (uint8_t)((p[i / \(per)] & ~(\(mask) << s)) | ((a & \(mask)) << s));",
      ])
  }

  /// A function that gives what an integer narrower than a byte keeps of a number.
  mutating func wrapping(_ element: ElementType) -> String {
    let (mask, half) = ((1 << element.bits) - 1, 1 << (element.bits - 1))
    let type = element.isSigned ? "int8_t" : "uint8_t"
    let value = element.isSigned ? "(int)((a & \(mask)u) ^ \(half)u) - \(half)" : "a & \(mask)u"
    return function("\(element.shortName)_of", type, "uint32_t a", ["return (\(type))(\(value));"])
  }

  private func codeType(_ format: NarrowFloat) -> String {
    format.bits == 16 ? "uint16_t" : "uint8_t"
  }

  private var nativeType: String { "\(prefix)_half" }

  private var nativeHalf: String { "union \(prefix)_half_bits" }

  private func native(_ body: [String], else other: [String]) -> [String] {
    ["#if defined(\(prefix.uppercased())_HALF)"] + body + ["#else"] + other + ["#endif"]
  }

  private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) + "u" }

  private func decoding(_ format: NarrowFloat) -> [String] {
    if format.specials == .power {
      return [
        "v.u = a == 0 ? 0x400000u : a == 255 ? 0x7fc00000u : (uint32_t)a << 23;", "return v.f;",
      ]
    }
    let shift = 32 - UInt32(format.bits)
    var body = [
      "const uint32_t s = (uint32_t)(a & \(hex(format.sign))) << \(shift);",
      "const uint32_t m = a & \(hex(format.sign - 1));",
    ]
    switch format.specials {
    case .unsignedZero:
      body += ["if (m == 0 && s != 0) {", "    v.u = 0x7fc00000u;", "    return v.f;", "}"]
    case .finite:
      body += [
        "if (m == \(hex(format.limit))) {", "    v.u = s | 0x7fc00000u;", "    return v.f;", "}",
      ]
    case .ieee:
      body += [
        "if (m >= \(hex(format.limit))) {",
        "    v.u = s | 0x7f800000u | (m - \(hex(format.limit))) << \(format.shift);",
        "    v.u |= m > \(hex(format.limit)) ? 0x400000u : 0u;", "    return v.f;", "}",
      ]
    case .none, .power: break
    }
    let least = Float(sign: .plus, exponent: 1 - format.bias - format.fraction, significand: 1)
    return body + [
      "if (m < \(1 << format.fraction)) {", "    v.f = (float)m * \(literal(least));",
      "    v.u |= s;", "} else {",
      "    v.u = s | ((m << \(format.shift)) + \(hex(format.rebias)));",
      "}", "return v.f;",
    ]
  }

  private func encoding(_ format: NarrowFloat, _ code: String) -> [String] {
    if format.specials == .power {
      return [
        "v.f = a;", "if (v.u >= 0x7f800000u) {", "    return 255;", "}",
        "if (v.u < 0x800000u) {", "    return v.u >= 0x600000u ? 1 : 0;", "}",
        "return (\(code))((v.u + 0x400000u) >> 23);",
      ]
    }
    let sign = 32 - UInt32(format.bits)
    let half = (1 as UInt32) << (format.shift - 1) - 1
    let normal = "(m + \(hex(half)) + ((m >> \(format.shift)) & 1u) - \(hex(format.rebias)))"
    var body = [
      "uint32_t s, m;", "v.f = a;", "s = (v.u >> \(sign)) & \(hex(format.sign));",
      "m = v.u & 0x7fffffffu;", "if (m > 0x7f800000u) {", "    return \(nan(format, code));", "}",
    ]
    if format.rebias == 0 {
      body += ["m = (m + \(hex(half)) + ((m >> \(format.shift)) & 1u)) >> \(format.shift);"]
    } else {
      body += [
        "if (m < \(hex(format.rebias + 0x80_0000))) {", "    v.u = m;",
        "    v.f += \(literal(format.step));", "    m = v.u - \(hex(format.step.bitPattern));",
        "} else {", "    m = \(normal) >> \(format.shift);", "}",
      ]
    }
    if format.specials != .ieee || format.bits < 16 || format.rebias > 0 {
      body += [
        "if (m > \(hex(format.limit - 1))) {", "    m = \(hex(format.overflow));", "}",
      ]
    }
    if format.specials == .unsignedZero {
      body += ["if (m == 0u || m == \(hex(format.limit))) {", "    s = 0u;", "}"]
    }
    return body + ["return (\(code))(s | m);"]
  }

  private func nan(_ format: NarrowFloat, _ code: String) -> String {
    switch format.specials {
    case .ieee:
      let quiet = format.limit | 1 << UInt32(format.fraction - 1)
      return "(\(code))(s | \(hex(quiet)) | ((m & 0x7fffffu) >> \(format.shift)))"
    case .finite: return "(\(code))(s | \(hex(format.limit)))"
    case .unsignedZero, .none, .power: return "\(format.sign)"
    }
  }
}

extension Helpers {
  /// Elements of a narrow float, several at once, as float32.
  mutating func vectorWidening(_ element: ElementType, _ lanes: Int) -> String {
    let (codes, result) = (vector(element, lanes), vector(.float32, lanes))
    let name = "f32_from_v\(lanes)\(element.shortName)"
    let words = vector(.uint32, lanes)
    let bytes = self.bytes(.float32, lanes)
    switch element {
    case .bfloat16:
      return function(
        name, vectorBytes: bytes, result, "\(codes) a",
        ["return (\(result))(__builtin_convertvector(a, \(words)) << 16);"])
    case .float16:
      return function(
        name, vectorBytes: bytes, result, "\(codes) a",
        [
          "const \(words) w = __builtin_convertvector(a, \(words));",
          "const \(words) s = (w & 0x8000u) << 16;", "const \(words) m = (w & 0x7fffu) << 13;",
          "const \(words) top = (\(words))(m >= 0xf800000u) & 0x70000000u;",
          "const \(words) nan = (\(words))(m > 0xf800000u) & 0x400000u;",
          "const \(words) low = (\(words))(m < 0x800000u);",
          "const \(words) normal = (m + (top | (~(\(words))(m >= 0xf800000u) & 0x38000000u))) | nan;",
          "const \(result) least = (\(result))(m + 0x38800000u) - 6.1035156e-05f;",
          "return (\(result))(s | (normal & ~low) | ((\(words))least & low));",
        ])
    default:
      let call = widening(element)
      return lanewise(
        "f32_from", call, from: element, to: .float32, lanes: lanes, arguments: 1, bytes: bytes)
    }
  }

  /// The codes of the nearest numbers of a narrow float.
  mutating func vectorNarrowing(_ element: ElementType, _ lanes: Int) -> String {
    lanewise(
      "\(element.shortName)_from", narrowing(element, from: .float32), from: .float32, to: element,
      lanes: lanes, arguments: 1)
  }

  /// What is printed before functions that use half precision of the machine.
  func nativeHalfLines() -> [String] {
    guard needsNativeHalf else { return [] }
    let macro = prefix.uppercased()
    return [
      "#if defined(COPPICE_PORTABLE)",
      "#elif defined(__ARM_FP16_FORMAT_IEEE) && defined(__ARM_FP) && (__ARM_FP & 2)",
      "#define \(macro)_HALF", "typedef __fp16 \(prefix)_half;",
      "#elif defined(__F16C__) && defined(__FLT16_MANT_DIG__)",
      "#define \(macro)_HALF", "__extension__ typedef _Float16 \(prefix)_half;", "#endif",
      "#if defined(\(macro)_HALF)", "union \(prefix)_half_bits {", "    uint16_t u;",
      "    \(prefix)_half h;", "};", "#endif", "",
    ]
  }
}
