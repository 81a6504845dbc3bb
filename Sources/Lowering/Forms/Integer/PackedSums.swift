import CoppiceIR

/// The numbers of a quantized layer as programs on packed integers take them.
///
/// Activations are widened to halves as they are. What their zero point adds to each sum is known, so
/// that it lies in where the sum starts; padding holds the zero point.
struct PackedSums {
  /// What zero is among the activations.
  let zeroPoint: Int
  /// Whether activations are signed.
  let isSigned: Bool
  private let weights: Constant
  private let biases: Constant?
  /// How sums become results; `nil` where the operator's loops finish them.
  let requantization: FastRequantization?

  /// Takes a layer apart.
  ///
  /// - Returns: `nil` for other types, or biases that are not known.
  init?(_ site: Site, _ arithmetic: Arithmetic) {
    guard !arithmetic.isFloat, let operand = site.weightOperand, let reading = site.reading,
      let weights = site.constants[operand], weights.type.element == .int8,
      let x = site.operand(reading.input)
    else { return nil }
    var biases: Constant?
    if let start = reading.start, site.operand(start) != nil {
      guard let constant = site.constants[start], constant.type.element == .int32 else {
        return nil
      }
      biases = constant
    }
    self.weights = weights
    self.biases = biases
    zeroPoint = arithmetic.zeroPoint
    isSigned = x.element.isSigned
    requantization = FastRequantization(site)
  }

  /// Every weight, in the order of the constant.
  func weightNumbers() -> [Int8] {
    weights.dense.withUnsafeBytes { bytes in bytes.map { Int8(bitPattern: $0) } }
  }

  /// Where the sum of an output channel starts.
  ///
  /// - Parameters:
  ///   - channel: The output channel.
  ///   - sum: The sum of its weights.
  /// - Returns: In int32, which wraps around as sums do.
  func start(_ channel: Int, weights sum: Int) -> Int32 {
    let bias = biases.flatMap { $0.integers?[$0.type.count == 1 ? 0 : channel] } ?? 0
    return Int32(truncatingIfNeeded: bias - zeroPoint * sum)
  }

  /// The parameters that end a program: what becomes of its sums.
  var finish: [Int] { requantization?.parameters ?? [0, 0, 0, 0] }

  /// What the sum of a channel is multiplied by, in 2^-32.
  func multiplier(_ channel: Int) -> Int32 { requantization?.multiplier(channel) ?? 0 }
}

/// Requantisation by one multiplication: `(acc * M + zero * 2^32 + 2^31) / 2^32`, kept in bounds.
///
/// It is `Requantization.fast` of scales below 1/2 with a known zero point.
struct FastRequantization {
  private let scales: [RequantizationScale]
  private let isSigned: Bool
  private let zero: Int
  private let bounds: ClosedRange<Int>

  /// Takes the requantisation of a layer whose results are stored as they are.
  ///
  /// - Returns: `nil` for any other.
  init?(_ site: Site) {
    let (graph, head) = (site.computation.graph, site.computation.head)
    guard site.computation.tail.isEmpty, let y = site.results[0],
      [.int8, .uint8].contains(y.element),
      site.op is QLinearConv || site.op is QLinearMatMul,
      let requantization = try? Requantization(site.op.settings, y.element),
      requantization.form == .fast,
      let scales = graph.inferenceContext(head).requantizationScales((1, 4, 6)),
      scales.allSatisfy({ $0.shift == 0 }), let zero = site.constants[7]?.integers?.first,
      site.constants[7]?.onlyNumber != nil
    else { return nil }
    (self.scales, self.zero, bounds) = (scales, zero, requantization.bounds)
    isSigned = y.element.isSigned
  }

  var parameters: [Int] { [isSigned ? 1 : 2, zero, bounds.lowerBound, bounds.upperBound] }

  func multiplier(_ channel: Int) -> Int32 {
    scales[scales.count == 1 ? 0 : channel].multiplier
  }

  /// The result of a sum, in int32.
  func finished(_ sum: Expr, multiplier: Expr) -> Expr {
    let scaled = Expr.packed(.requantize, sum, multiplier, .constant(Double(zero), .int32))
    return scaled.maximum(.constant(Double(bounds.lowerBound), .int32))
      .minimum(.constant(Double(bounds.upperBound), .int32))
  }
}

extension Expr {
  /// The bits of a word of a table as a sum.
  var asSum: Expr { converted(to: .int32) }
}

extension LoopBuilder {
  /// Two words of four bytes: those at even and at odd places as halves.
  func widened(_ buffer: Buffer, _ place: Expr) -> (even: Expr, odd: Expr) {
    func byte(_ offset: Int) -> Expr {
      Expr.load(buffer, place + offset, lanes: 1).converted(to: .int32)
    }
    return (.packed(.pack2, byte(0), byte(2)), .packed(.pack2, byte(1), byte(3)))
  }

  /// Adds a product of halves to a sum.
  func accumulate(_ sum: Variable, _ a: Expr, dot b: Expr) {
    assign(sum, .packed(.dot2, a, b, .variable(sum)))
  }
}

/// A table of words, for programs that read weights in one stream.
struct WordTable {
  private(set) var words: [UInt32] = []

  mutating func append(_ number: Int32) { words.append(UInt32(bitPattern: number)) }

  /// Appends four weights as one word, the first lowest.
  mutating func append(bytes: [Int8]) {
    var word: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      word |= UInt32(UInt8(bitPattern: byte)) << UInt32(8 * index)
    }
    words.append(word)
  }

  /// The table among the constants of a model.
  func buffer(_ builder: LoopBuilder, _ name: String, operand: Int) -> Buffer {
    let bytes = Bytes(count: words.count * 4) { out in
      for (index, word) in words.enumerated() {
        out.storeBytes(of: word.littleEndian, toByteOffset: index * 4, as: UInt32.self)
      }
    }
    return builder.addConstant(bytes, .uint32, words.count, name, operand)
  }
}
