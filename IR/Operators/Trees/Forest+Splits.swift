extension Forest {
  /// Reads the attributes of opset 5, where branches and leaves are numbered apart.
  ///
  /// - Parameter settings: Of the ensemble.
  /// - Throws: `tree-nodes`.
  init(splits settings: Settings) throws(DiagnosticMessage) {
    let features = settings.ints("nodes_featureids") ?? []
    let values = settings.tensor("nodes_splits")?.numbers ?? []
    let modes = settings.tensor("nodes_modes")?.integers ?? []
    let sides = [true, false].map { side in
      (
        settings.ints(side ? "nodes_truenodeids" : "nodes_falsenodeids") ?? [],
        settings.ints(side ? "nodes_trueleafs" : "nodes_falseleafs") ?? []
      )
    }
    let missing = settings.ints("nodes_missing_value_tracks_true") ?? []
    let targets = settings.ints("leaf_targetids") ?? []
    let weights = settings.tensor("leaf_weights")?.numbers ?? []
    let counts = sides.flatMap { [$0.0.count, $0.1.count] } + [values.count, modes.count]
    guard counts.allSatisfy({ $0 == features.count }), targets.count == weights.count else {
      throw .treeNodes("the lists of nodes or leaves have different lengths")
    }
    leaves = zip(targets, weights).map { [Weight(target: $0, value: $1)] }
    var sets = Self.members(settings.tensor("membership_values")?.numbers ?? [])[...]
    // A branch on a set becomes one on each member; those after the first stand behind all others.
    var further: [Branch] = []
    for node in features.indices {
      let children = try sides.map { list, isLeaf throws(DiagnosticMessage) -> Child in
        let limit = isLeaf[node] != 0 ? targets.count : features.count
        guard 0..<limit ~= list[node] else {
          throw .treeNodes("node \(node) leads to \(list[node]), which is none")
        }
        return isLeaf[node] != 0 ? .leaf(list[node]) : .branch(list[node])
      }
      let isMember = modes[node] == 6
      let tracks = missing.count > node && missing[node] == 1
      guard
        let relation = Relation(mode: isMember ? "4" : "\(modes[node])", tracksMissing: tracks)
      else { throw .treeNodes("the mode \(modes[node]) of node \(node) is not known") }
      var branch = Branch(
        feature: features[node], threshold: values[node], relation: relation, yes: children[0],
        no: children[1])
      if isMember {
        let members = sets.popFirst() ?? []
        branch.threshold = members.first ?? .nan
        for (place, member) in members.dropFirst().enumerated() {
          var next = branch
          next.threshold = member
          let own = features.count + further.count
          if place == 0 { branch.no = .branch(own) }
          next.no = place + 2 < members.count ? .branch(own + 1) : children[1]
          further.append(next)
        }
      }
      branches.append(branch)
    }
    branches += further
    for root in settings.ints("tree_roots") ?? [] {
      guard features.indices ~= root else { throw .treeNodes("tree_roots names node \(root)") }
      roots.append(.branch(root))
    }
  }

  /// The sets that NaN separates.
  private static func members(_ values: [Double]) -> [[Double]] {
    values.split(omittingEmptySubsequences: false) { $0.isNaN }.map(Array.init)
  }
}
