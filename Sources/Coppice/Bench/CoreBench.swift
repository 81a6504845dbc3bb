import CoppiceC
import CoppiceIR
import CoppiceLowering

/// Counts the instructions of generated C on a core that QEMU emulates.
struct CoreBench {
  private let core: EmulatedCore
  private let models: [CompiledModel]
  private let wanted: BenchOptions
  private let watcher: Watcher

  init(
    _ core: EmulatedCore, _ models: [CompiledModel], _ wanted: BenchOptions, _ watcher: Watcher
  ) {
    (self.core, self.models, self.wanted, self.watcher) = (core, models, wanted, watcher)
  }

  /// Builds two images for each contender: one whose run is counted as a whole, one step by step.
  ///
  /// - Throws: `HostFault` where `arm-none-eabi-gcc` or `qemu-system-arm` is missing or fails.
  func run(_ inputs: [Bytes]) throws -> Benchmark {
    let folder = try ScratchFolder.made(or: HostFault.compiler)
    let path = folder.path
    try write([Bytes(Array(countingPlugin.utf8))], to: "\(path)/count.c")
    try write([Bytes(Array(linkerScript.utf8))], to: "\(path)/core.ld")
    try write(inputs, to: "\(path)/inputs.bin")
    let log = "\(path)/cc.log"
    try HostCompiler.run(
      HostCompiler.command
        + ["-O2", "-shared", "-fPIC", "-o", "\(path)/count.so", "\(path)/count.c"], log: log)
    var benchmark = Benchmark(
      unit: .instructions, target: core.target, contenders: models.map(\.contender))
    var steps: [[Double]] = []
    for (index, model) in models.enumerated() {
      watcher.stage("counting \(model.optimized.pipeline)")
      try model.writeSources(to: path)
      let main = coreMain(BenchModel(model), model.lowered.program, inputs: "\(path)/inputs.bin")
      try write([Bytes(Array(main.utf8))], to: "\(path)/\(model.name)_main.c")
      let whole = try counts(model, path, hook: nil)
      guard whole.count == 3 else {
        throw HostFault.program("QEMU counted \(whole.count) of 3 marks")
      }
      benchmark.contenders[index].costs = [whole[2] - whole[1] - (whole[1] - whole[0])]
      steps.append(try stepCounts(model, path))
    }
    benchmark.setLayers(models.map(\.stepNames), steps)
    benchmark.diagnostics = models.flatMap(\.diagnostics)
    return benchmark
  }

  /// Between two marks lie a step and the call and the return of a mark.
  private func stepCounts(_ model: CompiledModel, _ path: String) throws -> [Double] {
    let hook = "\(path)/\(model.name)_hook.h"
    let text =
      "extern void bench_mark(void);\n#define \(model.name.uppercased())_PROFILE(step) bench_mark()\n"
    try write([Bytes(Array(text.utf8))], to: hook)
    let steps = model.lowered.program.steps.count
    let marks = Array(try counts(model, path, hook: hook).dropFirst(2).prefix(steps + 1))
    guard marks.count == steps + 1 else {
      throw HostFault.program("QEMU counted \(marks.count) of \(steps + 1) marks")
    }
    return zip(marks, marks.dropFirst()).map { $1 - $0 - 2 }
  }

  /// The instructions executed at each mark.
  private func counts(_ model: CompiledModel, _ path: String, hook: String?) throws -> [Double] {
    let image = "\(path)/\(model.name).elf"
    let log = "\(path)/cc.log"
    let compiler = ["arm-none-eabi-gcc"] + core.flags + ["-mthumb", "-std=gnu99", "-w"]
    let sections = ["-ffunction-sections", "-fdata-sections"]
    let include = hook.map { ["-include", $0] } ?? []
    let object = "\(path)/\(model.name).o"
    try HostCompiler.run(
      compiler + ["-O3"] + sections + include + ["-c", "\(path)/\(model.name).c", "-o", object],
      log: log)
    try HostCompiler.run(
      compiler + [
        "-O2", "-nostartfiles", "-Wl,--gc-sections", "-T", "\(path)/core.ld", "-I", path,
        "\(path)/\(model.name)_main.c", object, "-lm", "-o", image,
      ], log: log)
    let output = "\(path)/\(model.name).counts"
    try? write([], to: output)
    let status = runProcess(
      [
        "qemu-system-arm", "-M", core.board, "-display", "none", "-monitor", "none", "-serial",
        "none", "-semihosting-config", "enable=on,target=native", "-d", "plugin", "-plugin",
        "\(path)/count.so,mark=\(try address(of: "bench_mark", image, path))", "-kernel", image,
      ], errors: output)
    let text = try read(output).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    if status < 0 { throw HostFault.program("'qemu-system-arm' could not be started") }
    guard status == 0 else { throw HostFault.program("status \(status)\n\(text.suffix(2000))") }
    return text.split(separator: "\n").compactMap { line in
      line.hasPrefix("mark ") ? Double(line.dropFirst(5)) : nil
    }
  }

  private func address(of symbol: String, _ image: String, _ path: String) throws -> String {
    let list = "\(path)/symbols.txt"
    try? write([], to: list)
    try HostCompiler.run(["arm-none-eabi-nm", image], log: list)
    let text = try read(list).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, words[2] == symbol { return "0x" + words[0] }
    }
    throw HostFault.program("the image has no \(symbol)")
  }
}
