/// Decision trees as a list of branches and leaves, checked: every path ends at a leaf.
struct Forest {
  /// How a feature lies to a threshold when a branch is taken.
  struct Relation: OptionSet, Hashable {
    let rawValue: UInt8
    static let less = Relation(rawValue: 1)
    static let equal = Relation(rawValue: 2)
    static let greater = Relation(rawValue: 4)
    /// One of the two is NaN.
    static let unordered = Relation(rawValue: 8)

    /// The relation that a mode of `nodes_modes` names, or its number in opset 5.
    init?(mode: String, tracksMissing: Bool) {
      switch mode {
      case "BRANCH_LEQ", "0": self = [.less, .equal]
      case "BRANCH_LT", "1": self = .less
      case "BRANCH_GTE", "2": self = [.greater, .equal]
      case "BRANCH_GT", "3": self = .greater
      case "BRANCH_EQ", "4": self = .equal
      case "BRANCH_NEQ", "5": self = [.less, .greater, .unordered]
      default: return nil
      }
      if tracksMissing { insert(.unordered) }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
  }

  /// Where a branch leads.
  enum Child: Hashable {
    case branch(Int)
    case leaf(Int)
  }

  struct Branch {
    var feature: Int
    var threshold: Double
    var relation: Relation
    /// Where it leads when the relation holds, and when not.
    var (yes, no): (Child, Child)
  }

  /// What a leaf adds to a target.
  struct Weight: Hashable {
    var target: Int
    var value: Double
  }

  var branches: [Branch] = []
  var leaves: [[Weight]] = []
  var roots: [Child] = []

  /// The number of features that rows must have at least.
  var featureCount: Int { (branches.map(\.feature).max() ?? -1) + 1 }

  /// Checks features and targets, and that no branch leads back to itself.
  func check(features: Int, targets: Int) throws(DiagnosticMessage) {
    guard branches.allSatisfy({ 0..<features ~= $0.feature }) else {
      throw DiagnosticMessage(
        "tree-feature", "a branch reads a feature that rows of \(features) do not have")
    }
    guard leaves.allSatisfy({ $0.allSatisfy { 0..<targets ~= $0.target } }) else {
      throw DiagnosticMessage(
        "tree-target", "a leaf adds to a target that is not one of \(targets)")
    }
    guard !roots.isEmpty else { throw DiagnosticMessage("tree-nodes", "there are no trees") }
    guard order() != nil else {
      throw DiagnosticMessage("tree-cycle", "a branch of a tree leads back to itself")
    }
  }

  /// The branches in the order of a walk from each root, taken sides first; `nil` for a cycle.
  func order() -> [Int]? {
    enum Visit { case enter(Int), leave(Int) }
    var state = [UInt8](repeating: 0, count: branches.count)
    var result: [Int] = []
    for case .branch(let root) in roots {
      var pending = [Visit.enter(root)]
      while let visit = pending.popLast() {
        switch visit {
        case .leave(let branch): state[branch] = 2
        case .enter(let branch):
          if state[branch] == 1 { return nil }
          if state[branch] == 2 { continue }
          state[branch] = 1
          result.append(branch)
          pending.append(.leave(branch))
          for child in [branches[branch].no, branches[branch].yes] {
            if case .branch(let next) = child { pending.append(.enter(next)) }
          }
        }
      }
    }
    return result
  }
}

extension DiagnosticMessage {
  /// Attributes of an ensemble that do not fit each other.
  static func treeNodes(_ text: String) -> DiagnosticMessage {
    DiagnosticMessage("tree-nodes", text)
  }
}
