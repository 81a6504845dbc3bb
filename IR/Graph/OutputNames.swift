/// Names that stand behind an output of a graph.
///
/// ONNX gives classes as texts, or as maps from names to scores. Compiled models give numbers and a matrix;
/// this says what they stand for.
public struct OutputNames: Hashable, Sendable {
  /// What has the names.
  public enum Place: String, Hashable, Sendable {
    /// The output's elements are places in the list of names.
    case elements
    /// The columns of the output, along its last axis, have the names in order.
    case columns
  }

  /// The number of the output.
  public var output: Int
  /// What has the names.
  public var place: Place
  /// The names in order; numbers of classes as digits.
  public var names: [String]
  /// Whether the names are numbers of classes.
  public var areNumbers: Bool

  /// Makes names.
  ///
  /// - Parameters:
  ///   - output: The number of the output.
  ///   - place: What has the names.
  ///   - names: In order.
  ///   - areNumbers: Whether they are numbers of classes.
  public init(output: Int, place: Place, names: [String], areNumbers: Bool = false) {
    self.output = output
    self.place = place
    self.names = names
    self.areNumbers = areNumbers
  }
}

extension Graph {
  /// Says what stands behind an output.
  ///
  /// - Parameter names: Of an output of the graph; in place of what was said of it before.
  public mutating func setNames(_ names: OutputNames) {
    outputNames.removeAll { $0.output == names.output }
    outputNames.append(names)
  }
}

extension Constant {
  /// Texts as ONNX has them, from elements that are places in a list of names.
  ///
  /// - Parameter names: The list; a place that is not in it gives an empty text.
  /// - Returns: The texts, under the same shape.
  package func texts(_ names: [String]) -> Constant {
    var bytes: [UInt8] = []
    for place in integers ?? [] {
      if names.indices.contains(place) { bytes += Array(names[place].utf8) }
      bytes.append(0)
    }
    return Constant(TensorType(.string, type.shape), .dense(Bytes(bytes)))
  }

  /// The texts of a constant of strings.
  package var strings: [String] {
    guard type.element == .string else { return [] }
    return dense.array(of: UInt8.self).split(separator: 0, omittingEmptySubsequences: false)
      .prefix(type.count).map { String(decoding: $0, as: UTF8.self) }
  }
}
