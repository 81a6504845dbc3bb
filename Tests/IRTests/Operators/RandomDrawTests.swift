import CoppiceIR
import Testing

/// Random operators: the stated generator, the same elements each time, and their distribution.
@Suite struct RandomDrawTests {
  private func draw(_ op: any Operator, _ operands: Constant...) throws -> [Double] {
    let context = InferenceContext(operands: operands.map(\.type), known: operands)
    return try Interpreter.evaluate(op: op, context: context)[0].numbers
  }

  private static func pcg(_ value: UInt32) -> UInt32 {
    let state = value &* 747_796_405 &+ 2_891_336_453
    let word = ((state >> ((state >> 28) + 4)) ^ state) &* 277_803_737
    return (word >> 22) ^ word
  }

  @Test func uniformNumbersAreThoseOfTheStatedGenerator() throws {
    let seed = Float(5)
    let op = RandomUniform(attributes: ["shape": .ints([2, 2]), "seed": .float(seed)])
    let key = Self.pcg(seed.bitPattern)
    let wanted = (0..<4).map { Double(Self.pcg(UInt32($0) * 4 &+ key) >> 8) / 16_777_216 }
    #expect(try draw(op) == wanted)
    #expect(try draw(op) == wanted)
  }

  @Test func othersSeedsGiveOtherNumbers() throws {
    let numbers = try [Float(1), 2].map { seed in
      try draw(RandomNormal(attributes: ["shape": .ints([8]), "seed": .float(seed)]))
    }
    #expect(zip(numbers[0], numbers[1]).allSatisfy { $0 != $1 })
  }

  @Test func normalNumbersHaveTheMeanAndTheScale() throws {
    let op = RandomNormal(attributes: [
      "shape": .ints([4000]), "mean": .float(3), "scale": .float(2), "seed": .float(1),
    ])
    let numbers = try draw(op)
    let mean = numbers.reduce(0, +) / 4000
    let variance = numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4000
    #expect(abs(mean - 3) < 0.1)
    #expect(abs(variance - 4) < 0.3)
  }

  @Test func chancesAreKept() throws {
    let x = Constant.filled(0.25, .float32, [4000])
    let ones = try draw(Bernoulli(attributes: ["seed": .float(3)]), x).reduce(0, +)
    #expect(abs(ones / 4000 - 0.25) < 0.03)
    let rows = Constant([Float(0), 1.0986123], .float32, [1, 2])
    let op = Multinomial(attributes: ["sample_size": .int(4000), "seed": .float(4)])
    #expect(abs(try draw(op, rows).reduce(0, +) / 4000 - 0.75) < 0.03)
  }
}
