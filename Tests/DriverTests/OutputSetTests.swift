import Coppice
import CoppiceIR
import CoppiceTestSupport
import Testing

/// Files of a set get to their places together, or everything is as it was.
@Suite struct OutputSetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func add(_ name: String, to set: OutputSet) throws {
    try set.add(folder.path + "/" + name) { path in
      try #require(path != folder.path + "/" + name)
      _ = try Program.run(["sh", "-c", "printf new > \"$0\"", path])
    }
  }

  @Test func filesAppearWithTheCommit() throws {
    let set = OutputSet()
    try add("a/b/one", to: set)
    try add("a/two", to: set)
    #expect(!folder.exists("a/b/one") && !folder.exists("a/two"))
    try set.commit()
    #expect(try folder.text("a/b/one") == "new" && folder.text("a/two") == "new")
  }

  @Test func aFileThatCannotBeMovedPutsTheOthersBack() throws {
    try folder.write("old", "one")
    do {
      let set = OutputSet()
      for name in ["one", "two", "three", "four"] { try add(name, to: set) }
      // It comes between the check and the move.
      try folder.write("in the way", "three/file")
      #expect(throws: Diagnostics.self) { try set.commit() }
    }
    #expect(folder.names() == ["one", "three"] && folder.names("three") == ["file"])
    #expect(try folder.text("one") == "old")
  }

  @Test func aFileBesideAnotherDoesNotReplaceAThird() throws {
    try folder.write("old", "one.data")
    do {
      let set = OutputSet()
      try set.add(folder.path + "/one") { path in
        _ = try Program.run(["sh", "-c", "printf new | tee \"$0\" > \"$0.data\"", path])
      }
      try add("one.data", to: set)
      #expect(throws: Diagnostics.self) { try set.commit() }
    }
    #expect(folder.names() == ["one.data"])
    #expect(try folder.text("one.data") == "old")
  }

  @Test func anAnswerThatFailsPutsEverythingBack() throws {
    try folder.write("old", "one")
    let set = OutputSet()
    for name in ["one", "new/two"] { try add(name, to: set) }
    #expect(throws: Diagnostics.self) {
      try set.commit { () throws(Diagnostics) in
        #expect((try? folder.text("new/two")) == "new")
        throw Diagnostics([Diagnostic(.error, DiagnosticMessage("stdout", "no room"))])
      }
    }
    #expect(folder.names() == ["one"])
    #expect(try folder.text("one") == "old")
  }

  @Test func aSetThatIsDroppedLeavesNothing() throws {
    do {
      let set = OutputSet()
      try add("a/b/one", to: set)
      #expect(folder.exists("a/b"))
    }
    #expect(folder.names().isEmpty)
  }

  @Test func whatIsReplacedLeavesNoCopy() throws {
    try folder.write("old", "one")
    do {
      let set = OutputSet()
      try add("one", to: set)
      try set.commit()
    }
    #expect(folder.names() == ["one"])
    #expect(try folder.text("one") == "new")
  }

  @Test func errorsSpeakOfThePathOfTheUser() throws {
    let path = folder.path + "/one"
    let set = OutputSet()
    do {
      try set.add(path) { scratch in throw DiagnosticMessage("file-write", "no '\(scratch)'") }
      Issue.record("it was added")
    } catch {
      #expect(error.all.map(\.message.text) == ["no '\(path)'"])
    }
    #expect(throws: Diagnostics.self) { try set.add(path) { _ in } }
  }
}
