/// A statement of loop IR.
public indirect enum Statement: Hashable, Sendable {
  /// Runs the body for `variable` from `from` while below `to`, in steps of a positive constant.
  case loop(Variable, from: Expr, to: Expr, step: Int, [Statement])
  /// A name for a value that does not change.
  case define(Variable, Expr)
  /// A variable that `assign` may change.
  case declare(Variable, Expr)
  case assign(Variable, Expr)
  /// Stores as many elements as the value has lanes.
  case store(Buffer, Expr, Expr)
  case when(Expr, [Statement], else: [Statement])
  /// Runs the body again and again; the condition is tested before each turn.
  case repeatWhile(Expr, [Statement])
  /// Does what its meaning says.
  case microkernel(MicroKernel)
  case comment(String)
}

/// A piece of code over buffers: what becomes one C function.
public struct Kernel: Hashable, Sendable {
  /// What it is, for its name and comment: such as `conv`.
  public var title: String
  /// The statements, for each condition of the target; the last has none.
  public var variants: [Variant]

  /// The body for one kind of vector unit.
  public struct Variant: Hashable, Sendable {
    /// Bytes of the vectors used; 0 when only scalars are used.
    public var vectorBytes: Int
    /// The statements.
    public var body: [Statement]

    /// Makes a variant.
    ///
    /// - Parameters:
    ///   - vectorBytes: Bytes of the vectors used; 0 when only scalars are used.
    ///   - body: The statements.
    public init(vectorBytes: Int = 0, body: [Statement]) {
      self.vectorBytes = vectorBytes
      self.body = body
    }
  }

  /// Makes a kernel.
  ///
  /// - Parameters:
  ///   - title: What it is.
  ///   - variants: Widest vectors first; the last must be scalar or always available.
  public init(title: String, variants: [Variant]) {
    self.title = title
    self.variants = variants
  }
}
