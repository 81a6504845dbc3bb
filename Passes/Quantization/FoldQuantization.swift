public import CoppiceIR
public import CoppicePassManager

/// Turns what stands between DequantizeLinear and QuantizeLinear into operators on integers.
///
/// ```
///   %a = DequantizeLinear(%x, %xs, %xz) : f32[1,2,4,4]
///   %b = DequantizeLinear(%w, %ws) : f32[3,2,1,1]
///   %c = Conv(%a, %b) : f32[1,3,4,4]
///   %d = Relu(%c) : f32[1,3,4,4]
///   %y = QuantizeLinear(%d, %ys, %yz) : i8[1,3,4,4]
/// ```
/// becomes
/// ```
///   %y = QLinearConv(%x, %xs, %xz, %w, %ws, %wz, %ys, %yz) {requantize = "fast"} : i8[1,3,4,4]
/// ```
///
/// Convolutions and products take their bias and the clamps behind them; sums, products, minima,
/// maxima, means, softmax and concatenations of quantized tensors become integers too, and whatever
/// computes each element from one element becomes a table of 256 bytes (`Lookup`). Filters whose
/// results are one number for every input become zeros. A sum that might leave int32 is refused.
///
/// Each step is within one of what the graph in floats gives: `requantize=onnx` rounds as onnxruntime's
/// QLinearConv does, `fast` takes no floating point, and the manifest counts the sums at which they
/// differ. Means that can be ties are summed as floats in order in both.
///
/// - Complexity: O(nodes + weights).
public struct FoldQuantization: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "fold-quantization", summary: "Compute quantized operators in integers",
    options: [
      PassOption(
        "requantize", .choice(["as-asked", "fast", "onnx"]), default: "as-asked",
        "How sums become 8-bit integers; by itself what --requantize says, which is fast")
    ],
    statistics: ["regions", "tables", "integer forms", "dead filters"],
    example: "move-quantization,fold-quantization{requantize=onnx},@default")

  private let asked: Requantization.Form?

  /// Makes the pass.
  ///
  /// - Parameter options: `requantize`.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws {
    asked = options.text("requantize").flatMap { Requantization.Form(rawValue: $0) }
  }

  /// Folds each region, then chooses how each of its sums is requantized.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    var kept: [String: String] = [:]
    for id in graph.allNodes where graph.contains(id) && graph[id].op is QuantizeLinear {
      guard let target = graph.quantizer(id), context.isInScope(graph[id]) else { continue }
      fold(id, target, &graph, &context, &kept)
    }
    graph.removeUnread(by: context.preparation)
    let form = asked ?? context.services.requantization
    for id in graph.allNodes where graph.contains(id) && context.isInScope(graph[id]) {
      if graph.foldDeadFilters(id, &context) { context.count("dead filters") }
      if graph.chooseForm(id, form, &context) { context.count("integer forms") }
    }
    context.leave(KeptInFloat(reasons: kept))
  }

  private func fold(
    _ id: NodeID, _ target: QuantizedTensor, _ graph: inout Graph, _ context: inout PassContext,
    _ kept: inout [String: String]
  ) {
    let before = graph.growth
    var name = graph[id].name
    do throws(FoldingRefusal) {
      var (folded, what) = (graph.foldTable(id, target, by: context.preparation), "tables")
      if folded == nil {
        graph.takeBack(to: before, by: context.preparation)
        guard let region = QuantizedRegion(id, target, in: graph) else {
          throw FoldingRefusal(
            "its input is read as float elsewhere, or is an input of the model")
        }
        name = graph[region.head].name
        folded = try graph.fold(region, by: context.preparation)
        what = "regions"
      }
      guard let folded, let edit = context.edit() else {
        return graph.takeBack(to: before, by: context.preparation)
      }
      graph.substitute(target.value, with: folded, by: edit)
      graph.removeNode(id, by: edit)
      context.count(what)
    } catch {
      graph.takeBack(to: before, by: context.preparation)
      kept[name] = error.reason
    }
  }
}

extension Graph {
  /// Builds the integer form of what a quantizer reads.
  ///
  /// - Returns: What is to stand for the quantized tensor.
  fileprivate mutating func fold(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    switch self[region.head].op {
    case is Conv: try foldConvolution(region, by: edit)
    case is MatMul: try foldProduct(region, by: edit)
    case is Gemm: try foldGemm(region, by: edit)
    case is Add:
      if let sum = try foldAddend(region, by: edit) { sum } else { try foldPair(region, by: edit) }
    case is Sub, is Mul: try foldPair(region, by: edit)
    case is Min, is Max, is Concat: try foldBrought(region, by: edit)
    case is AveragePool: try foldAveragePool(region, by: edit)
    case is GlobalAveragePool, is ReduceMean: try foldGlobalPool(region, by: edit)
    case is Softmax: try foldSoftmax(region, by: edit)
    case let op: throw FoldingRefusal("there is no integer form of \(op.name)")
    }
  }

  /// Removes nodes whose results nobody reads any more.
  fileprivate mutating func removeUnread(by edit: Edit) {
    for id in allNodes.reversed() where contains(id) && self[id].blocks.isEmpty {
      let isRead = self[id].results.contains { $0.map { useCount(of: $0) > 0 } ?? false }
      if !isRead { removeNode(id, by: edit) }
    }
  }
}

/// What stayed in float, and why.
public struct KeptInFloat: PassResult {
  /// Reasons by the names of nodes.
  public var reasons: [String: String]
  /// None: the compiler tells of what stays in the end.
  public var table: ResultTable? { nil }

  /// Makes a result.
  ///
  /// - Parameter reasons: Reasons by the names of nodes.
  public init(reasons: [String: String]) { self.reasons = reasons }
}
