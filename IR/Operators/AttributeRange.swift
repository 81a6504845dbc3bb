/// The kind of an attribute, and the values that have a meaning.
public enum AttributeRange: Hashable, Sendable {
  case integers(ClosedRange<Int>)
  /// Integers that are numbers of something, such as element types.
  case numbers([Int])
  case texts([String])
  case text, real, integerList, realList, textList, tensor

  /// Any integer; whether it fits depends on the operands.
  public static let integer = integers(.min ... .max)
  /// A truth value, as ONNX writes it.
  public static let flag = integers(0...1)
  /// An integer that counts something.
  public static let positive = integers(1 ... .max)
  /// An integer that counts something, where 0 stands for another rule.
  public static let natural = integers(0 ... .max)
  /// The number of an element type of ONNX.
  public static let elementType = integers(1...26)
  /// The number of a floating-point type that intermediate results may have.
  public static let precision = numbers([1, 10, 11, 16])

  /// What the attributes of a name hold in every operator that does not say otherwise.
  static let usual: [String: AttributeRange] = {
    var table: [String: AttributeRange] = [
      "activations": .textList,
      "activation_alpha": .realList, "activation_beta": .realList,
      "approximate": .texts(["none", "tanh"]),
      "auto_pad": .texts(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
      "direction": .texts(["forward", "reverse", "bidirectional"]),
      "dtype": .elementType, "to": .elementType, "output_datatype": .elementType,
      "equation": .text,
      "keep_aspect_ratio_policy": .texts(["stretch", "not_larger", "not_smaller"]),
      "nearest_mode": .texts(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
      "output_dtype": .integers(0...26),
      "padding_mode": .texts(["zeros", "border", "reflection"]),
      "precision": .numbers([0, 1, 10, 11, 16]), "softmax_precision": .precision,
      "qk_matmul_output_mode": .integers(0...3),
      "round_mode": .texts(["up", "down", "nearest"]),
      "stash_type": .precision,
      "left_window_size": .integers(-1...(1 << 31)), "right_window_size": .integers(-1...(1 << 31)),
      "value": .tensor,
    ]
    for name in flags { table[name] = .flag }
    for name in ["axes", "dilations", "kernel_shape", "output_padding", "output_shape", "pads"]
      + ["perm", "strides"]
    { table[name] = .integerList }
    for name in counts { table[name] = .positive }
    for name in ["block_size", "kv_num_heads", "num_heads", "q_num_heads", "sampling_ratio"]
      + ["rotary_embedding_dim"]
    { table[name] = .natural }
    for name in ["axis", "batch_axis", "batch_dims", "end", "ignore_index", "k", "seed", "start"]
      + ["time_axis"]
    { table[name] = .integer }
    for name in ["clip", "scale"] { table[name] = .real }
    return table
  }()

  private static let flags = [
    "align_corners", "allowzero", "antialias", "ceil_mode", "count_include_pad",
    "detect_negative", "detect_positive", "exclude_outside", "exclusive", "flattened", "fmod",
    "input_forget", "interleaved", "inverse", "is_causal", "keepdims", "largest", "layout",
    "linear_before_reset", "noop_with_empty_axes", "onesided", "periodic", "reverse", "saturate",
    "select_last_index", "sorted", "storage_order", "training_mode", "transA", "transB", "upper",
  ]
  private static let counts = [
    "blocksize", "chunk_size", "group", "hidden_size", "num_groups", "num_outputs", "offset_group",
    "output_height", "output_width", "size",
  ]

  /// What an attribute may hold when nothing but its default is known.
  static func like(_ fallback: Attribute?) -> AttributeRange? {
    switch fallback {
    case .float: .real
    case .ints: .integerList
    case .floats: .realList
    case .strings: .textList
    case .tensor: .tensor
    case .int, .string, nil: nil
    }
  }
}

extension AttributeRange: CustomStringConvertible {
  /// Whether a value is of the kind.
  ///
  /// - Parameter value: A value.
  /// - Returns: Whether it is, in the range or not.
  public func isKind(of value: Attribute) -> Bool {
    switch (self, value) {
    case (.integers, .int), (.numbers, .int), (.texts, .string), (.text, .string), (.real, .float),
      (.integerList, .ints), (.realList, .floats), (.textList, .strings), (.tensor, .tensor):
      true
    default: false
    }
  }

  /// Whether a value has a meaning.
  ///
  /// - Parameter value: A value of the kind.
  /// - Returns: Whether it is in the range.
  public func contains(_ value: Attribute) -> Bool {
    switch (self, value) {
    case (.integers(let range), .int(let value)): range.contains(value)
    case (.numbers(let numbers), .int(let value)): numbers.contains(value)
    case (.texts(let texts), .string(let value)): texts.contains(value)
    default: isKind(of: value)
    }
  }

  /// The kind in words.
  public var kind: String {
    switch self {
    case .integers, .numbers: "an integer"
    case .texts, .text: "a text"
    case .real: "a real number"
    case .integerList: "a list of integers"
    case .realList: "a list of real numbers"
    case .textList: "a list of texts"
    case .tensor: "a tensor"
    }
  }

  /// The values in words.
  public var description: String {
    switch self {
    case .integers(let range) where range == .min ... .max: "all integers"
    case .integers(let range) where range.upperBound == .max: "\(range.lowerBound) and more"
    case .integers(let range) where range.count <= 8:
      range.map { "\($0)" }.joined(separator: ", ")
    case .integers(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .numbers(let numbers): numbers.map { "\($0)" }.joined(separator: ", ")
    case .texts(let texts): texts.map { "'\($0)'" }.joined(separator: ", ")
    case .text: "all texts"
    case .real: "all real numbers"
    case .integerList, .realList, .textList: "all lists"
    case .tensor: "all tensors"
    }
  }
}
