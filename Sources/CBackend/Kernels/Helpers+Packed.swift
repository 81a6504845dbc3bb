import CoppiceIR

extension Helpers {
  /// Macros that say which form of packed operations is compiled.
  ///
  /// `COPPICE_PORTABLE` forces plain C, `COPPICE_INTRINSICS` leaves assembly out.
  func printPackedMacros(to c: inout CText) {
    let name = prefix.uppercased()
    c.line("#if defined(__ARM_FEATURE_DSP) && !defined(COPPICE_PORTABLE)")
    c.line("#include <arm_acle.h>")
    c.line("#define \(name)_ACLE 1")
    c.line("#else")
    c.line("#define \(name)_ACLE 0")
    c.line("#endif")
    c.line("#if \(name)_ACLE && !defined(COPPICE_INTRINSICS) && defined(__GNUC__) \\")
    c.line("    && defined(__thumb2__) && defined(__ARM_FEATURE_UNALIGNED) \\")
    c.line("    && !defined(__ARM_BIG_ENDIAN)")
    c.line("#define \(name)_PACKED 1")
    for line in nakedLines { c.line(line) }
    c.line("#else")
    c.line("#define \(name)_PACKED 0")
    c.line("#endif")
    c.line()
  }
}

extension Helpers {
  /// The storage class and attributes of functions in assembly.
  private var nakedLines: [String] {
    let name = "\(prefix.uppercased())_NAKED"
    return [
      "#define \(prefix.uppercased())_UNUSED __attribute__((unused))", "#if defined(__clang__)",
      "#define \(name) static __attribute__((naked, noinline, unused))", "#else",
      "#define \(name) static __attribute__((naked, noipa, unused))", "#endif",
    ]
  }

  /// Says where programs on floats are compiled.
  ///
  /// There has to be a unit for single precision that multiplies and adds in one step, as compilers
  /// then do in C too, unless they follow ISO C to the letter. `COPPICE_PORTABLE` leaves them out.
  var floatCondition: [String] {
    let name = "\(prefix.uppercased())_FLOATS"
    return [
      "#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_FMA) \\",
      "    && defined(__thumb2__) && defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN) \\",
      "    && !defined(__STRICT_ANSI__) && !defined(COPPICE_PORTABLE)", "#define \(name) 1",
    ] + nakedDefinition
      + ["#else", "#define \(name) 0", "#endif", "#if \(name)"]
  }

  /// The attributes, where nothing else has defined them.
  private var nakedDefinition: [String] {
    let name = "\(prefix.uppercased())_NAKED"
    return ["#if !defined(\(name))"] + nakedLines + ["#endif"]
  }
}

extension Helpers {
  /// The high half of a product, in one instruction where it is there.
  var highHalf: [String] {
    [
      "#if \(packedMacro)", "int32_t r;",
      "__asm__(\"smmulr %0, %1, %2\" : \"=r\"(r) : \"r\"(a), \"r\"(b));", "return r;", "#else",
      "return (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);", "#endif",
    ]
  }
}

extension PackedOp {
  /// The body of the function: one instruction, or C of the same bits.
  ///
  /// - Parameters:
  ///   - assembly: The macro for inline assembly.
  ///   - intrinsics: The macro for the intrinsics of `arm_acle.h`.
  /// - Returns: Its lines.
  func body(_ assembly: String, _ intrinsics: String) -> [String] {
    switch self {
    case .dot2: choice((intrinsics, ["return __smlad((int16x2_t)a, (int16x2_t)b, c);"]), portable)
    case .widenEven:
      choice((intrinsics, ["return (uint32_t)__sxtb16((int8x4_t)a);"]), portable)
    case .widenOdd: choice((assembly, instruction("sxtb16 %0, %1, ror #8", "a")), portable)
    case .extendEven:
      choice((intrinsics, ["return (uint32_t)__uxtb16((uint8x4_t)a);"]), portable)
    case .extendOdd: choice((assembly, instruction("uxtb16 %0, %1, ror #8", "a")), portable)
    case .pack2: choice((assembly, instruction("pkhbt %0, %1, %2, lsl #16", "a", "b")), portable)
    case .requantize:
      choice((assembly, instruction("smmlar %0, %1, %2, %3", "a", "b", "c")), portable)
    case .singleBits, .single, .doubleBits, .double:
      [
        "union { \(cName(operands[0])) from; \(cName(result)) to; } bits;", "bits.from = a;",
        "return bits.to;",
      ]
    }
  }

  private func choice(_ first: (macro: String, body: [String]), _ other: [String]) -> [String] {
    ["#if \(first.macro)"] + first.body + ["#else"] + other + ["#endif"]
  }

  private func instruction(_ text: String, _ operands: String...) -> [String] {
    let list = operands.map { "\"r\"(\($0))" }.joined(separator: ", ")
    return [
      "\(cName(result)) r;", "__asm__(\"\(text)\" : \"=r\"(r) : \(list));", "return r;",
    ]
  }

  private var portable: [String] {
    switch self {
    case .dot2:
      [
        "const int32_t low = (int32_t)(int16_t)(a & 0xffffu) * (int16_t)(b & 0xffffu);",
        "const int32_t high = (int32_t)(int16_t)(a >> 16) * (int16_t)(b >> 16);",
        "return (int32_t)((uint32_t)c + (uint32_t)low + (uint32_t)high);",
      ]
    case .widenEven: halves("int8_t", "a & 0xffu", "(a >> 16) & 0xffu")
    case .widenOdd: halves("int8_t", "(a >> 8) & 0xffu", "a >> 24")
    case .extendEven: ["return a & 0xff00ffu;"]
    case .extendOdd: ["return (a >> 8) & 0xff00ffu;"]
    case .pack2: ["return ((uint32_t)a & 0xffffu) | ((uint32_t)b << 16);"]
    case .requantize:
      [
        "const uint64_t product = (uint64_t)((int64_t)a * b);",
        "const uint64_t sum = product + ((uint64_t)(uint32_t)c << 32) + 0x80000000u;",
        "return (int32_t)(uint32_t)(sum >> 32);",
      ]
    case .singleBits, .single, .doubleBits, .double: []
    }
  }

  private func halves(_ type: String, _ low: String, _ high: String) -> [String] {
    [
      "const uint32_t low = (uint32_t)(int32_t)(\(type))(\(low)) & 0xffffu;",
      "const uint32_t high = (uint32_t)(int32_t)(\(type))(\(high)) << 16;",
      "return low | high;",
    ]
  }
}
