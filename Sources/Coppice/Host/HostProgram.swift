import CoppiceC
public import CoppiceIR
import CoppiceLowering
import Glibc

/// Why a model could not be run on this machine.
public enum HostFault: Error, CustomStringConvertible, Sendable {
  /// The C compiler failed; its words.
  case compiler(String)
  /// The program failed; why.
  case program(String)

  /// What went wrong.
  public var diagnostic: Diagnostic {
    switch self {
    case .compiler(let text):
      Diagnostic(.error, DiagnosticMessage("cc-failed", "the C compiler failed: \(text)"))
    case .program(let text):
      Diagnostic(.error, DiagnosticMessage("program-failed", "the compiled model failed: \(text)"))
    }
  }

  /// What went wrong, as text.
  public var description: String { diagnostic.description }
}

/// A compiled model as a program of this machine.
final class HostProgram {
  private let folder: ScratchFolder
  private let model: CompiledModel
  private let isBlob: Bool

  /// Compiles the generated C with `$CC`, or `cc`.
  init(_ model: CompiledModel) throws {
    guard let folder = ScratchFolder() else {
      throw HostFault.compiler("no folder for temporary files; set TMPDIR")
    }
    self.folder = folder
    self.model = model
    isBlob = model.generated.files.contains { $0.name.hasSuffix("_weights.bin") }
    for file in model.generated.files where !file.name.hasSuffix(".json") {
      try write(file.pieces, to: "\(folder.path)/\(file.name)")
    }
    let main = Bytes(Array(mainSource.utf8))
    try write([main], to: "\(folder.path)/host_main.c")
    try build()
  }

  private func build() throws {
    let compiler = getenv("CC").map { String(cString: $0) } ?? "cc"
    var command = compiler.split(separator: " ").map(String.init)
    if command.isEmpty { command = ["cc"] }
    command += ["-std=gnu99", "-w", isLarge ? "-O2" : "-O1"]
    #if arch(x86_64)
      if isLarge { command.append("-march=native") }
    #endif
    let log = "\(folder.path)/cc.log"
    command += ["-o", "\(folder.path)/model", "\(folder.path)/host_main.c"]
    if model.generated.files.contains(where: { $0.name.hasSuffix("_weights.c") }) {
      command.append("\(folder.path)/\(model.name)_weights.c")
    }
    command.append("-lm")
    let status = runProcess(command, errors: log)
    guard status == 0 else { throw HostFault.compiler(words(log, command[0], status)) }
  }

  private var isLarge: Bool { model.generated.macs.dense > 3_000_000 }

  private func words(_ log: String, _ program: String, _ status: Int) -> String {
    if status < 0 { return "'\(program)' could not be started; set CC" }
    let text = (try? read(log))?.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.isEmpty ? "status \(status)" : "status \(status)\n" + text.prefix(4000)
  }

  /// Runs the model once.
  ///
  /// - Parameter inputs: The elements of each input.
  /// - Returns: The elements of each output.
  /// - Throws: `HostFault` when the program fails.
  func run(_ inputs: [Bytes]) throws -> [Bytes] {
    let (source, sink) = ("\(folder.path)/in.bin", "\(folder.path)/out.bin")
    try write(inputs, to: source)
    var command = ["\(folder.path)/model", source, sink]
    if isBlob { command.append("\(folder.path)/\(model.name)_weights.bin") }
    let status = runProcess(command, errors: "\(folder.path)/run.log")
    guard status == 0 else { throw HostFault.program(reason(status)) }
    guard let bytes = try? read(sink) else { throw HostFault.program("it wrote no outputs") }
    var outputs: [Bytes] = []
    var start = 0
    for output in model.lowered.program.outputs {
      let end = start + output.type.byteCount
      guard end <= bytes.count else { throw HostFault.program("it wrote too little") }
      outputs.append(bytes.slice(start..<end))
      start = end
    }
    return outputs
  }

  private func reason(_ status: Int) -> String {
    if status < 0 { return "it could not be started" }
    if status == 108 {
      return "an input does not hold what the model was compiled for; see the warnings"
    }
    let end = status >= 128 ? "signal \(status - 128)" : "status \(status)"
    let words = (try? read("\(folder.path)/run.log"))?.withUnsafeBytes {
      String(decoding: $0.prefix(4000), as: UTF8.self)
    }
    return words.map { $0.isEmpty ? end : "\(end)\n\($0)" } ?? end
  }

  private var mainSource: String {
    let name = model.name
    let macro = name.uppercased()
    let program = model.lowered.program
    var text = """
      #include "\(name).c"
      #include <stdio.h>
      #include <stdlib.h>
      static void *room(size_t n)
      {
          char *p = (char *)malloc(n + 128);
          if (p == NULL) exit(1);
          return p + (128 - (uintptr_t)p % 128);
      }
      int main(int argc, char **argv)
      {
          FILE *f = argc > 2 ? fopen(argv[1], "rb") : NULL;
          void *arena = room(\(macro)_ARENA_BYTES);
          int status;
          if (f == NULL) return 1;

      """
    for (index, input) in program.inputs.enumerated() {
      let bytes = input.type.byteCount
      text += "    void *i\(index) = room(\(bytes));\n"
      text += "    if (fread(i\(index), 1, \(bytes), f) != \(bytes)) return 1;\n"
    }
    text += "    fclose(f);\n"
    for (index, output) in program.outputs.enumerated() {
      text += "    void *o\(index) = room(\(output.type.byteCount));\n"
    }
    var arguments = ["arena"]
    if isBlob {
      arguments.insert("w", at: 0)
      text += """
            void *w = room(\(macro)_WEIGHTS_FILE_BYTES);
            f = argc > 3 ? fopen(argv[3], "rb") : NULL;
            if (f == NULL) return 1;
            if (fread(w, 1, \(macro)_WEIGHTS_FILE_BYTES, f) != \(macro)_WEIGHTS_FILE_BYTES) return 1;
            fclose(f);

        """
    }
    arguments += program.inputs.indices.map { "i\($0)" } + program.outputs.indices.map { "o\($0)" }
    text += "    status = \(name)_run(\(arguments.joined(separator: ", ")));\n"
    text += "    if (status != 0) return 100 + status;\n"
    text += "    f = fopen(argv[2], \"wb\");\n    if (f == NULL) return 1;\n"
    for (index, output) in program.outputs.enumerated() {
      let bytes = output.type.byteCount
      text += "    if (fwrite(o\(index), 1, \(bytes), f) != \(bytes)) return 1;\n"
    }
    return text + "    return fclose(f) == 0 ? 0 : 1;\n}\n"
  }
}
