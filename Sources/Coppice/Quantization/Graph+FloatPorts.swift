@_spi(RawEditing) import CoppiceIR
import CoppiceONNX

/// What the inputs and outputs of a quantized model are to callers.
public enum PortType: String, CaseIterable, Sendable {
  /// As the model has them.
  case model
  /// Floats, which the code converts.
  case float
}

extension Graph {
  /// Gives callers floats where the model has 8-bit integers that stand for them.
  ///
  /// - Returns: The inputs and outputs of 8-bit integers that nothing says the scale of.
  mutating func takeFloats() -> [String] {
    var unknown: [String] = []
    let grids = outputs.map { grid(of: $0) }
    for input in inputs where self[input].type.element.isByte {
      guard let grid = grid(of: input) else {
        unknown.append(self[input].name)
        continue
      }
      quantize(input, grid)
    }
    var results = outputs
    for (place, grid) in grids.enumerated() where self[results[place]].type.element.isByte {
      guard let grid else {
        unknown.append(self[results[place]].name)
        continue
      }
      results[place] = dequantized(results[place], grid)
    }
    setOutputs(results)
    return unknown
  }

  private mutating func quantize(_ input: ValueID, _ grid: QuantizedGrid) {
    let (name, type) = (self[input].name, self[input].type)
    let node = addNode(
      QuantizeLinear(), [input] + operands(grid, name), types: [type], name: Self.quantizer(name),
      resultNames: [name + "/quantized"], before: allNodes.first { self[$0].parent == body })
    guard let integers = self[node].result else { return }
    setType(input, TensorType(.float32, type.shape))
    replaceUses(of: input, with: integers, by: "io-type")
    setOperand(0, of: node, to: input, by: "io-type")
  }

  private mutating func dequantized(_ output: ValueID, _ grid: QuantizedGrid) -> ValueID {
    let (name, type) = (self[output].name, self[output].type)
    rename(output, name + "/quantized")
    let node = addNode(
      DequantizeLinear(), [output] + operands(grid, name),
      types: [TensorType(.float32, type.shape)], name: Self.dequantizer(name), resultNames: [name])
    return self[node].result ?? output
  }

  private mutating func operands(_ grid: QuantizedGrid, _ name: String) -> [ValueID?] {
    let scale = Constant([grid.scale], .float32, [])
    let zero = Constant.scalar(Double(grid.zeroPoint), grid.element)
    return [
      addConstant(scale, name: name + "/scale"), addConstant(zero, name: name + "/zero_point"),
    ]
  }

  /// The node that makes integers of an input.
  private static func quantizer(_ port: String) -> String { port + "/quantize" }

  /// The node that makes floats of an output.
  private static func dequantizer(_ port: String) -> String { port + "/dequantize" }

  /// The names that nodes at inputs and outputs have where callers hold floats.
  var portConverters: Set<String> {
    Set(inputs.map { Self.quantizer(self[$0].name) })
      .union(outputs.map { Self.dequantizer(self[$0].name) })
  }
}

extension ElementType {
  fileprivate var isByte: Bool { self == .int8 || self == .uint8 }
}

extension ImportedModel {
  /// Gives callers floats; what stays as it is, is warned of.
  mutating func takeFloats() {
    for name in graph.takeFloats() {
      let message = DiagnosticMessage(
        "io-type",
        "'\(name)' stays as it is: nothing in the model says what its integers stand for")
      diagnostics.append(Diagnostic(.warning, message))
    }
  }
}
