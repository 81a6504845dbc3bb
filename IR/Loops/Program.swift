/// A model as a list of kernels over numbered buffers: what the printer and the interpreter take.
public struct Program: Sendable {
  /// What stands behind a buffer.
  public enum Role: Hashable, Sendable {
    /// Input `k` of the model.
    case input(Int)
    /// Output `k` of the model.
    case output(Int)
    /// Elements emitted with the code, dense and packed as the kernels read them.
    case constant(Bytes)
    /// Memory between kernels, placed by the memory plan.
    case arena
  }

  /// A buffer with its role and name.
  public struct Slot: Sendable {
    /// Its number, type and size.
    public var buffer: Buffer
    /// What stands behind it.
    public var role: Role
    /// The value or tensor in the model that it stems from.
    public var name: String
    /// The constant of the graph that its bytes were packed from.
    public var source: ValueID?
  }

  /// One kernel run.
  public struct Step: Sendable {
    /// What runs.
    public var kernel: Kernel {
      didSet { access = BufferAccess(kernel) }
    }
    /// The buffers that it reads and writes.
    package private(set) var access: BufferAccess
    /// The nodes of the model that it computes.
    public var nodes: [String]
    /// Buffers used only inside the step.
    public var scratch: [Buffer]
    /// For each buffer written that may share memory with one read, the one read.
    public var inPlace: [Buffer: [Buffer]]
    /// Multiply-accumulates with every weight, and with the nonzero ones.
    public var macs: (dense: Int, nonzero: Int)
    /// The extents of the operand and the weights it computes with, and of its result.
    public var shapes: (operands: [[Int]], result: [Int])
    /// The operators it computes, that of its first node first; none for a copy.
    public var operators: [String]
    /// The form of its kernel, such as `sparse_conv`.
    public var form: String

    /// Makes a step.
    ///
    /// - Parameters:
    ///   - kernel: What runs.
    ///   - nodes: The nodes of the model that it computes.
    ///   - scratch: Buffers used only inside the step.
    ///   - inPlace: For each buffer written, those read that it may share memory with.
    ///   - macs: Multiply-accumulates with every weight, and with the nonzero ones.
    ///   - shapes: The extents of the operand and the weights, and of the result.
    ///   - operators: The operators it computes, that of its first node first.
    ///   - form: The form of its kernel.
    public init(
      kernel: Kernel, nodes: [String] = [], scratch: [Buffer] = [],
      inPlace: [Buffer: [Buffer]] = [:], macs: (dense: Int, nonzero: Int) = (0, 0),
      shapes: (operands: [[Int]], result: [Int]) = ([], []), operators: [String] = [],
      form: String = ""
    ) {
      self.kernel = kernel
      access = BufferAccess(kernel)
      self.nodes = nodes
      self.scratch = scratch
      self.inPlace = inPlace
      self.macs = macs
      self.shapes = shapes
      self.operators = operators
      self.form = form
    }
  }

  /// The model's inputs: type and name.
  public var inputs: [(name: String, type: TensorType)]
  /// The model's outputs: type and name.
  public var outputs: [(name: String, type: TensorType)]
  /// Buffers by number.
  public var slots: [Slot]
  /// Kernels in the order they run.
  public var steps: [Step]
  /// What inputs must hold; checked before the first kernel runs.
  public var assumptions: [InputAssumption] = []
  /// What stands behind outputs that ONNX has as texts or maps.
  public var outputNames: [OutputNames] = []

  /// Makes an empty program.
  ///
  /// - Parameters:
  ///   - inputs: The model's inputs.
  ///   - outputs: The model's outputs.
  public init(
    inputs: [(name: String, type: TensorType)] = [],
    outputs: [(name: String, type: TensorType)] = []
  ) {
    self.inputs = inputs
    self.outputs = outputs
    slots = []
    steps = []
  }

  /// Adds a buffer.
  ///
  /// - Parameters:
  ///   - element: The element type.
  ///   - count: The number of elements.
  ///   - role: What stands behind it.
  ///   - name: The value or tensor in the model.
  ///   - source: The constant of the graph that its bytes were packed from.
  /// - Returns: The buffer.
  public mutating func addBuffer(
    _ element: ElementType, _ count: Int, _ role: Role, name: String, source: ValueID? = nil
  ) -> Buffer {
    let buffer = Buffer(id: slots.count, element: element, count: count)
    slots.append(Slot(buffer: buffer, role: role, name: name, source: source))
    return buffer
  }
}
