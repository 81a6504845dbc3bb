/// Unpacks a deflate stream (RFC 1951) into at most a given number of bytes.
struct Inflater {
  private let input: UnsafeRawBufferPointer
  private let limit: Int
  private var at = 0
  private var buffer: UInt32 = 0
  private var bitCount = 0
  private var output: [UInt8] = []

  init(_ input: UnsafeRawBufferPointer, limit: Int) {
    self.input = input
    self.limit = limit
  }

  /// The unpacked bytes; nil if the stream is damaged or unpacks to more than the limit.
  mutating func run() -> [UInt8]? {
    while true {
      guard let isLast = bits(1), let kind = bits(2) else { return nil }
      let isGood =
        switch kind {
        case 0: storedBlock()
        case 1: block(.fixedLiterals, .fixedDistances)
        case 2: dynamicBlock()
        default: false
        }
      guard isGood else { return nil }
      if isLast == 1 { return output }
    }
  }
}

extension Inflater {
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let codeLengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private mutating func bits(_ count: Int) -> Int? {
    while bitCount < count {
      guard at < input.count else { return nil }
      buffer |= UInt32(input[at]) << UInt32(bitCount)
      at += 1
      bitCount += 8
    }
    let value = buffer & ((1 << UInt32(count)) - 1)
    buffer >>= UInt32(count)
    bitCount -= count
    return Int(value)
  }

  private mutating func symbol(_ code: PrefixCode) -> Int? {
    var (value, first, index) = (0, 0, 0)
    for length in 1...PrefixCode.longest {
      guard let bit = bits(1) else { return nil }
      value |= bit
      let count = code.counts[length]
      if value - first < count { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    return nil
  }

  private mutating func storedBlock() -> Bool {
    (buffer, bitCount) = (0, 0)
    guard input.count - at >= 4 else { return false }
    let length = Int(input[at]) | Int(input[at + 1]) << 8
    let complement = Int(input[at + 2]) | Int(input[at + 3]) << 8
    at += 4
    guard length ^ complement == 0xFFFF, input.count - at >= length,
      limit - output.count >= length
    else { return false }
    output += input[at..<at + length]
    at += length
    return true
  }

  private mutating func block(_ literals: PrefixCode, _ distances: PrefixCode) -> Bool {
    while let code = symbol(literals) {
      if code == 256 { return true }
      if code < 256 {
        guard output.count < limit else { return false }
        output.append(UInt8(code))
      } else {
        guard copy(lengthCode: code - 257, distances) else { return false }
      }
    }
    return false
  }

  private mutating func copy(lengthCode: Int, _ distances: PrefixCode) -> Bool {
    guard lengthCode < Self.lengthBases.count, let extra = bits(Self.lengthBits[lengthCode]),
      let code = symbol(distances), code < Self.distanceBases.count,
      let extraDistance = bits(max(0, code / 2 - 1))
    else { return false }
    let length = Self.lengthBases[lengthCode] + extra
    let distance = Self.distanceBases[code] + extraDistance
    guard distance <= output.count, length <= limit - output.count else { return false }
    for _ in 0..<length { output.append(output[output.count - distance]) }
    return true
  }

  private mutating func dynamicBlock() -> Bool {
    guard let literals = bits(5), let distances = bits(5), let codes = bits(4) else { return false }
    var lengths = [Int](repeating: 0, count: 19)
    for position in Self.codeLengthOrder.prefix(codes + 4) {
      guard let length = bits(3) else { return false }
      lengths[position] = length
    }
    let (literalCount, total) = (literals + 257, literals + distances + 258)
    guard let code = PrefixCode(lengths), let all = codeLengths(code, total),
      let literalCode = PrefixCode(all.prefix(literalCount)),
      let distanceCode = PrefixCode(all.dropFirst(literalCount))
    else { return false }
    return block(literalCode, distanceCode)
  }

  private mutating func codeLengths(_ code: PrefixCode, _ total: Int) -> [Int]? {
    var lengths: [Int] = []
    while lengths.count < total {
      guard let symbol = symbol(code) else { return nil }
      switch symbol {
      case 16:
        guard let last = lengths.last, let count = bits(2) else { return nil }
        lengths += [Int](repeating: last, count: count + 3)
      case 17:
        guard let count = bits(3) else { return nil }
        lengths += [Int](repeating: 0, count: count + 3)
      case 18:
        guard let count = bits(7) else { return nil }
        lengths += [Int](repeating: 0, count: count + 11)
      default: lengths.append(symbol)
      }
    }
    return lengths.count == total ? lengths : nil
  }
}

/// A canonical Huffman code: how many symbols have each length, and the symbols in code order.
private struct PrefixCode {
  static let longest = 15
  static let fixedLiterals = PrefixCode(
    valid: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = PrefixCode(valid: [Int](repeating: 5, count: 30))

  let counts: [Int]
  let symbols: [Int]

  /// Nil if more codes are wanted than their lengths leave room for.
  init?(_ lengths: some Sequence<Int>) {
    self.init(valid: Array(lengths))
    var left = 1
    for count in counts.dropFirst() {
      left = left * 2 - count
      guard left >= 0 else { return nil }
    }
  }

  private init(valid lengths: [Int]) {
    var counts = [Int](repeating: 0, count: Self.longest + 1)
    for length in lengths where length > 0 { counts[length] += 1 }
    self.counts = counts
    symbols = (1...Self.longest).flatMap { length in
      lengths.indices.filter { lengths[$0] == length }
    }
  }
}
