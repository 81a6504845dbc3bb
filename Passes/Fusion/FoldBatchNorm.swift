public import CoppiceIR
public import CoppicePassManager

/// Folds batch normalisation into the weights before it.
///
/// ```
///   %a = Conv(%x, %w, %b) : f32[1,2,3,3]
///   %y = BatchNormalization(%a, %scale, %shift, %mean, %var) : f32[1,2,3,3]
/// ```
/// becomes
/// ```
///   %y = Conv(%x, %w2, %b2) : f32[1,2,3,3]
/// ```
/// with `w2 = w * s` for each output channel, `b2 = (b - mean) * s + shift` and
/// `s = scale / sqrt(var + epsilon)`, computed in double precision.
///
/// The producer is a Conv, ConvTranspose, DeformConv or Gemm with constant weights whose result only
/// the normalisation reads. Normalisation in training mode stays, as does one with a scale that is not
/// finite; large uniform weights stay uniform or are left alone. The factors `s` are left as a result,
/// so that a later pass can match weights to a record of the training.
///
/// - Complexity: O(weights).
public struct FoldBatchNorm: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "fold-batch-norm", summary: "Fold BatchNormalization into the weights before it",
    statistics: ["normalizations"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Folds each normalisation that allows it.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission, statistics and the factors.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes where graph[id].op is BatchNormalization {
      guard let fold = BatchNormFolding(id, in: graph), let edit = context.edit(graph[id]) else {
        continue
      }
      fold.apply(to: &graph, by: edit, &context)
      context.count("normalizations")
    }
  }
}

/// One normalisation and the producer that takes it up.
private struct BatchNormFolding {
  let norm: NodeID
  let producer: NodeID
  let reading: LinearReading
  let addend: LinearReading.Addend
  let weight: Constant
  let bias: [Double]
  let element: ElementType
  /// `s` and `shift - mean * s` for each channel.
  let factor: [Double]
  let offset: [Double]

  /// Uniform weights above this many bytes are not spread out for the sake of a normalisation.
  private static let smallWeight = 16384

  init?(_ id: NodeID, in graph: Graph) {
    let node = graph[id]
    guard node.op is BatchNormalization, !node.op.settings.flag("training_mode"),
      node.results.dropFirst().allSatisfy({ $0 == nil }),
      let producer = graph.onlyProducer(node.operand(0)),
      graph[producer].parent == node.parent,
      let result = node.result, graph[result].type.rank >= 2,
      let replacement = graph[producer].result, graph.canSubstitute(result, with: replacement),
      let reading = graph.scalableReading(producer),
      let weight = graph.constant(graph[producer].operand(reading.operand))
    else { return nil }
    let channels = graph[result].type.shape[1]
    let parameters = (1...4).compactMap { graph.constant(node.operand($0))?.numbers }
    guard parameters.count == 4, parameters.allSatisfy({ $0.count == channels }) else { return nil }
    let epsilon = Double(node.op.settings.float("epsilon"))
    let factor = zip(parameters[0], parameters[3]).map { $0 / ($1 + epsilon).squareRoot() }
    let offset = (0..<channels).map { parameters[1][$0] - parameters[2][$0] * factor[$0] }
    guard [.float32, .float64].contains(weight.type.element),
      (factor + offset).allSatisfy(\.isFinite), reading.outputChannels == channels,
      reading.outputAxis == 1, let addend = reading.addend,
      let bias = graph.bias(of: producer, addend, channels: channels)
    else { return nil }
    if weight.storage.isUniform, Set(factor).count > 1, weight.type.byteCount > Self.smallWeight {
      return nil
    }
    norm = id
    self.producer = producer
    self.reading = reading
    self.addend = addend
    self.weight = weight
    self.bias = bias
    self.factor = factor
    self.offset = offset
    element = weight.type.element
  }

  private func scaledWeight(_ channel: (Int) -> Int) -> Constant? {
    if case .uniform(let one) = weight.storage, Set(factor).count == 1, let factor = factor.first {
      return Constant.filled(one.number(at: 0, element) * factor, element, weight.type.shape)
    }
    var numbers = weight.numbers
    for index in numbers.indices where numbers[index] != 0 {
      numbers[index] *= factor[channel(index)]
    }
    return Constant(numbers: numbers, element, weight.type.shape)
  }

  func apply(to graph: inout Graph, by edit: Edit, _ context: inout PassContext) {
    let node = graph[producer]
    let shifted = bias.indices.map { bias[$0] * factor[$0] + offset[$0] }
    guard let scaled = scaledWeight(reading.outputChannel(weight.type.shape)),
      let biases = Constant(numbers: shifted, element, [shifted.count]),
      let factors = Constant(numbers: factor, element, [factor.count]),
      let old = graph[norm].result, let new = node.result
    else { return }
    graph.replaceConstant(reading.operand, of: producer, with: scaled, by: edit)
    if let weight = graph[producer].operand(reading.operand) {
      context.leave(FoldedFactors(weight: weight, factors: factors.numbers))
    }
    graph.replaceConstant(addend.operand, of: producer, with: biases, by: edit)
    if let attribute = addend.attribute {
      var op = node.op
      op.attributes[attribute] = nil
      graph.setOperator(producer, op, by: edit)
    }
    graph.substitute(old, with: new, by: edit)
    graph.removeNode(norm, by: edit)
  }
}

extension Graph {
  /// How a node reads a weight whose rows can take up a factor for each channel of the result.
  fileprivate func scalableReading(_ id: NodeID) -> LinearReading? {
    linearReadings(id).first { $0.addend != nil }
  }

  /// The bias as the producer adds it; zeros where it has none.
  fileprivate func bias(
    of id: NodeID, _ addend: LinearReading.Addend, channels: Int
  ) -> [Double]? {
    guard self[id].operand(addend.operand) != nil else {
      return Array(repeating: 0, count: channels)
    }
    guard let bias = constant(self[id].operand(addend.operand)) else { return nil }
    let numbers = bias.numbers.map { $0 * Double(addend.factor) }
    if numbers.count == 1, let only = numbers.first {
      return Array(repeating: only, count: channels)
    }
    return numbers.count == channels && bias.type.shape.last == channels ? numbers : nil
  }
}
