/// A forest as the tables that its kernel walks.
///
/// A place below the number of branches is a branch, any other the weights of a leaf; leaves with
/// equal weights share theirs. A branch takes its threshold, a feature and two places.
struct ForestTables {
  /// How the weights of leaves lie.
  enum Leaves {
    /// A weight for each target.
    case dense(TensorView)
    /// One weight, and which target it is for.
    case single(targets: Buffer, weights: TensorView)
    /// From the first to before the last of a leaf's weights, and which target each is for.
    case lists(starts: Buffer, targets: Buffer, weights: TensorView)
  }

  let branchCount: Int
  let treeCount: Int
  let thresholds: TensorView
  let features: Buffer
  /// For each branch the place when its relation does not hold, then that when it does.
  let children: Buffer
  let roots: Buffer
  let leaves: Leaves
  /// The relation of all branches; `nil` where they differ, and `relations` has that of each.
  let relation: Forest.Relation?
  let relations: Buffer?

  init(_ forest: Forest, targets: Int, element: ElementType, _ builder: LoopBuilder) {
    let order = forest.order() ?? []
    var places = [Int](repeating: 0, count: forest.branches.count)
    for (place, branch) in order.enumerated() { places[branch] = place }
    let (rows, rowOfLeaf) = Self.distinct(forest.leaves)
    let place = { (child: Forest.Child) -> Int32 in
      switch child {
      case .branch(let branch): Int32(places[branch])
      case .leaf(let leaf): Int32(order.count + rowOfLeaf[leaf])
      }
    }
    let ordered = order.map { forest.branches[$0] }
    (branchCount, treeCount) = (order.count, forest.roots.count)
    thresholds = builder.table(
      Constant.reals(ordered.map(\.threshold), element), "thresholds")
    features = builder.indexTable(ordered.map { Int32($0.feature) }, "features", nil)
    children = builder.indexTable(ordered.flatMap { [place($0.no), place($0.yes)] }, "places", nil)
    roots = builder.indexTable(forest.roots.map(place), "roots", nil)
    let kinds = Set(ordered.map(\.relation))
    relation = kinds.count == 1 ? kinds.first : nil
    relations =
      kinds.count > 1
      ? builder.indexTable(ordered.map { Int32($0.relation.rawValue) }, "relations", nil) : nil
    leaves = Self.pack(rows, targets: targets, element, builder)
  }

  /// Each list of weights once, and the number of each leaf's.
  private static func distinct(_ leaves: [[Forest.Weight]]) -> ([[Forest.Weight]], [Int]) {
    var (rows, numbers): ([[Forest.Weight]], [[Forest.Weight]: Int]) = ([], [:])
    let places = leaves.map { leaf in
      if let known = numbers[leaf] { return known }
      numbers[leaf] = rows.count
      rows.append(leaf)
      return rows.count - 1
    }
    return (rows, places)
  }

  private static func pack(
    _ rows: [[Forest.Weight]], targets: Int, _ element: ElementType, _ builder: LoopBuilder
  ) -> Leaves {
    let table = { builder.table(Constant.reals($0, element), "leaves") }
    let isDense = rows.allSatisfy { row in
      row.count == targets && row.enumerated().allSatisfy { $0 == $1.target }
    }
    if isDense { return .dense(table(rows.flatMap { $0.map(\.value) })) }
    let weights = rows.flatMap { $0 }
    let numbers = builder.indexTable(weights.map { Int32($0.target) }, "targets", nil)
    let values = table(weights.map(\.value))
    if rows.allSatisfy({ $0.count == 1 }) { return .single(targets: numbers, weights: values) }
    var starts: [Int32] = [0]
    for row in rows { starts.append(starts[starts.count - 1] + Int32(row.count)) }
    return .lists(
      starts: builder.indexTable(starts, "starts", nil), targets: numbers, weights: values)
  }
}

extension Constant {
  /// A list of real numbers of a floating-point type; at least one, so that it has an address.
  static func reals(_ values: [Double], _ element: ElementType) -> Constant {
    let values = values.isEmpty ? [0] : values
    return element == .float64
      ? Constant(values, .float64, [values.count])
      : Constant(values.map { Float($0) }, .float32, [values.count])
  }
}
