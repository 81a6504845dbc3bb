package import Foundation

/// How a program ended, and what it wrote.
package struct Outcome: Sendable {
  /// The exit status; minus the signal that ended it, -1000 when it had to be stopped.
  package let status: Int32
  package let output: Data
  package let errors: String

  package var text: String { String(decoding: output, as: UTF8.self) }

  /// Standard output as JSON; `nil` when it is none.
  package var json: Any? {
    try? JSONSerialization.jsonObject(with: output, options: .fragmentsAllowed)
  }

  package var object: [String: Any] { json as? [String: Any] ?? [:] }

  /// The ids of the diagnostics in the JSON.
  package var ids: [String] {
    (object["diagnostics"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
  }
}

/// Programs that tests start.
package enum Program {
  /// The `coppice` that was built beside the tests.
  package static let coppice = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("coppice").path

  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The Python that the reference programs are installed for.
  package static let python = root + "/.venv/bin/python"

  package static let hasPython = FileManager.default.isExecutableFile(atPath: python)

  /// Runs a program, at most for a time.
  package static func run(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
    limit: TimeInterval = 60
  ) throws -> Outcome {
    let scratch = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--"] + arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = try handle(scratch, "output")
    let errors = try handle(scratch, "errors")
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let deadline = Date().addingTimeInterval(limit)
    while process.isRunning, Date() < deadline { usleep(2000) }
    let isLate = process.isRunning
    if isLate { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    let signalled = process.terminationReason == .uncaughtSignal
    let status = signalled ? -process.terminationStatus : process.terminationStatus
    return Outcome(
      status: isLate ? -1000 : status, output: Data(try scratch.bytes("output")),
      errors: try scratch.text("errors"))
  }

  private static func handle(_ folder: TemporaryFolder, _ name: String) throws -> FileHandle {
    FileHandle(forWritingAtPath: try folder.write([], name)) ?? .nullDevice
  }

  /// Runs `coppice`.
  package static func coppice(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
    limit: TimeInterval = 60
  ) throws -> Outcome {
    try run([coppice] + arguments, in: folder, environment: environment, limit: limit)
  }

  /// Compiles a model's bytes to `out/model.c` and so on in a folder.
  package static func compile(_ model: [UInt8], in folder: TemporaryFolder) throws -> Int32 {
    let path = try folder.write(model)
    return try coppice(["compile", path, "-o", "out", "--name", "model"], in: folder.path).status
  }

  /// Runs a line of shell with `coppice` as `$COPPICE`; further words are `$1` and so on.
  package static func shell(
    _ line: String, _ arguments: [String] = [], in folder: String? = nil
  ) throws -> Outcome {
    try run(
      ["bash", "-c", line, "bash"] + arguments, in: folder, environment: ["COPPICE": coppice])
  }
}
