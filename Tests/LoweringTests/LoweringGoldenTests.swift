import CoppiceIR
import CoppiceLowering
import CoppiceTestSupport
import Foundation
import Testing

/// Graphs and the loops that they become on the target of the file's `RUN` line, by the form that it
/// names behind the target, whatever that costs, if it names one.
///
/// `COPPICE_BLESS=1 swift test` writes the checks anew; then read what changed.
@Suite struct LoweringGoldenTests {
  static let all = GoldenFile.all(
    in: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens"))

  @Test(arguments: all) func golden(_ file: GoldenFile) throws {
    let line = try #require(file.pipeline, "no RUN line", sourceLocation: file.location(1))
    let words = line.split(separator: " ").map(String.init)
    let known = try #require(
      words.first.flatMap { Target(named: $0) }, sourceLocation: file.location(1))
    let target = words.count == 1 ? known : known.favouring(Set(words.dropFirst()))
    var blessed: [String] = []
    for section in file.sections {
      let graph = try Graph(parsing: section.text, file: file.path)
      let program = try lower(graph, for: target).program
      blessed.append(bless(section, program.text(elidedAbove: 0)))
      if isBlessing { continue }
      do {
        try FileCheck(section).check(program.text(elidedAbove: 0))
      } catch let failure as FileCheck.Failure {
        Issue.record("\(failure.message)", sourceLocation: file.location(failure.line))
      }
      let exact = program.text()
      #expect(
        try CoppiceIR.Program(parsing: exact).text() == exact, "\(file.path) does not read back")
      try expectSameAnswers(program, try CoppiceIR.Program(parsing: exact), graph)
    }
    if isBlessing {
      try blessed.joined(separator: "\n// -----\n").write(
        to: file.url, atomically: true, encoding: .utf8)
    }
  }

  private var isBlessing: Bool {
    ProcessInfo.processInfo.environment["COPPICE_BLESS"] == "1"
  }

  /// The section with a check for each line of the kernels.
  private func bless(_ section: GoldenFile.Section, _ output: String) -> String {
    let kept = section.text.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("// CHECK") }
    let start = kept.firstIndex { $0.hasPrefix("graph ") } ?? kept.endIndex
    let lines = output.split(separator: "\n").drop { !$0.hasPrefix("  kernel") }.dropLast()
    let checks = lines.enumerated().map {
      "// CHECK\($0.offset == 0 ? "" : "-NEXT"): \($0.element)"
    }
    return (kept[..<start].map(String.init) + checks + kept[start...].map(String.init))
      .joined(separator: "\n")
  }

  /// What was read back computes the same.
  private func expectSameAnswers(
    _ program: CoppiceIR.Program, _ copy: CoppiceIR.Program, _ graph: Graph
  ) throws {
    let inputs = graph.inputs.map { input in
      let type = graph[input].type
      let numbers = (0..<type.count).map { $0 &* 7919 % 13 }
      switch type.element {
      case .float32: return Bytes(numbers.map { Float($0) - 6 })
      case .float64: return Bytes(numbers.map { Double($0) - 6 })
      case .int64: return Bytes(numbers.map { Int64($0) - 1 })
      default: return Bytes(numbers.map { UInt8($0) })
      }
    }
    var whole = copy
    (whole.inputs, whole.outputs) = (program.inputs, program.outputs)
    #expect(
      try Interpreter.run(whole, inputs: inputs) == Interpreter.run(program, inputs: inputs))
  }
}
