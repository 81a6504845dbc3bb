import CoppiceIR

/// A node of the prepared graph with its fused tail, as forms see it: where operands and results
/// lie or would lie, and what is known of the weight.
struct Site {
  /// The producer and its tail.
  let computation: Computation
  /// Where the operands lie; `nil` for one that is absent.
  let operands: [TensorView?]
  /// Where the results go; `nil` for one that nobody reads.
  let results: [TensorView?]
  /// Operands that are constants.
  private(set) var constants: [Constant?]
  /// What the tail reads besides the producer's result, broadcast to the result.
  let tailViews: [TensorView]
  /// Counts of weights, made once for each.
  let counter: WeightCounter
  /// The planes that operand 0 and result 0 lie in.
  private let planes: (x: PlaneShape?, y: PlaneShape?)

  /// The operand whose storage is chosen: the first constant that is read as a weight.
  private(set) var weightOperand: Int?

  /// How the producer reads that operand; `nil` if there is none.
  private(set) var reading: LinearReading?
  /// The convolution that the producer is, if it is one with constant weights.
  private(set) var convolution: ConvolutionGeometry?
  /// The product that the producer is, if it is one with constant weights.
  private(set) var product: ProductGeometry?

  /// The producer's operator.
  var op: any Operator { computation.op }

  /// Makes a site.
  ///
  /// - Parameters:
  ///   - computation: The producer and its tail.
  ///   - results: The values that results go to.
  ///   - counter: Counts weights.
  ///   - weightOperand: The operand whose storage is chosen; if not given, the first weight.
  ///   - planes: The planes that a value lies in.
  ///   - view: Where a value lies or would lie.
  init(
    _ computation: Computation, results: [ValueID?], _ counter: WeightCounter,
    weightOperand: Int? = nil, planes: (ValueID) -> PlaneShape? = { _ in nil },
    view: (ValueID) -> TensorView?
  ) {
    let graph = computation.graph
    let operands = graph[computation.head].operands
    self.planes = (
      operands.first.flatMap { $0.flatMap(planes) }, results.first.flatMap { $0.flatMap(planes) }
    )
    self.computation = computation
    self.counter = counter
    self.operands = operands.map { $0.flatMap(view) }
    self.results = results.map { $0.flatMap(view) }
    constants = operands.map { graph.constant($0) }
    let constants = self.constants
    self.weightOperand =
      weightOperand
      ?? computation.op.weightOperands.first {
        $0 < constants.count && constants[$0] != nil
      }
    let final = self.results.first.flatMap { $0 }
    tailViews = computation.tailOperands.flatMap { $0 }.compactMap { value in
      guard let final, let value else { return nil }
      return view(value)?.broadcast(to: final.shape)
    }
    measure()
  }

  private mutating func measure() {
    reading = weightOperand.flatMap { operand in
      computation.graph.linearReadings(computation.head).first { $0.operand == operand }
    }
    convolution = ConvolutionGeometry(self)
    product = ProductGeometry(self)
  }

  /// The same site seen with another of its weights.
  func with(weightOperand: Int) -> Site {
    var site = self
    site.weightOperand = weightOperand
    site.measure()
    return site
  }

  /// The same site with other elements or another storage of its weight.
  func with(weight: Constant) -> Site {
    var site = self
    if let weightOperand { site.constants[weightOperand] = weight }
    site.measure()
    return site
  }

  /// Whether the whole tail can be applied to vectors along an axis of the result.
  func tailIsVectorizable(along axis: Int) -> Bool {
    let graph = computation.graph
    let isKnown = computation.tail.allSatisfy {
      (graph[$0].op as? any Elementwise)?.isVectorizable ?? false
    }
    return isKnown
      && tailViews.allSatisfy {
        $0.stored.bits >= 8 && 0...1 ~= $0.strides[axis] || $0.shape[axis] == 1
      }
  }

  /// Zeros that stand above and below each plane of operand 0.
  var zerosAroundPlanes: (above: Int, below: Int) {
    planes.x.map { ($0.above, $0.below) } ?? (0, 0)
  }

  /// Whether operand 0 is the caller's tensor, which may begin anywhere.
  var readsCaller: Bool {
    let graph = computation.graph
    return graph[computation.head].operand(0).map(graph.inputs.contains) ?? false
  }

  /// Whether what lies between the planes of result 0 is nobody else's.
  var hasOwnPlanes: Bool { planes.y != nil }

  /// A constant operand without its zeros.
  ///
  /// - Parameters:
  ///   - operand: The operand.
  ///   - storage: A storage that leaves zeros out.
  ///   - rowAxis: The axis that the rows go along.
  ///   - shape: Another shape of the same elements to take the rows from.
  /// - Returns: `nil` if the operand is no constant.
  func sparse(
    _ operand: Int, _ storage: StorageKind, rowAxis: Int, as shape: [Int]? = nil
  ) -> SparseWeight? {
    guard operand < constants.count, let constant = constants[operand],
      let value = computation.graph[computation.head].operand(operand)
    else { return nil }
    let counts = counter.counts(value, constant, rowAxis: rowAxis, as: shape)
    let layout = SparseLayout(shape ?? constant.type.shape, rowAxis: rowAxis)
    let own = constant.storage.kind == storage ? constant.storage.format : nil
    return SparseWeight(storage: storage, layout: layout, counts: counts, own: own)
  }
}

