import COnnx
import CoppiceIR

/// The texts of a model, which stand in the graph as places in one list.
///
/// Devices have no use for texts but as the names of classes. A text that is known is its place among all texts of
/// the model, as int64; operators that move, compare or look up elements then work as with numbers, and any other
/// is refused.
struct Texts {
  private(set) var list: [String] = []
  private var places: [String: Int] = [:]
  /// The values whose elements are such places.
  var values: Set<ValueID> = []

  mutating func place(_ text: String) -> Int {
    if let known = places[text] { return known }
    places[text] = list.count
    list.append(text)
    return list.count - 1
  }

  mutating func places(_ texts: [String]) -> [Int] { texts.map { place($0) } }

  /// A constant of texts as places in the list of texts; any other as it is.
  mutating func withoutTexts(_ constant: Constant) -> (Constant, isText: Bool) {
    guard constant.type.element == .string else { return (constant, false) }
    let places = self.places(constant.strings).map(Int64.init)
    return (Constant(places, .int64, constant.type.shape), true)
  }
}

extension GraphDraft {
  /// Says what stands behind the outputs.
  func nameOutputs() {
    for (index, output) in graph.outputs.enumerated() {
      if words.values.contains(output) {
        graph.setNames(OutputNames(output: index, place: .elements, names: words.list))
        continue
      }
      var value = output
      while let id = graph.producer(value), graph[id].op is Identity,
        let source = graph[id].operand(0)
      {
        value = source
      }
      guard let id = graph.producer(value), let map = graph[id].op as? ZipMap else { continue }
      let texts = map.attributes.strings("classlabels_strings") ?? []
      let numbers = map.attributes.ints("classlabels_int64s") ?? []
      graph.setNames(
        OutputNames(
          output: index, place: .columns, names: texts.isEmpty ? numbers.map(String.init) : texts,
          areNumbers: texts.isEmpty))
    }
  }
}
