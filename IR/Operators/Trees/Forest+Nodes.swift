extension Forest {
  /// Reads the attributes of opsets 1 to 4, where a node is found by the numbers of its tree and its own.
  ///
  /// - Parameters:
  ///   - settings: Of the ensemble.
  ///   - prefix: `target` or `class`: what leaves add to.
  /// - Throws: `tree-nodes`.
  init(_ settings: Settings, leaves prefix: String) throws(DiagnosticMessage) {
    let nodes = try TreeNodes(settings)
    let weights = try nodes.weights(settings, prefix)
    var places = [Child?](repeating: nil, count: nodes.count)
    for node in 0..<nodes.count {
      if nodes.modes[node] == "LEAF" {
        places[node] = .leaf(leaves.count)
        leaves.append(weights[node] ?? [])
      } else {
        places[node] = .branch(branches.count)
        branches.append(try nodes.branch(node))
      }
    }
    var number = 0
    for node in 0..<nodes.count where nodes.modes[node] != "LEAF" {
      let (yes, no) = (places[try nodes.child(node, true)], places[try nodes.child(node, false)])
      if let yes, let no { (branches[number].yes, branches[number].no) = (yes, no) }
      number += 1
    }
    for node in 0..<nodes.count where node == 0 || nodes.trees[node] != nodes.trees[node - 1] {
      if let root = places[node] { roots.append(root) }
    }
  }
}

/// The lists of `nodes_*`, and where each node stands in them.
private struct TreeNodes {
  struct Key: Hashable { var (tree, node): (Int, Int) }

  let trees: [Int]
  let ids: [Int]
  let modes: [String]
  let features: [Int]
  let values: [Double]
  let children: (yes: [Int], no: [Int])
  let missing: [Int]
  let places: [Key: Int]
  var count: Int { modes.count }

  init(_ settings: Settings) throws(DiagnosticMessage) {
    trees = settings.ints("nodes_treeids") ?? []
    ids = settings.ints("nodes_nodeids") ?? []
    modes = settings.strings("nodes_modes") ?? []
    features = settings.ints("nodes_featureids") ?? []
    values = settings.reals("nodes_values")
    children = (
      settings.ints("nodes_truenodeids") ?? [], settings.ints("nodes_falsenodeids") ?? []
    )
    missing = settings.ints("nodes_missing_value_tracks_true") ?? []
    let counts = [trees, ids, features, children.yes, children.no].map(\.count) + [values.count]
    guard counts == [Int](repeating: modes.count, count: counts.count) else {
      throw .treeNodes("the lists of nodes have different lengths")
    }
    var places = [Key: Int](minimumCapacity: modes.count)
    for (place, (tree, node)) in zip(trees, ids).enumerated() {
      guard places.updateValue(place, forKey: Key(tree: tree, node: node)) == nil else {
        throw .treeNodes("node \(node) of tree \(tree) is there twice")
      }
    }
    self.places = places
  }

  func branch(_ node: Int) throws(DiagnosticMessage) -> Forest.Branch {
    let tracks = missing.count > node && missing[node] == 1
    guard let relation = Forest.Relation(mode: modes[node], tracksMissing: tracks) else {
      throw .treeNodes("the mode '\(modes[node])' of a node is not known")
    }
    return Forest.Branch(
      feature: features[node], threshold: values[node], relation: relation, yes: .leaf(0),
      no: .leaf(0))
  }

  func child(_ node: Int, _ side: Bool) throws(DiagnosticMessage) -> Int {
    let wanted = side ? children.yes[node] : children.no[node]
    guard let place = places[Key(tree: trees[node], node: wanted)] else {
      throw .treeNodes("node \(ids[node]) of tree \(trees[node]) leads to \(wanted), which is none")
    }
    return place
  }

  /// What each node adds, in the order of the lists.
  func weights(
    _ settings: Settings, _ prefix: String
  ) throws(DiagnosticMessage) -> [Int: [Forest.Weight]] {
    let targets = settings.ints("\(prefix)_ids") ?? []
    let trees = settings.ints("\(prefix)_treeids") ?? []
    let nodes = settings.ints("\(prefix)_nodeids") ?? []
    let values = settings.reals("\(prefix)_weights")
    guard [trees.count, nodes.count, values.count].allSatisfy({ $0 == targets.count }) else {
      throw .treeNodes("the lists of weights have different lengths")
    }
    var result: [Int: [Forest.Weight]] = [:]
    for index in targets.indices {
      guard let place = places[Key(tree: trees[index], node: nodes[index])] else {
        throw .treeNodes("a weight is that of node \(nodes[index]) of tree \(trees[index])")
      }
      let weight = Forest.Weight(target: targets[index], value: values[index])
      result[place, default: []].append(weight)
    }
    return result
  }
}

extension Settings {
  /// Numbers that a list or a tensor of the name with `_as_tensor` has.
  func reals(_ name: String) -> [Double] {
    if let tensor = tensor("\(name)_as_tensor") { return tensor.numbers }
    return (floats(name) ?? []).map(Double.init)
  }
}
