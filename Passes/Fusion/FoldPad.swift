public import CoppiceIR
public import CoppicePassManager

/// Folds padding into the convolution or pooling that reads it.
///
/// ```
///   %pads = constant [0, 0, 1, 1, 0, 0, 1, 1] : i64[8]
///   %a = Pad(%x, %pads) : f32[1,2,6,6]
///   %y = Conv(%a, %w) : f32[1,3,4,4]
/// ```
/// becomes
/// ```
///   %y = Conv(%x, %w) {pads = [1, 1, 1, 1]} : f32[1,3,4,4]
/// ```
///
/// Folded are constant pads of spatial axes that nobody else reads: zeros before a Conv; zeros before
/// an AveragePool that counts padding, or that pads nothing itself; -infinity before a MaxPool, and
/// zeros there too if the operand is never negative and each window keeps an element.
///
/// - Complexity: O(nodes).
public struct FoldPad: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "fold-pad", summary: "Fold Pad into the convolution or pooling that reads it",
    statistics: ["pads"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Folds each Pad that allows it.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes where graph[id].op is Pad {
      guard let fold = PadFolding(id, in: graph), let edit = context.edit(graph[id]) else {
        continue
      }
      fold.apply(to: &graph, by: edit)
      context.count("pads")
    }
  }
}

/// One Pad and the reader that takes it up.
private struct PadFolding {
  let pad: NodeID
  let reader: NodeID
  let source: ValueID
  let op: any Operator

  init?(_ id: NodeID, in graph: Graph) {
    let node = graph[id]
    guard let padding = Padding(node, in: graph), let result = node.result,
      let source = node.operand(0),
      case .operand(let reader, 0)? = graph.onlyUse(of: result), graph[reader].parent == node.parent
    else { return nil }
    let target = graph[reader]
    guard let window = graph.window(of: target, graph[result].type.shape) else { return nil }
    var op = target.op
    switch op {
    case is any SlidingOperator:
      guard padding.value == graph.zeroPoint(of: reader) else { return nil }
    case is AveragePool:
      let ownPads = (window.begin + window.end).contains { $0 != 0 }
      guard padding.value == 0, !op.settings.flag("ceil_mode"),
        op.settings.flag("count_include_pad") || !ownPads
      else { return nil }
      op.attributes["count_include_pad"] = .int(1)
    case is MaxPool:
      let keepsOne = padding.begin.indices.allSatisfy {
        padding.begin[$0] + window.begin[$0] < window.kernel[$0]
          && padding.end[$0] + window.end[$0] < window.kernel[$0]
      }
      guard keepsOne, window.dilations.allSatisfy({ $0 == 1 }), target.results.count == 1,
        !op.settings.flag("ceil_mode"),
        padding.value == -.infinity || (padding.value == 0 && graph.isNeverNegative(source))
      else { return nil }
    default: return nil
    }
    op.attributes["auto_pad"] = nil
    op.attributes["pads"] = .ints(
      zip(padding.begin, window.begin).map { $0 + $1 }
        + zip(padding.end, window.end).map { $0 + $1 })
    pad = id
    self.reader = reader
    self.source = source
    self.op = op
    var operands = target.operands
    operands[0] = source
    let type = graph.inferredTypes(op, operands)?.first
    guard let result = target.result, type == graph[result].type else { return nil }
  }

  func apply(to graph: inout Graph, by edit: Edit) {
    var operands = graph[reader].operands
    operands[0] = source
    graph.setOperator(reader, op, operands: operands, by: edit)
    graph.removeNode(pad, by: edit)
  }
}

/// Constant padding of the spatial axes.
private struct Padding {
  var begin: [Int]
  var end: [Int]
  var value: Double

  init?(_ node: Node, in graph: Graph) {
    guard node.op is Pad, node.op.settings.string("mode") == "constant",
      let x = node.operand(0), let pads = graph.constant(node.operand(1))?.integers
    else { return nil }
    let rank = graph[x].type.rank
    var axes = Array(0..<rank)
    if let given = node.operand(3) {
      guard let list = graph.constant(given)?.integers else { return nil }
      axes = list.map { $0 < 0 ? $0 + rank : $0 }
    }
    guard rank >= 3, pads.count == 2 * axes.count, pads.allSatisfy({ $0 >= 0 }) else { return nil }
    begin = Array(repeating: 0, count: rank)
    end = begin
    for (index, axis) in axes.enumerated() where (0..<rank).contains(axis) {
      begin[axis] += pads[index]
      end[axis] += pads[index + axes.count]
    }
    guard (begin[..<2] + end[..<2]).allSatisfy({ $0 == 0 }) else { return nil }
    begin.removeFirst(2)
    end.removeFirst(2)
    value = 0
    if let given = node.operand(2) {
      guard let number = graph.constant(given)?.onlyNumber else { return nil }
      value = number
    }
  }
}

extension Graph {
  /// The windows of a convolution or pooling with its present padding.
  fileprivate func window(of node: Node, _ input: [Int]) -> SpatialWindow? {
    guard input.count >= 3 else { return nil }
    guard let op = node.op as? any SlidingOperator else {
      guard let kernel = node.op.settings.ints("kernel_shape") else { return nil }
      return try? SpatialWindow(node.op.settings, kernel: kernel, input: Array(input[2...]))
    }
    guard let weight = op.linearOperands.first.flatMap({ node.operand($0) }) else { return nil }
    return try? op.window(input, self[weight].type.shape)
  }

  /// What padding counts as in a convolution; `nil` where that is not known.
  fileprivate func zeroPoint(of id: NodeID) -> Double? {
    guard let reading = linearReadings(id).first else { return nil }
    guard let value = reading.inputZeroPoint.flatMap({ self[id].operand($0) }) else { return 0 }
    return constant(value)?.onlyNumber
  }

  /// Whether an operator gives only numbers of 0 and above.
  fileprivate func isNeverNegative(_ value: ValueID) -> Bool {
    guard let id = producer(value) else { return false }
    let node = self[id]
    switch node.op {
    case is Relu, is Sigmoid, is Softmax, is HardSigmoid, is Abs, is Exp: return true
    case is Clip: return (constant(node.operand(1))?.onlyNumber ?? -1) >= 0
    default: return false
    }
  }
}
