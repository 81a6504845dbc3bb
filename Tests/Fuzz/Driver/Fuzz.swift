import CoppiceFuzzTargets
import Glibc

/// The fuzzers: libFuzzer's options and folders, and the target in `COPPICE_FUZZ_TARGET`, because
/// libFuzzer starts the program again with its own options only.
@main
enum Fuzz {
  static let target = FuzzTarget(rawValue: variable("COPPICE_FUZZ_TARGET")) ?? .importer

  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    withUnsafeMutablePointer(to: &arguments) { pointer in
      _ = LLVMFuzzerRunDriver(&count, pointer) { start, count in
        Fuzz.target.run(UnsafeRawBufferPointer(start: start, count: count))
        return 0
      }
    }
  }

  private static func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}

typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func LLVMFuzzerRunDriver(
  _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<Words>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

@_silgen_name("LLVMFuzzerMutate")
func LLVMFuzzerMutate(_ data: UnsafeMutablePointer<UInt8>?, _ size: Int, _ capacity: Int) -> Int

/// Called by libFuzzer: damages models by their structure, mostly, and texts by their bytes.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(
  _ data: UnsafeMutablePointer<UInt8>?, _ size: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
  guard let data, Fuzz.target != .text, seed % 4 != 0 else {
    return LLVMFuzzerMutate(data, size, capacity)
  }
  var mutator = ModelMutator(seed: UInt64(seed))
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  guard let changed = mutator.mutated(bytes), changed.count <= capacity, !changed.isEmpty else {
    return LLVMFuzzerMutate(data, size, capacity)
  }
  data.update(from: changed, count: changed.count)
  return changed.count
}
