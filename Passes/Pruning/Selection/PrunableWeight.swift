import CoppiceIR
import CoppicePassManager

/// A constant that some operator reads as its weight.
struct PrunableWeight {
  let value: ValueID

  /// Its elements; of 8-bit integers what they stand for.
  let constant: Constant

  /// The operators that read it as their weight, in the order of the file.
  let readers: [NodeID]

  /// How the first of them reads it.
  let reading: Weight.Reader?

  /// What its integers stand for; `nil` for floats.
  var quantization: WeightQuantization?

  var count: Int { constant.type.count }
}

extension Graph {
  /// The weights whose elements may become zero, in the order of their first readers in the file.
  ///
  /// A weight is left out where an `only{...}` around the pass excludes one of its readers.
  ///
  /// - Parameters:
  ///   - context: Says what is in scope.
  ///   - integers: Whether the pass can zero elements of integers too.
  /// - Returns: Weights with their elements.
  func prunableWeights(_ context: PassContext, integers: Bool = false) -> [PrunableWeight] {
    weights().compactMap { weight in
      let quantization = quantization(of: weight)
      guard weight.refusal == nil, integers || quantization == nil,
        let stored = constant(weight.value),
        let constant = quantization.map({ $0.real(stored) }) ?? stored,
        weight.readers.allSatisfy({ context.isInScope(self[$0.node]) })
      else { return nil }
      var nodes: [NodeID] = []
      for reader in weight.readers where nodes.last != reader.node { nodes.append(reader.node) }
      return PrunableWeight(
        value: weight.value, constant: constant, readers: nodes, reading: weight.readers.first,
        quantization: quantization)
    }
  }
}
