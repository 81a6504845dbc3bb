import COnnx
import CoppiceIR

/// Operators that take texts: those that only move or compare them, with the operands that may be texts.
private let textOperators: [String: Set<Int>] = [
  "Identity": [0], "Reshape": [0], "Squeeze": [0], "Unsqueeze": [0], "Flatten": [0], "Gather": [0],
  "ArrayFeatureExtractor": [0], "Transpose": [0], "Slice": [0], "Expand": [0], "Tile": [0],
  "Where": [1, 2], "Equal": [0, 1], "Concat": Set(0..<64), "LabelEncoder": [0], "Split": [0],
  "OneHotEncoder": [0], "Shape": [0], "Size": [0], "Cast": [0],
  "CategoryMapper": [0],
]

/// Attributes that hold texts, and those that hold the places in their stead.
private let textAttributes = [
  ("classlabels_strings", "classlabels_int64s"), ("cats_strings", "cats_int64s"),
  ("keys_strings", "keys_int64s"), ("values_strings", "values_int64s"),
  ("default_string", "default_int64"),
]

/// Brings the texts among a node's attributes to places.
struct TextReader {
  let draft: GraphDraft

  /// Brings texts among attributes to places, and refuses operators that compute with texts.
  ///
  /// - Returns: Whether result 0 is of texts.
  func replaceTexts(
    _ foreign: inout ForeignNode, _ call: ForeignCall
  ) throws(DiagnosticMessage) -> Bool {
    let operands = call.operands.enumerated().filter { place, value in
      value.map { draft.words.values.contains($0) } ?? false
    }.map(\.offset)
    let allowed = textOperators[call.type] ?? []
    guard operands.allSatisfy(allowed.contains) else {
      throw DiagnosticMessage(
        "text-operand",
        "\(call.type) would compute with texts; only class names that are known are compiled")
    }
    var isText = !operands.isEmpty && !["Equal", "Shape", "Size"].contains(call.type)
    if call.domain == "ai.onnx.ml" {
      let own = try replaceTextAttributes(&foreign, call, keyed: !operands.isEmpty)
      isText = own ?? isText
    }
    if call.type == "Cast" {
      guard isText == ((foreign.attributes.int("to") ?? 0) == 8) else {
        throw DiagnosticMessage(
          "text-operand", "Cast does not make string of numbers, nor numbers of string")
      }
      if isText { foreign.attributes["to"] = .int(7) }
    }
    return isText
  }

  /// Whether result 0 is of texts, where the attributes say so.
  private func replaceTextAttributes(
    _ foreign: inout ForeignNode, _ call: ForeignCall, keyed: Bool
  ) throws(DiagnosticMessage) -> Bool? {
    if call.type == "ZipMap" { return nil }
    var found: Set<String> = []
    if call.type == "LabelEncoder" { adaptClasses(&foreign, keyed: keyed) }
    if call.type == "CategoryMapper" { adaptCategories(&foreign, keyed: keyed) }
    for (name, target) in textAttributes {
      guard let value = foreign.attributes[name] else { continue }
      let target =
        target == "classlabels_int64s" && call.type != "TreeEnsembleClassifier"
        ? "classlabels_ints" : target
      switch value {
      case .strings(let texts) where !texts.isEmpty:
        foreign.attributes[target] = .ints(draft.words.places(texts))
        found.insert(name)
      case .string(let text)
      where foreign.attributes.strings("values_strings") != nil
        || foreign.attributes.tensor("values_tensor")?.type.element == .string:
        foreign.attributes[target] = .int(draft.words.place(text))
      default: break
      }
    }
    for name in found { foreign.attributes[name] = nil }
    if found.contains("values_strings"), foreign.attributes["default_string"] == nil {
      foreign.attributes["default_int64"] = .int(draft.words.place("_Unused"))
    }
    foreign.attributes["default_string"] = nil
    for name in ["keys_tensor", "values_tensor", "default_tensor"] {
      guard let tensor = foreign.attributes.tensor(name) else { continue }
      let (places, isText) = draft.words.withoutTexts(tensor)
      if isText { found.insert(name.replacing("tensor", with: "strings")) }
      foreign.attributes[name] = .tensor(places)
    }
    let takesTexts = found.contains("keys_strings") || found.contains("cats_strings")
    guard takesTexts == keyed || call.type == "ArrayFeatureExtractor" else {
      throw DiagnosticMessage(
        "text-operand", "\(call.type) looks up texts among numbers, or numbers among texts")
    }
    switch call.type {
    case "LabelEncoder", "CategoryMapper": return found.contains("values_strings")
    case "OneHotEncoder": return false
    case "ArrayFeatureExtractor": return keyed
    default: return found.contains("classlabels_strings")
    }
  }

  /// Opset 1: classes are keys or values, and their numbers the other.
  private func adaptClasses(_ foreign: inout ForeignNode, keyed: Bool) {
    guard let classes = foreign.attributes.strings("classes_strings"), !classes.isEmpty else {
      return
    }
    let numbers = Attribute.ints(Array(classes.indices))
    foreign.attributes["classes_strings"] = nil
    foreign.attributes[keyed ? "keys_strings" : "values_strings"] = .strings(classes)
    foreign.attributes[keyed ? "values_int64s" : "keys_int64s"] = numbers
  }

  /// CategoryMapper maps to whatever its operand is not of.
  private func adaptCategories(_ foreign: inout ForeignNode, keyed: Bool) {
    let (texts, numbers) = (foreign.attributes["cats_strings"], foreign.attributes["cats_int64s"])
    (foreign.attributes["cats_strings"], foreign.attributes["cats_int64s"]) = (nil, nil)
    foreign.attributes[keyed ? "keys_strings" : "values_strings"] = texts
    foreign.attributes[keyed ? "values_int64s" : "keys_int64s"] = numbers
  }
}
