import CoppiceTestSupport
import Foundation
import Testing

/// Where words go: progress to a terminal only, and data that cannot be written is not lost quietly.
@Suite struct TerminalTests {
  /// Runs `compile` with stderr on a pseudo-terminal and prints what came there.
  private static let script = """
    import os, pty, subprocess, sys
    master, slave = pty.openpty()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        os.write(1, data)
    sys.exit(process.wait())
    """

  @Test func progressIsForTerminals() throws {
    let folder = try TemporaryFolder()
    let words = [Program.coppice, "compile", Models.digitsModel, "-o", "out"]
    let shown = try Program.run(["python3", "-c", Self.script] + words, in: folder.path)
    #expect(shown.status == 0)
    for stage in ["reading ", "fold-batch-norm ...", "lowering ...", "printing C ...", "writing "] {
      #expect(shown.text.contains("\r\u{1B}[K" + stage), "\(stage)")
    }
    let hidden = try Program.run(words, in: folder.path)
    #expect(hidden.status == 0 && hidden.errors.isEmpty)
    #expect(!hidden.text.contains("\u{1B}"))
  }

  static let verbs = [
    "ops", "passes --json", "inspect \"$1\"", "compile \"$1\" -o out --json", "--help",
    "--version", "--generate-completion-script bash",
  ]

  @Test(arguments: verbs) func dataThatCannotBeWrittenIsTold(_ words: String) throws {
    let folder = try TemporaryFolder()
    let line = "\"$COPPICE\" \(words)"
    let full = try Program.shell(line + " > /dev/full", [Models.digitsModel], in: folder.path)
    #expect(full.status == 2 && full.errors.contains("No space left on device"))
    let closed = try Program.shell(line + " >&-", [Models.digitsModel], in: folder.path)
    #expect(closed.status == 2 && closed.errors.contains("standard output"))
    let silent = try Program.shell(line + " <&- >&- 2>&-", [Models.digitsModel], in: folder.path)
    #expect(silent.status == 2)
  }

  @Test func closedStreamsDoNotReachFiles() throws {
    let folder = try TemporaryFolder()
    let ends = [("all", "> /dev/null"), ("some", "<&- 2>&- > /dev/null"), ("none", "<&- >&- 2>&-")]
    for (name, end) in ends {
      _ = try Program.shell(
        "\"$COPPICE\" compile \"$1\" -o \(name) --name net --json \(end)", [Models.digitsModel],
        in: folder.path)
    }
    #expect(folder.names("all").count == 4)
    for name in folder.names("all") {
      #expect(try folder.bytes("all/\(name)") == folder.bytes("some/\(name)"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
  }

  @Test func aReaderThatLeavesIsNoFault() throws {
    let line = "set -o pipefail; for i in 1 2 3 4 5; do \"$COPPICE\" ops --json | head -c 1; done"
    let outcome = try Program.shell(line)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let lone = try Program.shell("\"$COPPICE\" ops --json | true; echo ${PIPESTATUS[0]}")
    #expect(lone.text == "0\n")
  }
}

/// Completion scripts of the shells.
@Suite struct CompletionTests {
  @Test func bashCompletes() throws {
    let outcome = try Program.shell(
      """
      eval "$("$COPPICE" --generate-completion-script bash)"
      complete -p coppice
      try() {
        COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_POINT=${#COMP_LINE}
        COMPREPLY=(); _coppice coppice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
          echo "${COMPREPLY[@]}"
      }
      try coppice comp
      try coppice compile --tar
      try coppice compile --target cortex-m
      """)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 4, "\(outcome.text) \(outcome.errors)")
    #expect(
      lines.dropFirst().map(String.init) == [
        "compile", "--target",
        "cortex-m0 cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55 cortex-m85",
      ])
  }

  @Test(arguments: ["zsh", "fish"]) func othersNameEveryVerb(_ shell: String) throws {
    let script = try Program.coppice(["--generate-completion-script", shell]).text
    for verb in ["compile", "run", "check", "prune", "inspect", "passes", "ops"] {
      #expect(script.contains(verb))
    }
  }
}
