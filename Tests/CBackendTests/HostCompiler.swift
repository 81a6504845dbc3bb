import CoppiceC
import CoppiceIR
import CoppiceLowering
import Foundation
import Testing

/// Compilers that are on this machine.
let compilers: [String] = ["gcc", "clang"].filter { name in
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  return path.split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
  }
}

/// The flags under which generated C must compile without a word.
let strict = [
  "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
  "-Wmissing-prototypes", "-Werror",
]

/// A folder for one test, with the generated files in it.
final class Workshop {
  let folder: URL

  init(_ models: [GeneratedModel]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "coppice-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in models.flatMap(\.files) {
      var data = Data()
      for piece in file.pieces { piece.withUnsafeBytes { data.append(contentsOf: $0) } }
      try data.write(to: folder.appending(path: file.name))
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ text: String, _ name: String) throws {
    try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }

  /// Runs a program in the folder.
  func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  func expectCompiles(_ compiler: String, _ flags: [String], _ files: [String]) throws {
    for file in files {
      let (status, output) = try run([compiler] + flags + ["-c", file, "-o", file + ".o"])
      #expect(status == 0, "\(compiler) \(flags.joined(separator: " ")) \(file)\n\(output)")
      #expect(output.isEmpty, "\(compiler) \(file) said\n\(output)")
    }
  }
}
