public import CoppiceIR
import CoppiceJSON

/// What the header and the manifest say of a quantized model.
public struct QuantizationSummary: Hashable, Sendable {
  /// What the model computes in.
  public enum Arithmetic: String, Hashable, Sendable {
    /// Every step takes and gives integers.
    case int8
    /// Some steps take or give floats.
    case mixed
    /// No step computes in integers.
    case float
  }

  /// A step that computes in float32.
  public struct FloatStep: Hashable, Sendable {
    /// The node.
    public var name: String
    /// Why.
    public var reason: String

    /// Makes a step.
    ///
    /// - Parameters:
    ///   - name: The node.
    ///   - reason: Why.
    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  /// A step that requantizes.
  public struct Requantized: Hashable, Sendable {
    /// The node.
    public var node: String
    /// Its operator.
    public var op: String
    /// The arithmetic.
    public var form: Requantization.Form
    /// Where `fast` differs from `onnx`; `nil` where that cannot be told.
    public var proof: RequantizationProof?

    /// Makes a row.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - op: Its operator.
    ///   - form: The arithmetic.
    ///   - proof: Where `fast` differs from `onnx`.
    public init(
      node: String, op: String, form: Requantization.Form, proof: RequantizationProof?
    ) {
      self.node = node
      self.op = op
      self.form = form
      self.proof = proof
    }
  }

  /// What the model computes in.
  public var arithmetic: Arithmetic
  /// What computes in float32, and why.
  public var floatSteps: [FloatStep]
  /// What requantizes.
  public var requantized: [Requantized]
  /// What the integers of each input stand for.
  public var inputs: [QuantizedGrid?]
  /// What the integers of each output stand for.
  public var outputs: [QuantizedGrid?]

  /// Makes a summary.
  ///
  /// - Parameters:
  ///   - arithmetic: What the model computes in.
  ///   - floatSteps: What computes in float32, and why.
  ///   - requantized: What requantizes.
  ///   - inputs: What the integers of each input stand for.
  ///   - outputs: What the integers of each output stand for.
  public init(
    arithmetic: Arithmetic, floatSteps: [FloatStep], requantized: [Requantized],
    inputs: [QuantizedGrid?], outputs: [QuantizedGrid?]
  ) {
    self.arithmetic = arithmetic
    self.floatSteps = floatSteps
    self.requantized = requantized
    self.inputs = inputs
    self.outputs = outputs
  }
}

extension QuantizationSummary {
  /// What the integers of an input stand for.
  func input(_ index: Int) -> QuantizedGrid? { index < inputs.count ? inputs[index] : nil }

  /// What the integers of an output stand for.
  func output(_ index: Int) -> QuantizedGrid? { index < outputs.count ? outputs[index] : nil }
}

extension Generation {
  /// The rows of the manifest for a quantized model.
  var quantizationRows: [(String, JSON)] {
    guard let summary = options.quantization else { return [] }
    let steps = summary.floatSteps.map { step in
      JSON.object([("name", .text(step.name)), ("reason", .text(step.reason))])
    }
    return [
      ("arithmetic", .text(summary.arithmetic.rawValue)), ("float_steps", .list(steps)),
      ("requantized", .list(summary.requantized.map(\.json))),
    ]
  }

  /// What a port's integers stand for, as the manifest has it.
  func quantization(_ grid: QuantizedGrid?) -> [(String, JSON)] {
    guard let grid else { return [] }
    let scale = Double(grid.scale.description) ?? Double(grid.scale)
    return [
      (
        "quantization",
        .object([("scale", .number(scale)), ("zero_point", .integer(grid.zeroPoint))])
      )
    ]
  }
}

extension QuantizationSummary.Requantized {
  fileprivate var json: JSON {
    var how: [(String, JSON)] = [("form", .text(form.rawValue))]
    if form == .onnx {
      how.append(("differing_accumulators", .integer(0)))
    } else if let proof {
      how.append(("channels", .integer(proof.channels)))
      how.append(("proven_channels", .integer(proof.proven)))
      how.append(("differing_accumulators", .integer(proof.differing)))
    }
    return .object([("node", .text(node)), ("operator", .text(op)), ("requantize", .object(how))])
  }
}
