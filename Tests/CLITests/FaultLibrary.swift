import CoppiceTestSupport

/// `faults.c` as a library that is loaded before `coppice`'s own.
enum FaultLibrary {
  static let path: String? = {
    guard let folder = try? TemporaryFolder() else { return nil }
    kept = folder
    let library = folder.path + "/faults.so"
    let source = Program.root + "/Tests/CLITests/faults.c"
    let words = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    return (try? Program.run(words))?.status == 0 ? library : nil
  }()

  nonisolated(unsafe) private static var kept: TemporaryFolder?
}
