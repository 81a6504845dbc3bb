import CoppiceIR
import Testing

/// QuantizeLinear to floats: those of 4 bits have a zero point as integers have, those of 8 bits none that counts.
@Suite struct NarrowQuantizationTests {
  @Test(arguments: [ElementType.float4e2m1, .float8e4m3fn])
  func zeroPointsOfFourBitsMoveQuotients(_ target: ElementType) throws {
    let x = Constant([2.75, -2.25, 0.5] as [Float], .float32, [3])
    let scale = Constant.scalar(0.5, .float32)
    let zero = Constant(rounding: [-4], target, [])
    let context = InferenceContext(
      operands: [x.type, scale.type, zero.type], known: [x, scale, zero])
    let result = try Interpreter.evaluate(op: QuantizeLinear(), context: context)[0]
    #expect(result.type.element == target)
    #expect(result.numbers == (target == .float4e2m1 ? [1.5, -6, -3] : [5.5, -4.5, 1]))
  }
}
