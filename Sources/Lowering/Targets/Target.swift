import CoppiceIR

/// What code is generated for, and all that was measured of it.
///
/// To add one, write a file like those beside this one and list it in `Targets.swift`.
public struct Target: Sendable {
  /// What the first and second cache hold for weights, in bytes, and of how many pages of memory the
  /// addresses are known at once.
  package struct Caches: Sendable {
    package var first: Int
    package var second: Int
    package var pages: Int

    /// What the first holds of some runs of bytes: planes a power of two apart share few places of it.
    ///
    /// - Parameters:
    ///   - run: Bytes of a run.
    ///   - apart: From one to the next.
    /// - Returns: Bytes.
    func first(run: Int, apart: Int) -> Int {
      let places = first / Self.ways
      let period = min(places, apart & -apart)
      return period > 0 ? first * min(run, period) / period : first
    }

    /// Lines of memory that a place of the first may hold, on most processors.
    private static let ways = 8
  }

  /// The name on the command line and in manifests.
  public let name: String
  /// The vectors that one source carries variants for, widest first; none for strict C99.
  public let vectors: [VectorExtension]
  /// The alignment of the arena in bytes.
  public let arenaAlignment: Int
  /// The alignment of long tables in bytes.
  public let tableAlignment: Int
  /// Output channels that are computed together when vectors apply, descending down to 1.
  private let channelBlocks: [Int]
  /// Output columns of a product that are computed together when vectors apply, descending down to 1.
  private let columnBlocks: [Int]
  /// Registers that a tile of accumulators may take, by lanes of floats, so that weights and
  /// activations find theirs.
  private let accumulators: [Int: Int]
  /// Whether sparse windows run in vectors, and dense kernels at the speed of a large processor.
  let hasWideVectors: Bool
  /// Whether it has instructions for halves and bytes packed in words.
  package let hasPackedIntegers: Bool
  /// Whether steps on floats have programs of their own.
  let hasFloatPrograms: Bool
  /// What caches hold; `nil` where all memory is alike.
  let caches: Caches?
  /// Bytes that the offset of a load spans; `nil` where that is more than tiles do.
  let reach: Int?
  /// Bytes of machine code for an operation of loop IR.
  private let operationBytes: Double
  /// What the steps of each form take.
  private(set) var costs: Costs
  /// Bytes of widened activations that a form may keep at once; `nil` where nothing is scarce.
  package var bandMemory: Int?
  /// Bytes that a kernel may take with what it reads and writes, as far as forms let it; `nil` for
  /// any.
  package var stepMemory: Int?

  init(
    _ name: String, vectors: [VectorExtension] = [], arenaAlignment: Int = 16,
    tableAlignment: Int = 16,
    channelBlocks: [Int] = [32, 16, 8, 4, 1], columnBlocks: [Int] = [64, 32, 16, 8, 4, 1],
    accumulators: [Int: Int] = [1: 16], hasWideVectors: Bool = false,
    hasPackedIntegers: Bool = false, hasFloatPrograms: Bool = false,
    caches: Caches? = nil,
    reach: Int? = nil, codeBytes: Double, costs: Costs
  ) {
    self.name = name
    self.vectors = vectors
    self.arenaAlignment = arenaAlignment
    self.tableAlignment = tableAlignment
    self.channelBlocks = channelBlocks
    self.columnBlocks = columnBlocks
    self.accumulators = accumulators
    self.hasWideVectors = hasWideVectors
    self.hasPackedIntegers = hasPackedIntegers
    self.hasFloatPrograms = hasFloatPrograms
    self.caches = caches
    self.reach = reach
    operationBytes = codeBytes
    self.costs = costs
  }

  /// The same target with some forms for nothing, so that they are taken wherever they apply.
  ///
  /// - Parameter forms: Names of forms.
  /// - Returns: For tests of forms that cost more than others.
  package func favouring(_ forms: Set<String>) -> Target {
    var target = self
    target.costs.free = forms
    return target
  }

  /// Registers that a tile of accumulators may take.
  ///
  /// - Parameters:
  ///   - lanes: Numbers in a vector; 1 for scalars.
  ///   - element: Their type.
  /// - Returns: Registers of that width.
  func accumulators(lanes: Int, of element: ElementType) -> Int {
    accumulators[lanes == 1 ? 1 : lanes * element.bits / 32] ?? 16
  }

