import CoppiceTestSupport
import Testing

/// Tensors in and out of `run`: both formats, and what does not fit.
@Suite struct RunTests {
  static let a: [Float] = [0, 1, 2, 3, 4, 5]
  static let b: [Float] = [1, 1, 1, 9, 9, -9]
  static let difference = floats(zip(a, b).map { $0 - $1 })
  static let less: [UInt8] = zip(a, b).map { $0 < $1 ? 1 : 0 }

  private func run(
    _ inputs: [String: [UInt8]], _ options: String...
  ) throws -> (Outcome, TemporaryFolder) {
    let folder = try TemporaryFolder()
    try folder.write(Models.twoInputs)
    for (name, bytes) in inputs { try folder.write(bytes, "in/" + name) }
    let words = ["run", "model.onnx", "--inputs", "in", "--outputs", "out"] + options
    return (try Program.coppice(words, in: folder.path), folder)
  }

  private static func pb(_ values: [Float]) -> [UInt8] {
    Onnx.tensor("", 1, [2, 3], raw: floats(values)).bytes
  }

  /// `[0, 1, 2, 3, 4, 5]` as 2 x 3 in column order.
  private static let columns: [Float] = [0, 3, 1, 4, 2, 5]

  @Test func everyFormOfNpyIsRead() throws {
    let forms = [
      Npy.file(Self.a), Npy.file(Self.a, type: ">f4"), Npy.file(Self.columns, columns: true),
      Npy.file(Self.a, "(1, 2, 3)"), Self.pb(Self.a),
    ]
    for (index, form) in forms.enumerated() {
      let name = index == 4 ? "input_0.pb" : "input_0.npy"
      let (outcome, folder) = try run(
        [name: form, "input_1.npy": Npy.file(Self.b)], "--format", "npy")
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
      #expect(folder.names("out") == ["output_0.npy", "output_1.npy"])
      #expect(try folder.bytes("out/output_0.npy").suffix(24) == Self.difference[...])
      #expect(try folder.bytes("out/output_1.npy").suffix(6) == Self.less[...])
    }
  }

  @Test func npyGoesAround() throws {
    let (_, first) = try run(
      ["input_0.npy": Npy.file(Self.a), "input_1.npy": Npy.file(Self.b)], "--format", "npy")
    let y = try first.bytes("out/output_0.npy")
    #expect(y == Npy.file(zip(Self.a, Self.b).map { $0 - $1 }))
    let zeros = [Float](repeating: 0, count: 6)
    let (outcome, second) = try run(
      ["input_0.npy": y, "input_1.npy": Npy.file(zeros)], "--format", "npy")
    #expect(outcome.status == 0)
    #expect(try second.bytes("out/output_0.npy") == y)
  }

  @Test func tensorsAreTheDefault() throws {
    let (outcome, folder) = try run(["input_0.pb": Self.pb(Self.a), "input_1.pb": Self.pb(Self.b)])
    #expect(outcome.status == 0)
    #expect(folder.names("out") == ["output_0.pb", "output_1.pb"])
    let expected = Onnx.tensor("y", 1, [2, 3], raw: Self.difference).bytes
    #expect(try folder.bytes("out/output_0.pb") == expected)
  }

  static let hostile: [(String, [UInt8])] = [
    ("nothing", []), ("half a magic", [0x93, 0x4E, 0x55]),
    ("cut off", Array(Npy.file(a).dropLast())), ("too long", Npy.file(a) + [0]),
    ("float64", Npy.file(bytes: floats(a + a), type: "<f8")),
    ("another shape", Npy.file(a, "(3, 2)")), ("fewer", Npy.file(Array(a.prefix(3)), "(1, 3)")),
    ("objects", Npy.file(bytes: [], type: "|O")), ("texts", Npy.file(bytes: [], type: "<U3")),
    ("a negative extent", Npy.file(a, "(-2, -3)")),
    ("overflow", Npy.file(a, "(9223372036854775807, 9223372036854775807)")),
    ("overflow by zero", Npy.file([], "(0, 4611686018427387904, 4611686018427387904)")),
    ("no tuple", Npy.file(a, "[2, 3]")),
    ("version 9", Npy.file(bytes: [], type: "<f4", version: 9)),
    ("a deep header", Npy.file(a, String(repeating: "(", count: 30_000))),
  ]

  @Test(arguments: hostile) func whatDoesNotFitIsRefused(_ name: String, _ bytes: [UInt8]) throws {
    let (outcome, folder) = try run(["input_0.npy": bytes, "input_1.npy": Npy.file(Self.b)])
    #expect(outcome.status == 2 && outcome.errors.contains("input_0"), "\(outcome.errors)")
    #expect(!folder.exists("out"))
  }

  @Test func allThatIsMissingIsTold() throws {
    let (outcome, folder) = try run([:])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("in/input_0.pb") && outcome.errors.contains("in/input_1.pb"))
    #expect(!folder.exists("out"))
  }

  @Test func damagedTensorsAreReadOrRefused() throws {
    let good = [Npy.file(Self.a), Self.pb(Self.a)]
    let folder = try TemporaryFolder()
    try folder.write(Models.twoInputs)
    try folder.write(Npy.file(Self.b), "in/input_1.npy")
    var state: UInt64 = 88_172_645_463_325_252
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    for round in 0..<60 {
      var bytes = good[round % 2]
      for _ in 0...random(3) {
        let at = random(min(bytes.count, 110))
        switch random(3) {
        case 0: bytes[at] ^= 1 << UInt8(random(8))
        case 1: bytes[at] = UInt8(random(256))
        default: bytes.remove(at: at)
        }
      }
      try folder.write(bytes, round % 2 == 0 ? "in/input_0.npy" : "in/input_0.pb")
      // The C compiler is none, so that only reading takes time.
      let outcome = try Program.coppice(
        ["run", "model.onnx", "--inputs", "in", "--outputs", "out"], in: folder.path,
        environment: ["CC": "false"], limit: 20)
      #expect([2, 3].contains(outcome.status))
      _ = try Program.run(["rm", "-f", "in/input_0.npy", "in/input_0.pb"], in: folder.path)
    }
  }

  @Test(arguments: ["inline", "split", "blob"]) func weightsMayBeAnywhere(_ weights: String) throws
  {
    let words = ["check", Models.digitsModel, "--data", Models.digits, "--weights", weights]
    let outcome = try Program.coppice(words)
    #expect(outcome.status == 0)
    #expect(outcome.text.split(separator: "\n").filter { $0.hasSuffix(" ok") }.count == 3)
  }

  @Test func weightsAreWhereTheUserSays() throws {
    // A C compiler that only tells what it is given.
    let folder = try TemporaryFolder()
    try folder.write(
      "#!/bin/sh\nls \"$(dirname \"$(echo \"$@\" | tr ' ' '\\n' | grep host_main)\")\" >&2\nexit 1\n",
      "cc")
    for (weights, file) in [("split", "_weights.c"), ("blob", "_weights.bin")] {
      let outcome = try Program.coppice(
        ["check", Models.digitsModel, "--data", Models.digits, "--weights", weights],
        environment: ["CC": "sh \(folder.path)/cc"])
      #expect(outcome.status == 3 && outcome.errors.contains(file), "\(outcome.errors)")
    }
  }
}
