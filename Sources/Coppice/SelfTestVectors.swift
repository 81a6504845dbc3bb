import CoppiceC
import CoppiceIR

extension Compiler {
  /// Vectors for the self-test: recorded ones, or for a small model one that is computed here.
  func selfTestVectors(_ program: Program) throws(Diagnostics) -> [TestVector] {
    if !options.vectors.isEmpty {
      return try readVectors(options.vectors, program.inputs, program.outputs).map(\.vector)
    }
    let macs = program.steps.reduce(0) { $0 + $1.macs.dense }
    let elements = (program.inputs + program.outputs).reduce(0) { $0 + $1.type.count }
    let stored = program.slots.reduce(0) { $0 + $1.buffer.count }
    let isPlain = (program.inputs + program.outputs).allSatisfy { $0.type.element.isComputable }
    guard macs <= 200_000, elements <= 16_384, stored <= 1_000_000, isPlain else { return [] }
    let inputs = program.inputs.enumerated().map { index, input in
      assumedElements(program.assumptions.filter { $0.input == index }).map { elements in
        Bytes(
          elements.flatMap {
            Bytes.number(Double($0), input.type.element).array(of: UInt8.self)
          })
      } ?? sample(input.type)
    }
    guard let outputs = try? Interpreter.run(program, inputs: inputs, work: 1 << 24) else {
      return []
    }
    return [TestVector(inputs: inputs, outputs: outputs)]
  }

  /// Elements that look random and are the same everywhere.
  private func sample(_ type: TensorType) -> Bytes {
    let noise = (0..<type.count).map { ($0 * 37 + 11) % 256 }
    func whole<T: FixedWidthInteger & BitwiseCopyable>(_ modulus: Int, _: T.Type) -> Bytes {
      Bytes(noise.map { T(truncatingIfNeeded: $0 % modulus) })
    }
    switch type.element {
    case .float32: return Bytes(noise.map { Float($0) / 128 - 1 })
    case .float64: return Bytes(noise.map { Double($0) / 128 - 1 })
    case .int8: return whole(100, Int8.self)
    case .uint8: return whole(100, UInt8.self)
    case .int16: return whole(2, Int16.self)
    case .uint16: return whole(2, UInt16.self)
    case .int32: return whole(2, Int32.self)
    case .uint32: return whole(2, UInt32.self)
    case .int64: return whole(2, Int64.self)
    case .uint64: return whole(2, UInt64.self)
    default: return whole(2, UInt8.self)
    }
  }
}
