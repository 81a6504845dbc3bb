import CoppiceC
import CoppiceIR
import CoppiceLowering
import CoppicePassManager
import Glibc

/// How C is compiled for this machine.
enum HostBuild: Sendable {
  /// Soon compiled where the model is small, soon run where it is large.
  case quick
  /// The same arithmetic on every machine.
  case reproducible
  /// The same too, soon compiled.
  case hasty
}

/// A compiled model as a program of this machine.
final class HostProgram: Sendable {
  /// What the program computes.
  let program: Program
  private let folder: ScratchFolder
  private let name: String
  private let gates: HostGates
  private let build: HostBuild
  private let hasBlob: Bool

  /// Compiles the generated C with `$CC`, or `cc`.
  ///
  /// - Parameters:
  ///   - model: The generated C.
  ///   - program: What it was generated from.
  ///   - name: The prefix of its symbols.
  ///   - gates: Inputs that the program makes itself from gates; the last ones.
  ///   - build: How it is compiled.
  /// - Throws: `HostFault` when the compiler fails.
  init(
    _ model: GeneratedModel, _ program: Program, name: String, gates: HostGates = HostGates(),
    build: HostBuild = .quick
  ) throws {
    folder = try ScratchFolder.made(or: HostFault.compiler)
    self.program = program
    self.name = name
    self.gates = gates
    self.build = build
    hasBlob = model.files.contains { $0.name.hasSuffix("_weights.bin") }
    for file in model.files where !file.name.hasSuffix(".json") {
      try write(file.pieces, to: "\(folder.path)/\(file.name)")
    }
    let main = hostMain(program, name: name, gates: gates, build: build, hasBlob: hasBlob)
    try write([Bytes(Array(main.utf8))], to: "\(folder.path)/host_main.c")
    try compile(model)
  }

  private func compile(_ model: GeneratedModel) throws {
    var command = HostCompiler.command + ["-std=gnu99", "-w"] + flags(model)
    command += ["-o", "\(folder.path)/model", "\(folder.path)/host_main.c"]
    if model.files.contains(where: { $0.name.hasSuffix("_weights.c") }) {
      command.append("\(folder.path)/\(name)_weights.c")
    }
    command.append("-lm")
    try HostCompiler.run(command, log: "\(folder.path)/cc.log")
  }

  private func flags(_ model: GeneratedModel) -> [String] {
    switch build {
    case .reproducible: return ["-O2", "-ffp-contract=off"]
    case .hasty: return ["-O1", "-ffp-contract=off"]
    case .quick:
      guard model.macs.dense > 3_000_000 else { return ["-O1"] }
      #if arch(x86_64)
        return ["-O2", "-march=native"]
      #else
        return ["-O2"]
      #endif
    }
  }

  /// Runs the model once.
  ///
  /// - Parameter inputs: The elements of each input.
  /// - Returns: The elements of each output.
  /// - Throws: `HostFault` when the program fails.
  func run(_ inputs: [Bytes]) throws -> [Bytes] {
    var outputs: [Bytes] = []
    try run([inputs], [GateSetting(count: 0)]) { _, _, found in outputs = found }
    return outputs
  }

  /// Runs the model on every sample under every setting, by as many processes as there are cores.
  ///
  /// - Parameters:
  ///   - samples: The elements of each input that is no gate; of each sample.
  ///   - settings: Which gates are off.
  ///   - take: Gets the numbers of the setting and the sample, and the elements of each output;
  ///     setting by setting, samples in order.
  /// - Throws: `HostFault` when the program fails, and what `take` throws.
  func run(
    _ samples: [[Bytes]], _ settings: [GateSetting], _ take: (Int, Int, [Bytes]) throws -> Void
  ) throws {
    if samples.isEmpty || settings.isEmpty { return }
    let scratch = try ScratchFolder.made(or: HostFault.program)
    try write(samples.flatMap { $0 }, to: "\(scratch.path)/samples.bin")
    let switches = settings.flatMap { $0.isOn.map { UInt8($0 ? 1 : 0) } }
    try write([Bytes(switches)], to: "\(scratch.path)/settings.bin")
    let parts = shares(of: samples.count)
    let workers = try parts.enumerated().map { number, part in
      try HostWorker(
        arguments(scratch, settings.count, part), log: "\(scratch.path)/\(number).log",
        sizes: program.outputs.map { $0.type.byteCount })
    }
    for setting in settings.indices {
      for (worker, part) in zip(workers, parts) {
        try worker.answers(part) { try take(setting, $0, $1) }
      }
    }
    for worker in workers { try worker.finish() }
  }

  /// Each process takes neighbouring samples.
  private func shares(of count: Int) -> [Range<Int>] {
    let workers = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 64, count)
    return (0..<workers).map { (count * $0 / workers)..<(count * ($0 + 1) / workers) }
  }

  private func arguments(
    _ scratch: ScratchFolder, _ settings: Int, _ samples: Range<Int>
  ) -> [String] {
    let files = ["\(folder.path)/model", "\(scratch.path)/samples.bin"]
    let numbers = [settings, samples.lowerBound, samples.count].map(String.init)
    let blob = hasBlob ? ["\(folder.path)/\(name)_weights.bin"] : []
    return files + ["\(scratch.path)/settings.bin"] + numbers + blob
  }
}
