import CoppiceTestSupport
import Testing

/// Names of classes: tables in the generated C, texts in what `run` writes, and nothing else of strings.
@Suite struct ClassNameTests {
  /// Places of a class among three, its name, and scores under names.
  private static let model = Onnx.model(
    Onnx.graph(
      [
        Onnx.node(
          "LabelEncoder", ["x"], ["name"], name: "names", domain: "ai.onnx.ml",
          attributes: [
            Onnx.ints("keys_int64s", [2, 5, 7]),
            Onnx.strings("values_strings", ["cat", "do\"g", "b?rd"]),
          ]),
        Onnx.node("Identity", ["name"], ["label"]),
        Onnx.node(
          "ZipMap", ["scores"], ["map"], domain: "ai.onnx.ml",
          attributes: [Onnx.ints("classlabels_int64s", [10, -3])]),
      ],
      inputs: [Onnx.value("x", 7, [2]), Onnx.value("scores", 1, [2, 2])],
      outputs: [Onnx.value("label", 8, [2]), Wire { $0.text(1, "map") }]),
    domains: ["ai.onnx.ml"], version: 3)

  private static func tensor(_ values: [Int]) -> [UInt8] {
    Onnx.tensor("x", 7, [2], raw: values.flatMap { littleEndian(Int64($0)) }).bytes
  }

  @Test func theHeaderDeclaresTables() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.compile(Self.model, in: folder) == 0)
    let header = try folder.text("out/model.h")
    #expect(header.contains("#define MODEL_OUT0_NAMES_COUNT 4u"))
    #expect(header.contains("extern const char *const model_out0_names[4];"))
    #expect(header.contains("extern const char *const model_out1_names[2];"))
    let source = try folder.text("out/model.c")
    #expect(
      source.contains("    \"cat\",\n    \"do\\\"g\",\n    \"b\\?rd\",\n    \"_Unused\",\n};"))
    #expect(source.contains("    \"10\",\n    \"-3\",\n};"))
    let manifest = try folder.text("out/model.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("\"texts\":[\"cat\",\"do\\\"g\",\"b?rd\",\"_Unused\"]"))
    #expect(manifest.contains("\"columns\":[10,-3]"))
  }

  /// Runs the model on the inputs beside it.
  private func run(in folder: TemporaryFolder) throws {
    let outcome = try Program.coppice(
      ["run", "model.onnx", "--inputs", "in", "--outputs", "in"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// A list of texts as a tensor.
  private static func texts(_ name: String, _ words: [String]) -> Wire {
    Wire {
      $0.int(1, words.count)
      $0.int(2, 8)
      $0.text(8, name)
      for word in words { $0.text(6, word) }
    }
  }

  @Test func runWritesTextsAndCheckReadsThem() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model)
    try folder.write(Self.tensor([7, 1]), "in/input_0.pb")
    try folder.write(
      Onnx.tensor("s", 1, [2, 2], raw: floats([1, 2, 3, 4])).bytes, "in/input_1.pb")
    try run(in: folder)
    let label = Self.texts("label", ["b?rd", "_Unused"])
    #expect(try folder.bytes("in/output_0.pb") == label.bytes)
    let checked = try Program.coppice(["check", "model.onnx", "--data", "in"], in: folder.path)
    #expect(checked.status == 0, "\(checked.errors)")
  }

  @Test func namesStayWithTheTextForm() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model)
    let outcome = try Program.coppice(
      ["prune", "model.onnx", "-o", "again.onnx", "--passes", "@cleanup"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let again = try Program.coppice(
      ["compile", "again.onnx", "-o", "out", "--name", "model"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.text("out/model.c").contains("\"b\\?rd\""))
  }

  /// Numbers to names, and names that are known to numbers.
  @Test func categoriesMapBothWays() throws {
    let categories = [
      Onnx.ints("cats_int64s", [2, 5, 7]), Onnx.strings("cats_strings", ["cat", "dog", "bird"]),
    ]
    let texts = Onnx.node(
      "CategoryMapper", ["x"], ["label"], domain: "ai.onnx.ml",
      attributes: categories + [Onnx.attribute("default_string", kind: 3) { $0.text(4, "none") }])
    let numbers = Onnx.node(
      "CategoryMapper", ["words"], ["codes"], domain: "ai.onnx.ml",
      attributes: categories + [Onnx.int("default_int64", -9)])
    let words = Self.texts("words", ["bird", "fish"])
    let folder = try TemporaryFolder()
    try folder.write(
      Onnx.model(
        Onnx.graph(
          [texts, numbers, Onnx.node("Add", ["x", "codes"], ["sum"])],
          inputs: [Onnx.value("x", 7, [2])],
          outputs: [Onnx.value("label", 8, [2]), Onnx.value("sum", 7, [2])], initializers: [words]),
        domains: ["ai.onnx.ml"]))
    try folder.write(Self.tensor([7, 1]), "in/input_0.pb")
    try run(in: folder)
    let label = Self.texts("label", ["bird", "none"])
    #expect(try folder.bytes("in/output_0.pb") == label.bytes)
    let sum = Onnx.tensor("sum", 7, [2], raw: [14, -8].flatMap { littleEndian(Int64($0)) })
    #expect(try folder.bytes("in/output_1.pb") == sum.bytes)
  }

  @Test func textsAreNotComputedWith() throws {
    let folder = try TemporaryFolder()
    let encoder = Onnx.node(
      "LabelEncoder", ["x"], ["name"], domain: "ai.onnx.ml",
      attributes: [Onnx.ints("keys_int64s", [2]), Onnx.strings("values_strings", ["cat"])])
    let bytes = Onnx.model(
      Onnx.graph(
        [encoder, Onnx.node("Neg", ["name"], ["y"])], inputs: [Onnx.value("x", 7, [2])],
        outputs: [Onnx.value("y", 7, [2])]), domains: ["ai.onnx.ml"], version: 3)
    try folder.write(bytes)
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--name", "m", "--json"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.ids == ["text-operand"])
  }
}
