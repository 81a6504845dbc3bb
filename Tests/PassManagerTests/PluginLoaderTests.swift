import CoppiceIR
import CoppicePassManager
import Foundation
import Testing

/// Files that are no plugins of this build; `examples/plugin` has one that is.
@Suite struct PluginLoaderTests {
  private func load(_ bytes: Data) throws -> DiagnosticMessage? {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).so")
    try bytes.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var registry = PassRegistry()
    return #expect(throws: DiagnosticMessage.self) {
      try PluginLoader.load(file.path(), into: &registry)
    }
  }

  @Test func refusesAStalePluginBeforeItIsLinked() throws {
    let stale = "\u{7F}ELF cccoppice-plugin-abi/1 api=0123 compiler=other\0rest"
    let message = try load(Data(stale.utf8))
    #expect(message?.id == "plugin-stale")
    #expect(message?.notes.first == "the plugin has: coppice-plugin-abi/1 api=0123 compiler=other")
    #expect(message?.notes.last == "this build has: " + PluginLoader.fingerprint)
  }

  @Test(arguments: ["", "c", "no plugin at all", "coppice-plugin-abi/"])
  func refusesFilesWithoutFingerprint(_ text: String) throws {
    #expect(try load(Data(text.utf8))?.id == "plugin-file")
  }

  @Test func refusesWhatCannotBeLinked() throws {
    let message = try load(Data((PluginLoader.fingerprint + "\0").utf8))
    #expect(message?.id == "plugin-load")
  }

  @Test(arguments: ["/nowhere/plugin.so", "/"]) func refusesUnreadablePaths(_ path: String) {
    var registry = PassRegistry()
    let message = #expect(throws: DiagnosticMessage.self) {
      try PluginLoader.load(path, into: &registry)
    }
    #expect(message?.id == "plugin-file")
  }
}
