package import CoppiceIR

/// What was recorded while a model was trained: the `prunerec/1` format.
///
/// The file is plain safetensors. Its metadata names the format and the parameters; the tensors
/// are called `<parameter>/<key>`, in the trainer's own layout, and every key but `final` is
/// optional. All numbers are checked to be finite when the record is opened.
package struct TrainingRecord: Sendable {
  /// One parameter of the trained model.
  package struct Parameter: Sendable {
    package let name: String
    package let shape: [Int]

    /// Other names of the same parameter.
    package let aliases: [String]

    /// The groups in which a transposed convolution was trained.
    package let groups: Int?

    package let keys: Set<RecordKey>

    /// The steps that its sums are of, where they differ from the record's.
    let steps: Int?

    /// Whether there are weights between the first and the last.
    let hasSnapshots: Bool

    package var count: Int { elementCount(of: shape) ?? 0 }
  }

  static let format = "prunerec/1"

  /// What messages call the record.
  package let name: String

  /// Whether weights were masked while training ran; such weights did not move.
  package let masksWereActive: Bool

  /// What the sums of the record are of.
  package let counts: RecordCounts

  private let constants: [String: Constant]

  /// The weights between the first and the last, by the names of the parameters.
  let snapshots: [String: Snapshots]

  /// The parameters by name, in ascending order.
  package let parameters: [Parameter]

  /// What a reader of the record ought to know, though nothing is wrong.
  package let notes: [String]

  package init(_ source: any RecordTensors) throws(DiagnosticMessage) {
    name = source.name
    var parameters: [Parameter] = []
    var constants: [String: Constant] = [:]
    var snapshots: [String: Snapshots] = [:]
    let taken = try Snapshots.names(in: source)
    for declared in try DeclaredParameter.all(in: source) {
      let (parameter, tensors, between) = try declared.checked(
        in: source, taken[declared.name] ?? [])
      parameters.append(parameter)
      if parameter.hasSnapshots { snapshots[parameter.name] = between }
      for (key, tensor) in tensors { constants["\(parameter.name)/\(key.rawValue)"] = tensor }
    }
    self.parameters = parameters.sorted { $0.name < $1.name }
    self.constants = constants
    self.snapshots = snapshots
    counts = try RecordCounts(source)
    notes = Self.notes(source.metadata)
    masksWereActive = source.metadata["masks_active"].map { $0 != "false" } ?? false
    for parameter in self.parameters {
      for key in RecordKey.allCases where parameter.keys.contains(key) {
        try requireFinite(values(parameter, key), parameter, key.rawValue, key.extent)
      }
      let between = snapshots[parameter.name] ?? Snapshots()
      for (step, tensor) in zip(between.steps, between.tensors) {
        try requireFinite(FloatValues(tensor), parameter, "snap.\(step)", .element)
      }
    }
  }

  /// The recorded numbers; nil if the parameter has none for the key.
  package func values(_ parameter: Parameter, _ key: RecordKey) -> FloatValues? {
    constants["\(parameter.name)/\(key.rawValue)"].flatMap(FloatValues.init)
  }

  /// The shape of a recorded tensor; nil if the parameter has none for the key.
  func shape(_ parameter: Parameter, _ key: RecordKey) -> [Int]? {
    constants["\(parameter.name)/\(key.rawValue)"]?.type.shape
  }

  /// Whether a parameter looks like one of a normalisation: a vector that is no bias.
  package var hasNormalizations: Bool {
    parameters.contains { $0.shape.count == 1 && $0.name.split(separator: ".").last != "bias" }
  }

  private func requireFinite(
    _ values: FloatValues?, _ parameter: Parameter, _ key: String, _ extent: RecordKey.Extent
  ) throws(DiagnosticMessage) {
    guard let index = values?.withBuffer(firstNonFinite) else { return }
    let position = indexText(index, in: extent == .element ? parameter.shape : [])
    throw DiagnosticMessage(
      "record-not-finite",
      "'\(name)': '\(parameter.name)/\(key)' has a NaN or infinity at \(position)",
      notes: ["record again without the step that diverged, or leave that tensor out"])
  }

  private static func notes(_ metadata: [String: String]) -> [String] {
    guard metadata["masks_active"] == nil else { return [] }
    return ["the record does not say whether masks were active in training (masks_active)"]
  }
}

/// The position of the first NaN or infinity.
package func firstNonFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
  let block = 4096
  var start = 0
  while start < values.count {
    let end = min(start + block, values.count)
    var highest: UInt32 = 0
    for index in start..<end { highest = max(highest, values[index].bitPattern & 0x7FFF_FFFF) }
    if highest >= 0x7F80_0000 { return (start..<end).first { !values[$0].isFinite } }
    start = end
  }
  return nil
}

/// A flat index as people write it: `[1, 0, 2]`, or the bare number without a shape.
package func indexText(_ index: Int, in shape: [Int]) -> String {
  guard !shape.isEmpty, !shape.contains(0) else { return "\(index)" }
  var rest = index
  var position: [Int] = []
  for dimension in shape.reversed() {
    position.insert(rest % dimension, at: 0)
    rest /= dimension
  }
  return "\(position)"
}
