/// The exponential of a number that is not positive, by sums and products alone, so that it is the
/// same on every machine; exact to some units in the last place.
///
/// - Parameter x: At most 0.
/// - Returns: In `0...1`; 0 where it would be below the least normal number.
package func exponential(_ x: Double) -> Double {
  guard x > -700 else { return x.isNaN ? x : 0 }
  let turns = (x * 1.442_695_040_888_963_4).rounded()
  let rest = x - turns * 0.693_147_180_369_123_8 - turns * 1.908_214_929_270_588e-10
  var (sum, term) = (1.0, 1.0)
  for index in 1...20 {
    term = term * rest / Double(index)
    sum += term
  }
  return sum * Double(sign: .plus, exponent: Int(turns), significand: 1)
}
