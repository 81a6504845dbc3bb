import CoppiceIR
import Testing

/// What operators declare is what they read, and all of them are listed.
@Suite struct DeclarationTests {
  private static let sources = Result { try OperatorSources() }

  @Test func everyOperatorIsListed() throws {
    let listed = OperatorRegistry.all.map { "\($0)" }
    #expect(Set(listed).count == listed.count)
    #expect(try Self.sources.get().operators.sorted() == listed.sorted())
  }

  @Test(arguments: OperatorRegistry.all.map { "\($0)" })
  func everyAttributeThatIsReadIsDeclared(_ name: String) throws {
    let sources = try Self.sources.get()
    let type = try #require(OperatorRegistry.all.first { "\($0)" == name })
    let declared = Set(type.schema.attributes.map(\.name))
    #expect(sources.attributesRead(by: name).subtracting(declared) == [])
  }

  @Test func readsAreFound() throws {
    let sources = try Self.sources.get()
    #expect(sources.attributesRead(by: "Conv").isSuperset(of: ["group", "pads", "strides"]))
    #expect(
      sources.attributesRead(by: "LSTM").isSuperset(of: ["direction", "activations", "clip"]))
    #expect(sources.attributesRead(by: "LeakyRelu").contains("alpha"))
    #expect(sources.attributesRead(by: "QLinearConv").contains("requantize"))
    #expect(sources.attributesRead(by: "ReduceMax").contains("keepdims"))
  }

  @Test(arguments: OperatorRegistry.all.map { "\($0)" })
  func theDefaultOfTheSchemaIsRead(_ name: String) throws {
    let type = try #require(OperatorRegistry.all.first { "\($0)" == name })
    let settings = type.init(attributes: [:]).settings
    for attribute in type.schema.attributes {
      switch attribute.fallback {
      case .int(let value): #expect(settings.int(attribute.name) == value)
      case .float(let value): #expect(settings.float(attribute.name) == value)
      case .string(let value): #expect(settings.string(attribute.name) == value)
      case .ints(let value): #expect(settings.ints(attribute.name) == value)
      case .floats(let value): #expect(settings.floats(attribute.name) == value)
      case .strings(let value): #expect(settings.strings(attribute.name) == value)
      case .tensor(let value): #expect(settings.tensor(attribute.name) == value)
      case nil: #expect(settings.int(attribute.name) == 0)
      }
    }
  }

  @Test func whatIsGivenComesBeforeTheDefault() throws {
    let schema = OperatorSchema("X", operands: [], attributes: ["axis": .int(3), "dtype": nil])
    let given = Settings(["axis": .int(1)], schema)
    #expect(given.int("axis") == 1)
    #expect(given.isGiven("axis") && !given.isGiven("dtype") && given.declares("dtype"))
    #expect(given.int(given: "dtype") == nil)
    let wrong = Settings(["axis": .string("one")], schema)
    #expect(wrong.int("axis") == 3, "a value of another kind is refused elsewhere")
  }
}
