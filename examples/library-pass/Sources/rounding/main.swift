import Coppice
import CoppiceIR
import Foundation

// A compiler of one's own: the standard passes and one more.
let words = CommandLine.arguments
guard words.count == 4 else {
  print("usage: rounding MODEL FOLDER PASSES")
  exit(64)
}
do {
  var options = CompileOptions()
  options.name = "rounded"
  options.passes = words[3]
  var compiler = Compiler(options)
  compiler.registry.register(RoundWeights.self)
  let model = try compiler.compile(words[1])
  try model.write(to: words[2])
  let generated = model.generated
  print("weights: \(generated.weightsBytes) bytes, \(generated.weightsDenseBytes) dense")
} catch {
  print(error)
  exit(2)
}
