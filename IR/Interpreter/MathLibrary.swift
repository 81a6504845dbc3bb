#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension KernelCode {
  /// A function of C's `math.h`: of `float` for float32, of `double` for float64.
  func mathCode(
    _ function: MathFunction, _ x: [RealCode], _ isSingle: Bool
  ) throws(DiagnosticMessage) -> RealCode {
    let arity = function == .pow || function == .fmod ? 2 : 1
    guard x.count == arity else { throw .fault("\(function) takes \(arity) arguments") }
    let a = x[0]
    if arity == 2 {
      let (b, isPower) = (x[1], function == .pow)
      if isSingle {
        return { Double(isPower ? powf(Float(a()), Float(b())) : fmodf(Float(a()), Float(b()))) }
      }
      return { isPower ? pow(a(), b()) : fmod(a(), b()) }
    }
    if isSingle {
      let call = try singleFunction(function)
      return { Double(call(Float(a()))) }
    }
    let call = try doubleFunction(function)
    return { call(a()) }
  }
}

private func singleFunction(_ function: MathFunction) throws(DiagnosticMessage) -> (Float) -> Float
{
  switch function {
  case .exp: expf
  case .log: logf
  case .sqrt: { $0.squareRoot() }
  case .sin: sinf
  case .cos: cosf
  case .tan: tanf
  case .asin: asinf
  case .acos: acosf
  case .atan: atanf
  case .sinh: sinhf
  case .cosh: coshf
  case .tanh: tanhf
  case .asinh: asinhf
  case .acosh: acoshf
  case .atanh: atanhf
  case .erf: erff
  case .floor: { $0.rounded(.down) }
  case .ceil: { $0.rounded(.up) }
  case .trunc: { $0.rounded(.towardZero) }
  case .rint: { $0.rounded(.toNearestOrEven) }
  case .expm1: expm1f
  case .log1p: log1pf
  case .pow, .fmod, .isnan, .isinf: throw .fault("\(function) gives no real number of one")
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
