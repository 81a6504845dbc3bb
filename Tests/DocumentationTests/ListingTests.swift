import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

private let program = URL(filePath: CommandLine.arguments[0])
  .deletingLastPathComponent().appending(path: "coppice")

/// The pages of operators and passes are what the program prints.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: program.path)))
struct ListingTests {
  @Test(arguments: [("ops", "Operators.md"), ("passes", "Passes.md")])
  func thePageIsWhatTheProgramPrints(_ verb: String, _ page: String) throws {
    let path = project.appending(path: "Sources/Coppice/Coppice.docc/\(page)")
    let written = try String(contentsOf: path, encoding: .utf8)
    let printed = try output([verb, "--markdown"])
    #expect(
      written == printed,
      "write it anew: .build/release/coppice \(verb) --markdown > Sources/Coppice/Coppice.docc/\(page)"
    )
    #expect(printed.split(separator: "\n").count > 40)
  }

  private func output(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }
}
