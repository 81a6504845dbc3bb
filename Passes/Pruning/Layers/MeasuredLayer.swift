import CoppiceIR
import CoppicePassManager

/// A weight with the inputs that it meets.
struct MeasuredLayer {
  let weight: PrunableWeight
  let grid: WeightGrid
  /// One for each operator that reads the weight, in order.
  let inputs: [(node: NodeID, input: LayerInput)]

  /// Where its inputs are to be looked at.
  var stops: [SampleWalk.Stop] {
    inputs.map { SampleWalk.Stop(node: $0.node, value: $0.input.value) }
  }

  /// Finds the inputs.
  ///
  /// - Throws: Why there are none that could be measured.
  init(
    _ weight: PrunableWeight, _ readers: [Weight.Reader], in graph: Graph
  ) throws(LayerRefusal) {
    self.weight = weight
    guard let grid = WeightGrid(weight, graph), let first = readers.first else {
      throw LayerRefusal("it has no rows and columns")
    }
    self.grid = grid
    var inputs: [(NodeID, LayerInput)] = []
    for reader in readers {
      let isAlike =
        reader.reading.rowAxis == first.reading.rowAxis
        && reader.reading.columnAxis == first.reading.columnAxis
        && reader.reading.groups == first.reading.groups
        && graph[reader.node].operand(reader.operand) == graph[first.node].operand(first.operand)
      guard isAlike else { throw LayerRefusal("operators read it in different ways") }
      let input = try LayerInput(reader, in: graph)
      guard input.groups == grid.groups, input.channels == grid.columns, input.taps == grid.taps
      else { throw LayerRefusal("its input does not have the columns of its rows") }
      guard input.type.element.isFloat, input.type.element.bits >= 16 else {
        throw LayerRefusal("its input is \(input.type)")
      }
      inputs.append((reader.node, input))
    }
    self.inputs = inputs
  }
}

/// The weights of a model that can be measured, and why others cannot.
struct MeasuredLayers {
  private(set) var layers: [MeasuredLayer] = []
  private(set) var refused: [(weight: PrunableWeight, reason: String)] = []

  init(_ weights: [PrunableWeight], in graph: Graph) {
    let readers = Dictionary(uniqueKeysWithValues: graph.weights().map { ($0.value, $0.readers) })
    for weight in weights {
      do {
        layers.append(try MeasuredLayer(weight, readers[weight.value] ?? [], in: graph))
      } catch {
        refused.append((weight, error.text))
      }
    }
  }

  /// Leaves a weight alone, with the reason.
  mutating func refuse(_ reason: (MeasuredLayer) -> String?) {
    for layer in layers {
      if let text = reason(layer) { refused.append((layer.weight, text)) }
    }
    layers.removeAll { reason($0) != nil }
  }

  /// Says which weights are left alone, and why.
  func warnOfRefused(_ graph: Graph, _ context: inout PassContext) {
    for (weight, reason) in refused {
      context.warn(
        DiagnosticMessage(
          "prune-unmeasured",
          "the weight '\(graph[weight.value].name)' stays as it is: \(reason)"),
        at: weight.readers.first.map { graph.location($0) } ?? .none)
    }
    if layers.isEmpty {
      context.warn(.nothing("no weight has an input that could be measured"))
    }
  }
}

extension Graph {
  /// The elements of a value in double.
  ///
  /// - Throws: `samples-not-finite`.
  func finiteNumbers(
    _ bytes: Bytes, of value: ValueID, sample: Int, at node: NodeID
  ) throws -> [Double] {
    let type = self[value].type
    let numbers: [Double] =
      switch type.element {
      case .float64: bytes.array(of: Double.self)
      case .float32: bytes.array(of: Float.self).map(Double.init)
      default: (0..<type.count).map { bytes.number(at: $0, type.element) }
      }
    guard let index = numbers.firstIndex(where: { !$0.isFinite }) else { return numbers }
    throw Diagnostic(
      .error,
      DiagnosticMessage(
        "samples-not-finite",
        "'\(self[value].name)' has a NaN or infinity at element \(index) on sample \(sample)",
        notes: ["correct the sample, or leave it out of the folder"]), at: location(node))
  }
}

extension PassOption {
  /// The folder of samples.
  static func data(isRequired: Bool) -> PassOption {
    PassOption(
      "data", .path, isRequired: isRequired,
      "Folder of samples: test_data_set_K, or input_K with a leading axis")
  }
}
