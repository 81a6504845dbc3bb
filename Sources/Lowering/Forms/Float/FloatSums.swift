import CoppiceIR

/// What programs on floats make of their sums where they store them themselves.
enum FloatStores {
  case plain
  /// With Relu.
  case rectified

  /// Takes a site whose sums are its results but for Relu.
  ///
  /// - Returns: `nil` where loops have to finish them.
  init?(_ site: Site) {
    let graph = site.computation.graph
    guard site.results[0]?.stored == .float32 else { return nil }
    switch site.computation.tail.count {
    case 0: self = .plain
    case 1 where graph[site.computation.tail[0]].op is Relu: self = .rectified
    default: return nil
    }
  }

  /// The parameter of a program.
  var parameter: Int { self == .rectified ? 1 : 0 }

  /// What is stored for a sum; what is not above zero becomes zero.
  func stored(_ sum: Expr) -> Expr {
    guard self == .rectified else { return sum }
    let zero = Expr.constant(0, .float32)
    return .select(sum.compared(.le, zero), zero, sum)
  }
}

/// What the sums of channels start from, known when the code is made.
struct FloatStarts {
  private let numbers: [Float]?

  /// Takes the start of a site's sums.
  ///
  /// - Returns: `nil` where it is not known.
  init?(_ site: Site) {
    guard let start = site.reading?.start, site.operand(start) != nil else {
      numbers = nil
      return
    }
    guard let constant = site.constants[start], constant.type.element == .float32 else {
      return nil
    }
    numbers = constant.floats
  }

  subscript(channel: Int) -> Float {
    guard let numbers else { return 0 }
    return numbers[numbers.count == 1 ? 0 : channel]
  }
}

extension Constant {
  /// The elements of a float32 constant.
  var floats: [Float] {
    dense.withUnsafeBytes { raw in
      (0..<type.count).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }
}

/// A table of floats, written when it is needed.
struct FloatTable {
  let count: Int
  private let make: @Sendable (UnsafeMutableRawBufferPointer) -> Void

  /// Plans a table.
  ///
  /// - Parameters:
  ///   - count: Its floats.
  ///   - element: The float at a place.
  init(_ count: Int, _ element: @escaping @Sendable (_ place: Int) -> Float) {
    self.count = count
    make = { out in
      for place in 0..<count {
        out.storeBytes(of: element(place), toByteOffset: place * 4, as: Float.self)
      }
    }
  }

  /// The table among the constants of a model.
  func buffer(_ builder: LoopBuilder, _ name: String, operand: Int?) -> Buffer {
    let size = count * 4
    let bytes = size > 1 << 20 ? Bytes(derived: size, make: make) : Bytes(count: size, fill: make)
    return builder.addConstant(bytes, .float32, count, name, operand)
  }
}
