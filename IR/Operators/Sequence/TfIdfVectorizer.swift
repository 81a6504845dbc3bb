/// How often each n-gram of a pool stands in a row of tokens, weighted on request.
package struct TfIdfVectorizer: Operator {
  package static let schema = OperatorSchema(
    "TfIdfVectorizer", since: 9, operands: ["X"],
    attributes: [
      "max_gram_length": nil, "max_skip_count": nil, "min_gram_length": nil, "mode": nil,
      "ngram_counts": .ints([]), "ngram_indexes": .ints([]), "pool_int64s": .ints([]),
      "pool_strings": .strings([]), "weights": .floats([]),
    ],
    allowed: [
      "max_gram_length": .integers(1...64), "max_skip_count": .integers(0...(1 << 20)),
      "min_gram_length": .integers(1...64), "mode": .texts(["TF", "IDF", "TFIDF"]),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { false }

  private var indexes: [Int] { settings.ints("ngram_indexes") ?? [] }
  private var pool: [Int] { settings.ints("pool_int64s") ?? [] }

  /// Where each n-gram of a wanted length starts in the pool, its length, and its number.
  private func grams() throws(DiagnosticMessage) -> [(start: Int, length: Int, number: Int)] {
    let counts = settings.ints("ngram_counts") ?? []
    let lengths =
      settings.int(
        "min_gram_length")...max(
        settings.int("max_gram_length"), settings.int("min_gram_length"))
    var (grams, number): ([(start: Int, length: Int, number: Int)], Int) = ([], 0)
    for (place, start) in counts.enumerated() {
      let end = place + 1 < counts.count ? counts[place + 1] : pool.count
      guard 0 <= start, start <= end, end <= pool.count, (end - start) % (place + 1) == 0 else {
        throw DiagnosticMessage(
          "ngram-pool", "ngram_counts does not divide a pool of \(pool.count)")
      }
      for first in stride(from: start, to: end, by: place + 1) {
        if lengths.contains(place + 1) { grams.append((first, place + 1, number)) }
        number += 1
      }
    }
    let weights = settings.floats("weights")?.count ?? 0
    guard indexes.count == number, number > 0, indexes.allSatisfy({ 0...(1 << 24) ~= $0 }),
      weights == 0 || weights == number
    else {
      throw DiagnosticMessage(
        "ngram-pool",
        "the pool has \(number) n-grams of numbers, but \(indexes.count) indexes and "
          + "\(weights) weights")
    }
    return grams
  }

  /// Counts as float32, one for each index.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.number(0)
    _ = try grams()
    guard 1...2 ~= x.rank, x.element == .int32 || x.element == .int64 else {
      throw DiagnosticMessage("ngram-shape", "operand 0 is \(x); rows of i32 or i64 are expected")
    }
    return [
      try TensorType.checked(.float32, Array(x.shape.dropLast()) + [(indexes.max() ?? 0) + 1])
    ]
  }

  /// For each n-gram the places of a row, with every distance between its tokens.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let grams = try grams()
    let mode = settings.string("mode")
    let weights = settings.floats("weights") ?? []
    builder.fill(y, with: .constant(0, .float32))
    guard !grams.isEmpty else { return }
    let table = { (values: [Int], name: String) in
      builder.indexTable(values.map(Int32.init), name, nil)
    }
    let starts = table(grams.map(\.start), "starts")
    let lengths = table(grams.map(\.length), "lengths")
    let places = table(grams.map { indexes[$0.number] }, "columns")
    let tokens = builder.table(.indices(pool), "pool")
    let factors = builder.table(
      Constant.reals(grams.map { weights.isEmpty ? 1 : Double(weights[$0.number]) }, .float32),
      "weights")
    builder.loops(Array(x.shape.dropLast())) { row in
      builder.loop("g", grams.count) { gram in
        let read = { (buffer: Buffer, name: String) in
          builder.define(name, Expr.load(buffer, gram, lanes: 1).converted(to: .index))
        }
        let search = GramSearch(
          start: read(starts, "start"), length: read(lengths, "length"), tokens: tokens,
          extent: x.shape[x.rank - 1],
          skips: min(max(settings.int("max_skip_count"), 0), x.shape[x.rank - 1]))
        let count = search.count(builder) { x[row + [$0]].converted(to: .int64) }
        let value: Expr
        switch mode {
        case "TF": value = .variable(count)
        case "IDF":
          let isThere = Expr.variable(count).compared(.gt, .constant(0, .float32))
          value = .select(isThere, factors[[gram]], .constant(0, .float32))
        default: value = .variable(count) * factors[[gram]]
        }
        builder.store(value, to: y, at: row + [read(places, "column")])
      }
    }
  }
}

/// The search for one n-gram in a row.
private struct GramSearch {
  let start: Expr
  let length: Expr
  let tokens: TensorView
  let extent: Int
  let skips: Int

  func count(_ builder: LoopBuilder, _ token: (Expr) -> Expr) -> Variable {
    let count = builder.declare("count", .constant(0, .float32))
    // A single token has no distance to the next.
    let ways = Expr.select(length.compared(.eq, .integer(1)), .integer(1), .integer(skips + 1))
    builder.loop("skip", to: builder.define("ways", ways)) { skip in
      let span = builder.define("span", (length - 1) * (skip + 1))
      builder.loop("first", to: Expr.integer(extent) - span) { first in
        let same = builder.declare("same", .integer(0))
        let isOpen = Expr.variable(same).compared(.lt, length)
        let own = Expr.variable(same).minimum(length - 1)
        let agrees = token(first + own * (skip + 1)).compared(.eq, tokens[[start + own]])
        let turn = builder.block { builder.assign(same, .variable(same) + 1) }
        builder.emit(.repeatWhile(isOpen.and(agrees), turn))
        builder.when(.unary(.lnot, Expr.variable(same).compared(.lt, length))) {
          builder.accumulate(count, .constant(1, .float32))
        }
      }
    }
    return count
  }
}
