public import CoppiceIR
public import CoppiceLowering

/// Where the generated code keeps its constants.
public enum WeightsPlacement: String, Hashable, Sendable, CaseIterable {
  /// In `NAME.c`.
  case inline
  /// In `NAME_weights.c`.
  case split
  /// In `NAME_weights.bin`, used in place and bound to the code by a hash.
  case blob
}

/// What the generated files say about one constant of the model.
public struct TensorReport: Hashable, Sendable {
  /// The name in the model.
  public var name: String
  /// The extents.
  public var shape: [Int]
  /// Elements that are not zero.
  public var nonzeros: Int
  /// The name of the storage.
  public var storage: String
  /// Bytes of the dense tensor.
  public var denseBytes: Int
  /// Whether a kernel may take it into the table of its weights.
  public var mayJoinWeights = false
  /// Bytes as emitted, indices and padding included.
  public var bytes: Int
  /// Why the storage was chosen.
  public var reason: String

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - name: The name in the model.
  ///   - shape: The extents.
  ///   - nonzeros: Elements that are not zero.
  ///   - storage: The name of the storage.
  ///   - denseBytes: Bytes of the dense tensor.
  ///   - bytes: Bytes as emitted.
  ///   - reason: Why the storage was chosen.
  public init(
    name: String, shape: [Int], nonzeros: Int, storage: String, denseBytes: Int, bytes: Int = 0,
    reason: String = ""
  ) {
    self.name = name
    self.shape = shape
    self.nonzeros = nonzeros
    self.storage = storage
    self.denseBytes = denseBytes
    self.bytes = bytes
    self.reason = reason
  }
}

/// Recorded inputs and the outputs that a model should give.
public struct TestVector: Hashable, Sendable {
  /// The elements of each input, row-major and packed.
  public var inputs: [Bytes]
  /// The elements of each output, row-major and packed.
  public var outputs: [Bytes]
  /// The patterns of inputs that code can fill in place of a table.
  public var patterns: [TestPattern?]

  /// Makes a vector.
  ///
  /// - Parameters:
  ///   - inputs: The elements of each input.
  ///   - outputs: The elements of each output.
  ///   - patterns: The patterns of inputs that code can fill.
  public init(inputs: [Bytes], outputs: [Bytes], patterns: [TestPattern?] = []) {
    self.inputs = inputs
    self.outputs = outputs
    self.patterns = patterns
  }
}

/// Where the answers of the self-test stem from.
public struct TestAnswers: Hashable, Sendable {
  /// Who gave them.
  public enum Source: String, Hashable, Sendable {
    /// Nobody: the self-test only runs the model.
    case none
    /// The vectors that the user gave.
    case given
    /// The interpreter.
    case interpreter
    /// The generated C, built for the host.
    case host
  }

  /// Who gave them.
  public var source: Source
  /// How far they are from the vectors that the user gave, by the largest element of the output.
  public var deviation: Double?

  /// Describes answers.
  ///
  /// - Parameters:
  ///   - source: Who gave them.
  ///   - deviation: How far they are from the vectors that the user gave.
  public init(_ source: Source, deviation: Double? = nil) {
    self.source = source
    self.deviation = deviation
  }
}

/// What the printer needs to know beside the program.
public struct GenerationOptions: Sendable {
  /// The prefix of all symbols and files.
  public var name: String
  /// Where constants go.
  public var weights: WeightsPlacement
  /// What the code is for.
  public var target: Target
  /// The SHA-256 of the model file, in hexadecimal.
  public var modelHash: String
  /// The pipeline's text.
  public var pipeline: String
  /// The compiler's version.
  public var toolVersion: String
  /// The constants that buffers stem from.
  public var tensors: [ValueID: TensorReport]
  /// Vectors for the self-test; without any it checks what needs none.
  public var vectors: [TestVector]
  /// Where the answers of the vectors stem from.
  public var answers = TestAnswers(.given)
  /// The fair tolerance of float outputs, relative to the largest.
  public var tolerance: Double
  /// What there is to say of a quantized model.
  public var quantization: QuantizationSummary?

  /// Makes options.
  ///
  /// - Parameters:
  ///   - name: The prefix of all symbols and files.
  ///   - weights: Where constants go.
  ///   - target: What the code is for.
  ///   - modelHash: The SHA-256 of the model file, in hexadecimal.
  ///   - pipeline: The pipeline's text.
  ///   - toolVersion: The compiler's version.
  ///   - tensors: The constants that buffers stem from.
  ///   - vectors: Vectors for the self-test.
  ///   - tolerance: The fair tolerance of float outputs, relative to the largest.
  public init(
    name: String, weights: WeightsPlacement = .inline, target: Target = .generic,
    modelHash: String = "", pipeline: String = "", toolVersion: String = "",
    tensors: [ValueID: TensorReport] = [:], vectors: [TestVector] = [], tolerance: Double = 1e-5
  ) {
    self.name = name
    self.weights = weights
    self.target = target
    self.modelHash = modelHash
    self.pipeline = pipeline
    self.toolVersion = toolVersion
    self.tensors = tensors
    self.vectors = vectors
    self.tolerance = tolerance
  }
}

/// A file that was generated, not yet written.
public struct GeneratedFile: Sendable {
  /// The file's name, without a folder.
  public var name: String
  /// The content, piece by piece; large constants are borrowed, not copied.
  public var pieces: [Bytes]

  /// Makes a file.
  ///
  /// - Parameters:
  ///   - name: The file's name, without a folder.
  ///   - pieces: The content.
  public init(name: String, pieces: [Bytes]) {
    self.name = name
    self.pieces = pieces
  }

  /// The size in bytes.
  public var byteCount: Int { pieces.reduce(0) { $0 + $1.count } }

  /// The content as text.
  public var text: String {
    pieces.map { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }.joined()
  }
}
