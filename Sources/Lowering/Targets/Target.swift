/// What code is generated for, and all that was measured of it.
///
/// To add one, write a file like those beside this one and list it in `Targets.swift`.
public struct Target: Sendable {
  /// What the first and second cache hold for weights, in bytes.
  package struct Caches: Sendable {
    package var first: Int
    package var second: Int
  }

  /// The name on the command line and in manifests.
  public let name: String
  /// Bytes of the vectors that one source carries variants for, widest first; none for strict C99.
  public let vectorBytes: [Int]
  /// The alignment of the arena in bytes.
  public let arenaAlignment: Int
  /// The alignment of long tables in bytes.
  public let tableAlignment: Int
  /// Output channels that are computed together when vectors apply, descending down to 1.
  let channelBlocks: [Int]
  /// Output columns of a product that are computed together when vectors apply, descending down to 1.
  let columnBlocks: [Int]
  /// Registers that a tile of accumulators may take, by lanes, so that weights and activations find
  /// theirs.
  let accumulators: [Int: Int]
  /// Whether sparse windows run in vectors, and dense kernels at the speed of a large processor.
  let hasWideVectors: Bool
  /// What caches hold; `nil` where all memory is alike.
  let caches: Caches?
  /// Bytes of machine code for an operation of loop IR.
  private let operationBytes: Double
  /// What the steps of each form take.
  let costs: Costs

  init(
    _ name: String, vectorBytes: [Int] = [], arenaAlignment: Int = 16, tableAlignment: Int = 16,
    channelBlocks: [Int] = [32, 16, 8, 4, 1], columnBlocks: [Int] = [64, 32, 16, 8, 4, 1],
    accumulators: [Int: Int] = [1: 16], hasWideVectors: Bool = false, caches: Caches? = nil,
    codeBytes: Double, costs: Costs
  ) {
    self.name = name
    self.vectorBytes = vectorBytes
    self.arenaAlignment = arenaAlignment
    self.tableAlignment = tableAlignment
    self.channelBlocks = channelBlocks
    self.columnBlocks = columnBlocks
    self.accumulators = accumulators
    self.hasWideVectors = hasWideVectors
    self.caches = caches
    operationBytes = codeBytes
    self.costs = costs
  }

  /// Registers that a tile of accumulators may take.
  ///
  /// - Parameter lanes: Floats in a vector; 1 for scalars.
  /// - Returns: Registers of that width.
  func accumulators(lanes: Int) -> Int { accumulators[lanes] ?? 16 }

  /// A forecast of the bytes of machine code.
  ///
  /// - Parameter operations: Of loop IR.
  /// - Returns: Bytes.
  package func codeBytes(_ operations: Int) -> Int { Int(Double(operations) * operationBytes) }

  /// Floats in the widest vector, 1 without any.
  var lanes: Int { max((vectorBytes.first ?? 4) / 4, 1) }
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

  /// Makes costs.
  ///
  /// - Parameters:
  ///   - forms: What steps take, by form.
  ///   - others: What they take in forms that were not measured.
  init(_ forms: [String: [Work.Step: Double]], others: [Work.Step: Double]) {
    self.forms = forms
    self.others = others
  }

  /// What an element takes that is copied from one layout to another.
  var copy: Double { others[.copy] ?? 1 }

  /// What the steps of a form take; those of its numbers are those of its vectors where nothing else
  /// is known.
  func of(_ form: String) -> [Work.Step: Double] {
    let suffix = "_scalar"
    let stem = form.hasSuffix(suffix) ? String(form.dropLast(suffix.count)) : form
    return forms[form] ?? forms[stem] ?? others
  }
}