extension Site {
  /// The slots of the weight's matrix for windows.
  func windowSlots(_ rowAxis: Int, _ order: WindowTable.Order) -> Int? {
    guard let weightOperand, let constant = constants[weightOperand],
      let value = computation.graph[computation.head].operand(weightOperand)
    else { return nil }
    return counter.windowSlots(value, constant, rowAxis: rowAxis, order: order)
  }
}

/// What is known of a weight before it is packed without its zeros.
struct SparseWeight {
  let layout: SparseLayout
  /// Rows that share an index.
  let height: Int
  /// Blocks of `height` rows and one column that kernels meet, one after the other.
  let slots: Double
  /// Bytes of its tables.
  let bytes: Int
  /// Bits of a bitmap.
  let bits: Double
  /// Turns of the loops over bits for each pass: a byte is left at its last bit that is set.
  let turns: Double
  /// Groups that are entered for each pass, those of bitmaps byte by byte.
  let lines: Double

  /// Describes a weight.
  ///
  /// - Parameters:
  ///   - storage: A storage that leaves zeros out.
  ///   - layout: How its rows are read.
  ///   - counts: Its extents and nonzeros.
  ///   - own: The format that it is in already, whose blocks may be of another height.
  init(
    storage: StorageKind, layout: SparseLayout, counts: WeightShape, own: (any SparseFormat)?
  ) {
    self.layout = layout
    height = own?.height ?? storage.height
    let isCanonical = height == storage.height
    let entries = isCanonical ? counts.slots(storage) : (own?.valueCount ?? 0) / height
    slots = Double(entries * min(storage.width, max(layout.columns, 1)))
    bytes = isCanonical ? counts.bytes(storage) : entries * (height * counts.elementBytes + 2)
    let rows = (layout.rows + height - 1) / height
    guard storage.testsColumns else {
      (bits, turns, lines) = (0, 0, Double(rows * layout.groups))
      return
    }
    bits = Double(rows * layout.groups * layout.columns)
    let (whole, rest) = layout.columns.quotientAndRemainder(dividingBy: 8)
    let zeros = 1 - counts.density
    let line = Double(whole) * Self.turns(8, zeros) + (rest > 0 ? Self.turns(rest, zeros) : 0)
    turns = Double(rows * layout.groups) * line
    lines = Double(rows * layout.groups * (whole + (rest > 0 ? 1 : 0)))
  }

  /// The turns that are expected of a loop over some bits, of which a part is not set.
  private static func turns(_ bits: Int, _ zeros: Double) -> Double {
    var (none, sum) = (1.0, Double(bits))
    for _ in 0..<bits {
      none *= zeros
      sum -= none
    }
    return sum + none
  }

  /// Rows of blocks.
  var blockRows: Int { (layout.rows + height - 1) / height }
}

/// Counts the nonzeros of weights, each once for each way to see its rows.
final class WeightCounter {
  private struct Key: Hashable {
    var value: ValueID
    var rowAxis: Int
    var shape: [Int]?
  }

  private struct WindowKey: Hashable {
    var value: ValueID
    var rowAxis: Int
    var order: WindowTable.Order
  }

  private var known: [Key: WeightShape] = [:]
  /// Of matrices whose slots were counted: a bit for each element.
  private var patterns: [Key: NonzeroPattern] = [:]
  private var windows: [WindowKey: Int] = [:]

  /// The slots of a matrix for windows; `nil` for one that is too full or too large.
  ///
  /// - Parameters:
  ///   - value: The constant's value.
  ///   - constant: The constant.
  ///   - rowAxis: The axis that the rows go along.
  ///   - order: How it is taken apart.
  /// - Returns: Their number.
  func windowSlots(
    _ value: ValueID, _ constant: Constant, rowAxis: Int, order: WindowTable.Order
  ) -> Int? {
    let counts = counts(value, constant, rowAxis: rowAxis, as: nil)
    guard counts.density < 0.8, counts.nonzeros <= 1 << 22 else { return nil }
    let key = WindowKey(value: value, rowAxis: rowAxis, order: order)
    if let found = windows[key] { return found }
    let matrix = Key(value: value, rowAxis: rowAxis)
    let pattern =
      patterns[matrix]
      ?? NonzeroPattern(constant, SparseLayout(constant.type.shape, rowAxis: rowAxis))
    let slots = WindowTable.slots(pattern, order)
    (patterns[matrix], windows[key]) = (pattern, slots)
    return slots
  }

  /// The counts of a constant.
  ///
  /// - Parameters:
  ///   - value: The constant's value.
  ///   - constant: The constant; its storage may change between calls, its elements may not.
  ///   - rowAxis: The axis that the rows go along.
  ///   - shape: Another shape of the same elements to take the rows from.
  /// - Returns: Extents and nonzeros.
  func counts(
    _ value: ValueID, _ constant: Constant, rowAxis: Int, as shape: [Int]?
  ) -> WeightShape {
    let key = Key(value: value, rowAxis: rowAxis, shape: shape)
    if let found = known[key] { return found }
    let counts = WeightShape(constant, rowAxis: rowAxis, as: shape)
    known[key] = counts
    return counts
  }

  /// The counts of a constant as loops read it.
  func counts(_ value: ValueID, _ constant: Constant, _ reading: WeightReading) -> WeightShape {
    let rowAxis = reading.matrix == nil ? reading.rowAxis : 0
    return counts(value, constant, rowAxis: rowAxis, as: reading.matrix)
  }
}