  /// Whether there is an instruction that picks lanes of two of the widest vectors by their numbers.
  var picksLanes: Bool { vectors.first == .avx512 }

  /// The bytes of the vectors that compute in a type, widest first; none where nothing does.
  ///
  /// - Parameter element: Of sums.
  /// - Returns: Those of the extensions that do.
  func vectors(of element: ElementType) -> [Int] {
    vectors.filter { $0.elements.contains(element) }.map(\.bytes)
  }

  /// Output channels that are computed together in vectors, descending down to 1.
  func channelBlocks(of element: ElementType) -> [Int] { fitting(channelBlocks, element) }

  /// Output columns of a product that are computed together in vectors, descending down to 1.
  func columnBlocks(of element: ElementType) -> [Int] { fitting(columnBlocks, element) }

  /// The sizes that take no more registers than floats do.
  private func fitting(_ sizes: [Int], _ element: ElementType) -> [Int] {
    sizes.filter { $0 == 1 || $0 * element.bits <= sizes[0] * 32 }
  }

  /// Positions whose windows are widened at once, at most.
  ///
  /// Weights are widened once for all of them, which fades at some dozens. Large activations leave
  /// less memory for it.
  ///
  /// - Parameters:
  ///   - bytes: What the window of a position takes.
  ///   - activations: Bytes of the operand and the result.
  /// - Returns: An even number.
  func bandPositions(of bytes: Int, beside activations: Int) -> Int {
    let plenty = max(4096, 32768 - activations)
    let least = bandMemory == nil ? 8 : 2
    return max(least, min(48, min(plenty, bandMemory ?? plenty) / max(bytes, 1) / 2 * 2))
  }

  /// Bytes of planes of channel pairs that are kept at once, unless a single row takes more.
  var planeBytes: Int { min(16384, bandMemory ?? 16384) }

  /// A forecast of the bytes of machine code.
  ///
  /// - Parameter operations: Of loop IR.
  /// - Returns: Bytes.
  package func codeBytes(_ operations: Int) -> Int { Int(Double(operations) * operationBytes) }

  /// Numbers of a type in the widest vector, 1 without any.
  func lanes(of element: ElementType) -> Int {
    vectors(of: element).first.map { $0 * 8 / element.bits } ?? 1
  }
}

extension Target: Hashable {
  /// Targets are told apart by their names.
  public static func == (a: Target, b: Target) -> Bool { a.name == b.name }

  /// Hashes the name.
  ///
  /// - Parameter hasher: Takes it.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Target: CustomStringConvertible {
  /// The name.
  public var description: String { name }
}

/// What the steps of each form take, fitted to measurements; each target has its own unit.
struct Costs: Sendable {
  private let forms: [String: [Work.Step: Double]]
  private let others: [Work.Step: Double]
  /// By which part forecasts are trusted less where zeros are left out; 0 where counts are exact.
  let doubt: Double
  /// Forms that take nothing.
  var free: Set<String> = []

  /// Makes costs.
  ///
  /// - Parameters:
  ///   - forms: What steps take, by form.
  ///   - others: What they take in forms that were not measured.
  ///   - doubt: By which part forecasts are trusted less where zeros are left out.
  init(
    _ forms: [String: [Work.Step: Double]], others: [Work.Step: Double], doubt: Double = 0
  ) {
    self.forms = forms
    self.others = others
    self.doubt = doubt
  }

  /// What an element takes that is copied from one layout to another.
  var copy: Double { others[.copy] ?? 1 }

  /// What the steps of a form take; those of its numbers are those of its vectors where nothing else
  /// is known, of its integers those of its floats, and of narrow vectors those of wide ones.
  func of(_ form: String) -> [Work.Step: Double] {
    if free.contains(form) { return [:] }
    var stem = form
    for suffix in ["_integer", "_scalar"] where forms[stem] == nil && stem.hasSuffix(suffix) {
      stem.removeLast(suffix.count)
    }
    let known = forms[stem] ?? others
    let usual = [Work.Step.tail: others[.tail] ?? 0, .narrow: known[.fma] ?? 0]
    return known.merging(usual) { own, _ in own }
  }
}
