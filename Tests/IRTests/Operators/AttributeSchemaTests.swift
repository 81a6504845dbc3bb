@_spi(RawEditing) import CoppiceIR
import Testing

/// What the schemas say that attributes may hold, for every attribute of every operator.
@Suite struct AttributeSchemaTests {
  private static let names = OperatorRegistry.all.map { $0.schema.name }.sorted()

  /// Values with a meaning, and one beyond each end of what has one.
  private func samples(_ range: AttributeRange) -> (good: [Attribute], bad: [Attribute]) {
    switch range {
    case .integers(let range):
      let (low, high) = (range.lowerBound, range.upperBound)
      let below = low == .min ? [] : [Attribute.int(low - 1), .int(.min)]
      let above = high == .max ? [] : [Attribute.int(high + 1), .int(1 << 32 + high)]
      return ([.int(low), .int(high)], below + above)
    case .numbers(let numbers):
      let others = [-1, 2, 1 << 32 + numbers[0]].filter { !numbers.contains($0) }
      return (numbers.map { .int($0) }, others.map { .int($0) })
    case .texts(let texts):
      return (texts.map { .string($0) }, [.string(""), .string("unheard of")])
    case .text: return ([.string("x")], [])
    case .real: return ([.float(0.5)], [])
    case .integerList: return ([.ints([1])], [])
    case .realList: return ([.floats([1])], [])
    case .textList: return ([.strings(["x"])], [])
    case .tensor: return ([.tensor(.scalar(1, .float32))], [])
    }
  }

  @Test(arguments: names) func takesWhatHasAMeaningAndNamesTheRest(_ name: String) throws {
    let schema = try #require(OperatorRegistry.all.first { $0.schema.name == name }?.schema)
    for attribute in schema.attributes {
      let (good, bad) = samples(attribute.allowed)
      for value in good + [attribute.fallback].compactMap({ $0 }) {
        #expect(throws: Never.self) { try schema.check([attribute.name: value]) }
      }
      for value in bad {
        let error = try #require(throws: DiagnosticMessage.self) {
          try schema.check([attribute.name: value])
        }
        #expect(error.id == "attribute-value")
        for part in [attribute.name, name, value.text, attribute.allowed.description] {
          #expect(error.text.contains(part))
        }
      }
      let other: Attribute = attribute.allowed == .real ? .string("x") : .float(2.5)
      let error = try #require(throws: DiagnosticMessage.self) {
        try schema.check([attribute.name: other])
      }
      #expect(error.id == "attribute-kind" && error.text.contains(attribute.name))
    }
  }

  @Test func anUnknownAttributeIsRefused() throws {
    let error = try #require(throws: DiagnosticMessage.self) {
      try Relu.schema.check(["alpha": .float(1)])
    }
    #expect(error.id == "unknown-attribute")
  }

  @Test(arguments: [4, -1, 1 << 32]) func theVerifierChecksAttributes(_ mode: Int) {
    let x = TensorType(.float32, [1, 1, 2, 2])
    var graph = Graph(name: "g")
    let input = graph.addInput("x", x)
    let node = graph.addNode(
      Attention(attributes: ["qk_matmul_output_mode": .int(mode)]), [input, input, input],
      types: [x], name: "attention")
    graph.setOutputs([graph[node].result].compactMap { $0 })
    #expect(Verifier.check(graph).map(\.message.id) == ["attribute-value"])
  }
}
