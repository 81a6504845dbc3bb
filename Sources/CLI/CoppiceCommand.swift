import ArgumentParser
import Coppice

/// The command line.
struct CoppiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coppice",
    abstract: "Prunes a trained ONNX model and compiles it to plain C for firmware.",
    discussion: """
      Exit status: 0 done; 2 the input is refused; 3 the C compiler of this machine failed; \
      4 a built program failed; 64 wrong usage. A signal cleans up before it ends the program.

      Examples:
        coppice inspect kws.onnx
        coppice compile kws.onnx -o out --name kws --target cortex-m4
        coppice compile kws.onnx -o out --passes '@default,prune-magnitude{sparsity=0.8},sparsify'
        coppice check kws.onnx --data samples --passes '@default,prune-magnitude{sparsity=0.8}'
      """,
    version: coppiceVersion,
    subcommands: [
      CompileCommand.self, RunCommand.self, CheckCommand.self, PruneCommand.self,
      InspectCommand.self, BisectCommand.self, BenchCommand.self, PassesCommand.self,
      OpsCommand.self,
    ])

  func run() throws {
    throw ValidationError("A verb is missing")
  }
}
