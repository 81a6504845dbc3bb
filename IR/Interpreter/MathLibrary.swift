#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension KernelCode {
  /// A function of C's `math.h`, of `double`; for float32 it is rounded.
  ///
  /// Libraries differ in the last bits of their functions of `float`. Their functions of `double` are
  /// off by a unit in the last place or so, which rounding to float32 hides but once in 2^28.
  func mathCode(
    _ function: MathFunction, _ x: [RealCode], _ isSingle: Bool
  ) throws(DiagnosticMessage) -> RealCode {
    let code = try doubleCode(function, x)
    return isSingle ? { Double(Float(code())) } : code
  }

  private func doubleCode(
    _ function: MathFunction, _ x: [RealCode]
  ) throws(DiagnosticMessage) -> RealCode {
    let isBinary = function == .pow || function == .fmod
    guard x.count == (isBinary ? 2 : 1) else { throw .fault("\(function) of \(x.count) arguments") }
    let a = x[0]
    if isBinary {
      let (b, isPower) = (x[1], function == .pow)
      return { isPower ? pow(a(), b()) : fmod(a(), b()) }
    }
    let call = try doubleFunction(function)
    return { call(a()) }
  }
}

private func doubleFunction(
  _ function: MathFunction
) throws(DiagnosticMessage) -> (Double) -> Double {
  switch function {
  case .exp: exp
  case .log: log
  case .sqrt: { $0.squareRoot() }
  case .sin: sin
  case .cos: cos
  case .tan: tan
  case .asin: asin
  case .acos: acos
  case .atan: atan
  case .sinh: sinh
  case .cosh: cosh
  case .tanh: tanh
  case .asinh: asinh
  case .acosh: acosh
  case .atanh: atanh
  case .erf: erf
  case .floor: { $0.rounded(.down) }
  case .ceil: { $0.rounded(.up) }
  case .trunc: { $0.rounded(.towardZero) }
  case .rint: { $0.rounded(.toNearestOrEven) }
  case .expm1: expm1
  case .log1p: log1p
  case .pow, .fmod, .isnan, .isinf: throw .fault("\(function) gives no real number of one")
  }
}
