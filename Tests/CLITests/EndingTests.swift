import CoppiceTestSupport
import Testing

/// A signal ends the program as signals do, and nothing is left: no folder, no file, no program.
@Suite struct EndingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["INT 130", "TERM 143", "HUP 129"], ["compiler", "model"])
  func aSignalCleansUp(_ signal: String, _ stage: String) throws {
    let parts = signal.split(separator: " ").map(String.init)
    let script = "#!/bin/sh\nsleep 300 &\necho $! > \(folder.path)/child\nwait\n"
    try folder.write(script, "slow")
    try folder.write(
      stage == "compiler"
        ? script
        : "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\ncp \(folder.path)/slow \"$2\"\nchmod +x \"$2\"\n",
      "cc")
    try folder.write([], "scratch/kept")
    let outcome = try Program.shell(
      """
      set -m
      TMPDIR="$PWD/scratch" CC="sh $PWD/cc" "$COPPICE" check "$1" --data "$2" 2> words &
      while [ ! -s child ]; do sleep 0.02; done
      kill -\(parts[0]) $!
      wait $!
      echo "status $?"
      ls scratch
      for turn in $(seq 100); do
        grep -q 'State:.*[RSDT] ' /proc/$(cat child)/status 2> /dev/null || break
        sleep 0.02
      done
      grep 'State:.*[RSDT] ' /proc/$(cat child)/status 2> /dev/null
      cat words
      """, [Models.digitsModel, Models.digits], in: folder.path)
    #expect(outcome.text == "status \(parts[1])\nkept\n")
  }

  @Test func aSignalWhileTheAnswerWaitsPutsEverythingBack() throws {
    try folder.write(Models.weighted)
    try folder.write("old", "out/net.c")
    let outcome = try Program.shell(
      """
      set -m
      mkfifo pipe
      exec 3<> pipe
      head -c 65536 /dev/zero >&3
      "$COPPICE" compile model.onnx -o out --name net > pipe 2> words &
      for turn in $(seq 500); do [ -e out/net.h ] && break; sleep 0.02; done
      sleep 0.1
      kill -TERM $!
      wait $!
      echo "status $?"
      ls -A out
      cat out/net.c
      """, in: folder.path)
    #expect(outcome.text == "status 143\nnet.c\nold")
  }

  @Test func anIgnoredSignalStaysIgnored() throws {
    try folder.write("kill -HUP $PPID\nexit 1\n", "cc")
    let outcome = try Program.shell(
      "trap '' HUP; CC=\"sh $PWD/cc\" \"$COPPICE\" check \"$1\" --data \"$2\"",
      [Models.digitsModel, Models.digits], in: folder.path)
    #expect(outcome.status == 3)
  }

  @Test(arguments: [
    "compile model.onnx -o out --name net", "compile model.onnx -o new --json",
    "prune model.onnx -o out/net.c --masks masks.st", "prune model.onnx -o new/a.onnx --json",
    "run model.onnx --inputs data --outputs out --json",
  ])
  func anAnswerThatCannotBeWrittenLeavesNothing(_ words: String) throws {
    try folder.write(Models.weighted)
    try folder.write("old", "out/net.c")
    try folder.write(
      Onnx.tensor("t", 1, [1, 4], raw: floats([1, 2, 3, 4])).bytes, "data/input_0.pb")
    let before = folder.names()
    let outcome = try Program.shell("\"$COPPICE\" \(words) > /dev/full", in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("standard output"))
    #expect(folder.names() == before && folder.names("out") == ["net.c"])
    #expect(try folder.text("out/net.c") == "old")
  }
}
