import CoppiceIR

/// What one step of a compiled model costs.
public struct LayerReport: Hashable, Sendable {
  /// The nodes of the model that it computes, the producer first.
  public var nodes: [String]
  /// Their operators; none for a copy.
  public var operators: [String]
  /// The extents of its first result.
  public var shape: [Int]
  /// The form of its kernel.
  public var form: String
  /// Multiply-accumulates with every weight.
  public var macs: Int
  /// Multiply-accumulates with the weights that are not zero.
  public var macsNonzero: Int
  /// Bytes of the constants that it reads, those that an earlier step reads too left out.
  public var weightBytes: Int
  /// Elements of the model's constants among them.
  public var elements: Int
  /// Those of the elements that are zero.
  public var zeros: Int
  /// Bytes of the arena that only this step uses.
  public var scratch: Int
  /// Its part of all nonzero multiply-accumulates; 0 where there are none.
  public var share: Double
}

extension Generation {
  /// A row for each step, in the order they run.
  var layers: [LayerReport] {
    let total = Double(macs.nonzero)
    var tensors = EmittedTensors(constants, options)
    return zip(program.steps, kernels.calls).map { step, call in
      let read = tensors.take(call.arguments)
      let scratch = step.scratch.reduce(0) { $0 + $1.element.byteCount($1.count) }
      return LayerReport(
        nodes: step.nodes, operators: step.operators, shape: step.shapes.result, form: step.form,
        macs: step.macs.dense, macsNonzero: step.macs.nonzero, weightBytes: read.bytes,
        elements: read.elements, zeros: read.zeros, scratch: scratch,
        share: total > 0 ? Double(step.macs.nonzero) / total : 0)
    }
  }

  /// Bytes of the inputs and outputs, which are the caller's.
  var portBytes: Int {
    (program.inputs + program.outputs).reduce(0) { $0 + $1.type.byteCount }
  }
}

/// The emitted constants, each counted for the first step that reads it.
private struct EmittedTensors {
  private let constants: EmittedConstants
  private let options: GenerationOptions
  private var counted: Set<Buffer> = []
  private var sources: Set<ValueID> = []

  init(_ constants: EmittedConstants, _ options: GenerationOptions) {
    self.constants = constants
    self.options = options
  }

  mutating func take(_ buffers: [Buffer]) -> (bytes: Int, elements: Int, zeros: Int) {
    var sum = (bytes: 0, elements: 0, zeros: 0)
    for buffer in buffers {
      guard let entry = constants.entry(of: buffer), counted.insert(buffer).inserted else {
        continue
      }
      sum.bytes += entry.bytes.count
      guard let source = entry.source, sources.insert(source).inserted,
        let tensor = options.tensors[source]
      else { continue }
      let elements = tensor.shape.reduce(1, *)
      sum.elements += elements
      sum.zeros += elements - tensor.nonzeros
    }
    return sum
  }
}
