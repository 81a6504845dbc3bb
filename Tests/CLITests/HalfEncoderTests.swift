import CoppiceTestSupport
import Foundation
import Testing

/// A transformer encoder whose weights have 16 bits computes as it should, and keeps them in flash.
@Suite(.enabled(if: Program.hasPython)) struct HalfEncoderTests {
  private static let weights = 4 * 32 * 32 + 2 * 32 * 64 + 2 * 32

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let script = Program.root + "/Tests/CLITests/half_encoder.py"
    let made = try Program.run([Program.python, script, folder.path])
    #expect(made.status == 0, "\(made.errors)")
    return folder
  }

  private func weightsBytes(_ path: String, in folder: TemporaryFolder) throws -> Int {
    let manifest = try JSONSerialization.jsonObject(with: Data(folder.text(path).utf8))
    return try #require((manifest as? [String: Any])?["weights_bytes"] as? Int)
  }

  /// A rounding after each of sixteen operators, relative to the largest result.
  @Test func answersAreThoseOfSinglePrecision() throws {
    let folder = try folder()
    for (model, tolerance) in [("float16", "0.004"), ("bfloat16", "0.03"), ("cast", "0.00001")] {
      let words = ["check", "\(model).onnx", "--data", model, "--tolerance", tolerance]
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 0, "\(model): \(outcome.text) \(outcome.errors)")
    }
  }

  @Test(arguments: ["generic", "x86-64", "cortex-m4"]) func weightsKeepTheirBytes(_ target: String)
    throws
  {
    let folder = try folder()
    for model in ["float16", "bfloat16", "cast"] {
      let words = [
        "compile", "\(model).onnx", "-o", model + target, "--name", "net", "--target", target,
      ]
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let bytes = try weightsBytes("\(model)\(target)/net.json", in: folder)
      // A few constants of a node or so are folded wide.
      #expect(bytes <= 2 * Self.weights + 256, "\(model): \(bytes)")
    }
  }

  /// A tenth of the weights with their indices is less than half of them all.
  @Test func sparseStoragesTakeThem() throws {
    let folder = try folder()
    for model in ["float16", "cast"] {
      let passes = "@default,prune-magnitude{sparsity=0.9},sparsify{prefer=bytes}"
      let words = ["compile", "\(model).onnx", "-o", "out", "--name", "net", "--passes", passes]
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let bytes = try weightsBytes("out/net.json", in: folder)
      #expect(bytes < Self.weights, "\(model): \(bytes)")
    }
  }
}
