import CoppiceC
import CoppiceIR
import CoppiceLowering
import Glibc

/// Times generated C on this machine.
struct HostBench {
  private let models: [CompiledModel]
  private let wanted: BenchOptions
  private let target: String
  private let watcher: Watcher

  init(_ models: [CompiledModel], _ wanted: BenchOptions, target: String, _ watcher: Watcher) {
    (self.models, self.wanted, self.target, self.watcher) = (models, wanted, target, watcher)
  }

  /// Builds one program with all contenders in it, and lets it run.
  ///
  /// - Throws: `HostFault`.
  func run(_ path: String, _ inputs: [Bytes]) throws -> Benchmark {
    let folder = try ScratchFolder.made(or: HostFault.compiler)
    for model in models { try model.writeSources(to: folder.path) }
    let main = benchMain(models.map(BenchModel.init), hasRuntime: wanted.includesRuntime)
    try write([Bytes(Array(main.utf8))], to: "\(folder.path)/main.c")
    try write([Bytes(Array(benchHook(models.map(\.name)).utf8))], to: "\(folder.path)/hook.h")
    try write(inputs, to: "\(folder.path)/inputs.bin")
    watcher.stage("compiling C")
    try build(folder.path)
    watcher.stage("measuring")
    let log = "\(folder.path)/times.txt"
    let status = runProcess(try command(folder.path, path), errors: log)
    let text = try read(log).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    if status == 70 {
      throw HostFault.program(
        "onnxruntime could not be run by '\(python)'; set PYTHON to one that has it\n"
          + text.suffix(2000))
    }
    guard status == 0 else { throw HostFault.program("status \(status)\n\(text.suffix(2000))") }
    return result(text)
  }

  private var python: String { getenv("PYTHON").map { String(cString: $0) } ?? "python3" }

  private func build(_ folder: String) throws {
    #if arch(x86_64)
      let flags = ["-O3", "-march=native"]
    #elseif arch(arm64)
      let flags = ["-O3", "-mcpu=native"]
    #else
      let flags = ["-O3"]
    #endif
    let sources = models.map { "\(folder)/\($0.name).c" } + ["\(folder)/main.c"]
    let objects = sources.map { $0.dropLast(2) + ".o" }.map { String($0) }
    let log = "\(folder)/cc.log"
    for (source, object) in zip(sources, objects) {
      let hook = source.hasSuffix("main.c") ? [] : ["-include", "\(folder)/hook.h"]
      let command =
        HostCompiler.command + ["-std=gnu99", "-w"] + flags + hook + ["-c", source, "-o", object]
      try HostCompiler.run(command, log: log)
    }
    try HostCompiler.run(
      HostCompiler.command + ["-o", "\(folder)/bench"] + objects + ["-lm"], log: log)
  }

  private func command(_ folder: String, _ path: String) throws -> [String] {
    let blobs = models.map { "\(folder)/\($0.name)_weights.bin" }
    var command = ["\(folder)/bench", "\(wanted.rounds)", "\(folder)/inputs.bin"] + blobs
    guard wanted.includesRuntime else { return command }
    let script = "\(folder)/runtime.py"
    try write([Bytes(Array(runtimeScript.utf8))], to: script)
    let program = models[0].lowered.program
    let types = program.inputs.map { input in
      "\(input.type.element)," + input.type.shape.map(String.init).joined(separator: "x")
    }
    command += [python, script, path, "\(folder)/inputs.bin"] + types
    return command
  }

  private func result(_ text: String) -> Benchmark {
    var contenders = models.map(\.contender)
    if wanted.includesRuntime { contenders.append(Benchmark.Contender(name: "onnxruntime")) }
    var benchmark = Benchmark(unit: .nanoseconds, target: target, contenders: contenders)
    var steps = models.map { $0.lowered.program.steps.map { _ in [Double]() } }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 3, let index = Int(words[1]), contenders.indices.contains(index) else {
        continue
      }
      if words[0] == "total", let cost = Double(words[2]) {
        benchmark.contenders[index].costs.append(cost)
      } else if words[0] == "step", words.count == 4, let step = Int(words[2]),
        steps[index].indices.contains(step), let cost = Double(words[3])
      {
        steps[index][step].append(cost)
      }
    }
    benchmark.setLayers(models.map(\.stepNames), steps.map { $0.map(median) })
    benchmark.diagnostics = models.flatMap(\.diagnostics)
    return benchmark
  }
}

extension CompiledModel {
  /// Writes what is compiled and read.
  func writeSources(to folder: String) throws {
    for file in generated.files where !file.name.hasSuffix(".json") {
      try Coppice.write(file.pieces, to: "\(folder)/\(file.name)")
    }
  }
}
