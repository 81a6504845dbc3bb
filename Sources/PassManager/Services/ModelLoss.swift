internal import CoppiceIR

/// How wrong answers are counted.
public enum LossKind: String, CaseIterable, Sendable {
  /// Minus the logarithm of the probability that the right class is given.
  case crossEntropy = "cross-entropy"
  /// The square of the difference to the target.
  case mse
}

/// The loss and the accuracy of a model on some samples.
///
/// Classes lie along axis 1 of output 0, or along its only axis. Cross-entropy takes outputs as
/// logits unless the last operator is Softmax or LogSoftmax; where targets are elements, the class of
/// a position is that of its largest element. Loss is the mean over samples and positions, for mean
/// squares over elements, in double and in the order of the samples.
struct ModelLoss {
  private enum Scale { case logits, probabilities, logarithms }

  /// The output that has classes: elements before, along and behind its class axis.
  private struct Classes {
    let element: ElementType
    let (outer, count, inner): (Int, Int, Int)
    let scale: Scale
  }

  let kind: LossKind
  private let types: [TensorType]
  private let classes: Classes?

  /// Makes the loss of a model; the default is cross-entropy for classes, else mean squares.
  init(_ kind: LossKind?, of graph: Graph, _ targets: ModelSamples.Targets)
    throws(DiagnosticMessage)
  {
    types = graph.outputs.map { graph[$0].type }
    classes = Self.classes(of: graph)
    var hasClasses = false
    if case .classes = targets { hasClasses = true }
    self.kind = kind ?? (hasClasses ? .crossEntropy : .mse)
    if hasClasses, self.kind == .mse {
      throw DiagnosticMessage(
        "loss-targets",
        "the labels are classes, which have no mean square; use loss=cross-entropy, or labels of the "
          + "output's shape")
    }
    guard self.kind == .crossEntropy || hasClasses, classes == nil else { return }
    throw DiagnosticMessage(
      "loss-output",
      "output 0 is \(types.first.map { "\($0)" } ?? "absent"): cross-entropy needs floats of 16 bits or more "
        + "along an axis of two or more classes")
  }

  private static func classes(of graph: Graph) -> Classes? {
    guard let output = graph.outputs.first else { return nil }
    let type = graph[output].type
    guard type.element.isFloat, type.element.bits >= 16, type.rank >= 1 else { return nil }
    let axis = min(1, type.rank - 1)
    guard type.shape[axis] >= 2 else { return nil }
    return Classes(
      element: type.element, outer: type.shape[..<axis].reduce(1, *), count: type.shape[axis],
      inner: type.shape[(axis + 1)...].reduce(1, *), scale: scale(of: output, in: graph))
  }

  /// What the last operator that computes gives.
  private static func scale(of output: ValueID, in graph: Graph) -> Scale {
    var value = output
    while let node = graph.producer(value) {
      switch graph[node].op {
      case is Softmax: return .probabilities
      case is LogSoftmax: return .logarithms
      case is Identity, is Reshape, is Flatten, is Squeeze, is Unsqueeze:
        guard let operand = graph[node].operand(0) else { return .logits }
        value = operand
      case is Fused:
        guard let block = graph[node].blocks.first, let inner = graph[block].outputs.first else {
          return .logits
        }
        value = inner
      default: return .logits
      }
    }
    return .logits
  }
}

/// Sums over samples.
struct LossSum {
  private let loss: ModelLoss
  private var sum = 0.0
  private var count = 0
  private var hits = 0
  private var positions = 0

  init(_ loss: ModelLoss) { self.loss = loss }

  /// The mean so far.
  var measurement: ModelMeasurement {
    ModelMeasurement(
      loss: count == 0 ? 0 : sum / Double(count),
      accuracy: positions == 0 ? nil : Double(hits) / Double(positions))
  }

  mutating func add(_ outputs: [Bytes], sample: Int, _ targets: ModelSamples.Targets) {
    switch targets {
    case .none: return
    case .classes(let classes): loss.addClasses(outputs, classes[sample], to: &self)
    case .values(let values): loss.addValues(outputs, values[sample], to: &self)
    }
  }

  fileprivate mutating func add(loss: Double) {
    sum += loss
    count += 1
  }

  fileprivate mutating func add(hit: Bool) {
    hits += hit ? 1 : 0
    positions += 1
  }
}

extension ModelLoss {
  fileprivate func addClasses(_ outputs: [Bytes], _ wanted: [Int], to sum: inout LossSum) {
    guard let classes, let output = outputs.first else { return }
    for (scores, wanted) in zip(rows(output, classes), wanted) {
      if kind == .crossEntropy { sum.add(loss: crossEntropy(scores, wanted, classes.scale)) }
      sum.add(hit: scores.largest == wanted)
    }
  }

  fileprivate func addValues(_ outputs: [Bytes], _ wanted: [Bytes], to sum: inout LossSum) {
    if let classes, let target = wanted.first {
      addClasses(outputs, rows(target, classes).map(\.largest), to: &sum)
    }
    guard kind == .mse else { return }
    for ((output, target), type) in zip(zip(outputs, wanted), types) {
      for index in 0..<type.count {
        let difference =
          output.number(at: index, type.element) - target.number(at: index, type.element)
        sum.add(loss: difference * difference)
      }
    }
  }

  /// The scores of all classes at each position.
  private func rows(_ output: Bytes, _ classes: Classes) -> [[Double]] {
    (0..<classes.outer).flatMap { outer in
      (0..<classes.inner).map { inner in
        (0..<classes.count).map { index in
          output.number(
            at: (outer * classes.count + index) * classes.inner + inner, classes.element)
        }
      }
    }
  }

  private func crossEntropy(_ scores: [Double], _ wanted: Int, _ scale: Scale) -> Double {
    switch scale {
    case .logarithms: return -scores[wanted]
    case .probabilities: return -PortableMath.log(max(scores[wanted], 0x1p-126))
    case .logits:
      let largest = scores.reduce(-.infinity) { max($0, $1) }
      let sum = scores.reduce(0) { $0 + PortableMath.exp($1 - largest) }
      return PortableMath.log(sum) - (scores[wanted] - largest)
    }
  }
}

extension [Double] {
  /// The index of the first of the largest elements.
  fileprivate var largest: Int {
    var best = 0
    for index in indices where self[index] > self[best] { best = index }
    return best
  }
}
