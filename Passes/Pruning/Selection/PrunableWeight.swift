import CoppiceIR
import CoppicePassManager

/// A float constant that some operator reads as its weight.
struct PrunableWeight {
  let value: ValueID
  let constant: Constant

  /// The operators that read it as their weight, in the order of the file.
  let readers: [NodeID]

  /// How the first of them reads it.
  let reading: Weight.Reader?

  var count: Int { constant.type.count }
}

extension Graph {
  /// The weights whose elements may become zero, in the order of their first readers in the file.
  ///
  /// A weight is left out where an `only{...}` around the pass excludes one of its readers.
  func prunableWeights(_ context: PassContext) -> [PrunableWeight] {
    weights().compactMap { weight in
      guard weight.refusal == nil, let constant = constant(weight.value),
        weight.readers.allSatisfy({ context.isInScope(self[$0.node]) })
      else { return nil }
      var nodes: [NodeID] = []
      for reader in weight.readers where nodes.last != reader.node { nodes.append(reader.node) }
      return PrunableWeight(
        value: weight.value, constant: constant, readers: nodes, reading: weight.readers.first)
    }
  }
}
