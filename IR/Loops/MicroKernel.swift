/// Operations on words that hold two 16-bit or four 8-bit numbers or the bits of a float, and on products' upper halves.
///
/// Processors with packed integers have one instruction for each. All wrap around.
public enum PackedOp: String, Hashable, Sendable {
  /// The third plus the products of the signed halves of the first two: `i32` from `u32, u32, i32`.
  case dot2
  /// Bytes 0 and 2, sign-extended to halves: `u32` from `u32`.
  case widenEven = "widen_even"
  /// Bytes 1 and 3, sign-extended to halves.
  case widenOdd = "widen_odd"
  /// Bytes 0 and 2, zero-extended to halves.
  case extendEven = "extend_even"
  /// Bytes 1 and 3, zero-extended to halves.
  case extendOdd = "extend_odd"
  /// The lower halves of two numbers as halves of a word, first low: `u32` from `i32, i32`.
  case pack2
  /// `(c * 2^32 + a * b + 2^31) / 2^32`, rounded down: `i32` from `i32, i32, i32`.
  case requantize
  /// The bits of a float: `i32` from `f32`.
  case singleBits = "single_bits"
  /// The float with some bits: `f32` from `i32`.
  case single
  /// The bits of a double: `i64` from `f64`.
  case doubleBits = "double_bits"
  /// The double with some bits: `f64` from `i64`.
  case double

  /// The types of its operands.
  package var operands: [ElementType] {
    switch self {
    case .dot2: [.uint32, .uint32, .int32]
    case .widenEven, .widenOdd, .extendEven, .extendOdd: [.uint32]
    case .pack2: [.int32, .int32]
    case .requantize: [.int32, .int32, .int32]
    case .singleBits: [.float32]
    case .single: [.int32]
    case .doubleBits: [.float64]
    case .double: [.int64]
    }
  }

  /// The type of its result.
  package var result: ElementType {
    switch self {
    case .dot2, .requantize, .singleBits: .int32
    case .single: .float32
    case .doubleBits: .int64
    case .double: .float64
    default: .uint32
    }
  }

  /// Whether it only says otherwise what some bits mean.
  package var isReinterpretation: Bool {
    switch self {
    case .singleBits, .single, .doubleBits, .double: true
    default: false
    }
  }
}

/// A step of a kernel that some processors have a program of their own for.
///
/// What it does is said in loop IR: that is run by the interpreter, and printed for every processor
/// without such a program.
public struct MicroKernel: Hashable, Sendable {
  /// The programs there are.
  public enum Program: String, Hashable, Sendable {
    /// Widens windows of bytes to halves.
    case windows
    /// Widens the weights of two channels to halves.
    case weights
    /// Sums of two positions by two channels.
    case dot
    /// Widens columns of bytes to halves, each beside itself and beside the column before it.
    case columns
    /// Sums of two positions by two channels, for rows of positions, from rows of widened columns.
    case dotRows = "dot_rows"
    /// Sums of four rows of a product.
    case rows
    /// One channel of a depthwise convolution with windows three wide.
    case depthwise
    /// One channel of a depthwise convolution with windows of any width, from two planes of halves.
    case taps
    /// Fills the inside of a padded plane of halves.
    case plane
    /// Widens columns of four channels to planes of channel pairs.
    case planes
    /// Sums of a channel at neighbouring positions, over pairs of weights with a nonzero.
    case pairs
    /// Sums of rows of a sparse product, over pairs of weights with a nonzero.
    case rowPairs = "row_pairs"
    /// Sums of two rows of a sparse product at once, over blocks of four inputs with a nonzero.
    case rowBlocks = "row_blocks"
    /// Zeros words, sixteen at a time.
    case clear
    /// Copies runs of floats into a panel, in which four positions lie interleaved.
    case gather
    /// Sums of floats of four positions by four channels.
    case panel
    /// Sums of floats of one position by eight channels.
    case row
    /// Sums of floats of neighbouring positions over the nonzeros of each channel.
    case points
    /// Sums of floats of a tile of positions over the nonzeros of each channel's window.
    case floatWindows = "float_windows"
    /// Sums of floats over the nonzeros of rows.
    case entries
    /// Copies rows of floats.
    case copy

    /// Whether it computes in floats.
    package var isFloat: Bool {
      switch self {
      case .clear, .gather, .panel, .row, .points, .floatWindows, .entries, .copy: true
      default: false
      }
    }

    /// How many numbers it is made for, and how many operands it takes.
    package var counts: (parameters: Int, operands: Int) {
      switch self {
      case .windows: (6, 4)
      case .weights: (1, 2)
      case .dot: (7, 4)
      case .columns: (4, 3)
      case .dotRows: (12, 5)
      case .rows: (1, 4)
      case .depthwise: (11, 3)
      case .taps: (13, 3)
      case .plane: (6, 2)
      case .planes: (4, 2)
      case .pairs: (6, 6)
      case .rowPairs, .rowBlocks: (1, 5)
      case .clear: (0, 2)
      case .gather: (0, 6)
      case .panel: (1, 6)
      case .row: (0, 5)
      case .points: (4, 9)
      case .floatWindows: (5, 14)
      case .entries: (2, 6)
      case .copy: (1, 5)
      }
    }
  }

  /// What a program is given.
  public enum Operand: Hashable, Sendable {
    /// The address of an element.
    case address(Buffer, Expr)
    /// An index.
    case number(Expr)

    /// The index that is given or read.
    package var index: Expr {
      switch self {
      case .address(_, let index), .number(let index): index
      }
    }
  }

  /// The program.
  public var program: Program
  /// Numbers that the program is made for.
  public var parameters: [Int]
  /// What it is given, in order.
  public var operands: [Operand]
  /// What it does.
  public var meaning: [Statement]

  /// Makes a step.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - parameters: Numbers that the program is made for.
  ///   - operands: What it is given, in order.
  ///   - meaning: What it does.
  public init(
    _ program: Program, _ parameters: [Int], _ operands: [Operand], meaning: [Statement]
  ) {
    self.program = program
    self.parameters = parameters
    self.operands = operands
    self.meaning = meaning
  }
}

extension LoopBuilder {
  /// Appends a step that some processors have a program for.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - parameters: Numbers that the program is made for.
  ///   - operands: What it is given, in order.
  ///   - body: Builds what it does.
  package func microkernel(
    _ program: MicroKernel.Program, _ parameters: [Int], _ operands: [MicroKernel.Operand],
    _ body: () -> Void
  ) {
    emit(.microkernel(MicroKernel(program, parameters, operands, meaning: block(body))))
  }
}

extension Expr {
  /// An operation on packed numbers.
  package static func packed(_ op: PackedOp, _ operands: Expr...) -> Expr { .packed(op, operands) }
}
