import CoppiceTestSupport
import Foundation
import Testing

/// `bisect` on the command line.
@Suite struct BisectCommandTests {
  private static let passes = ["--passes", "@default,prune-magnitude{sparsity=0.9},sparsify"]

  @Test func theFirstPrunedTensorIsFound() throws {
    let folder = try TemporaryFolder()
    let words = ["bisect", Models.digitsModel] + Self.passes
    let found = try Program.coppice(words, in: folder.path)
    #expect(!found.text.contains("conv2.weight"))
    #expect(found.status == 4 && found.errors.contains("error[wrong-rewrite]"), "\(found.errors)")
    #expect(found.errors.contains("an approximate pass may") && !found.errors.contains("report"))
    for line in ["prune-magnitude{sparsity=0.9}", "before:", "after:", "digits-bisect.ir"] {
      #expect(found.text.contains(line), "\(found.text)")
    }
    let again = try Program.coppice(["bisect", "digits-bisect.ir", "--json"], in: folder.path)
    #expect(again.status == 4)
    #expect(again.object["pass"] as? String == "prune-magnitude{sparsity=0.9}")
    #expect(again.object["rewrite"] as? Int == 1 && again.object["approximate"] as? Bool == true)
    #expect(folder.names("").contains("digits-bisect.ir"))
  }

  @Test func recordedAnswersAreCompared() throws {
    let folder = try TemporaryFolder()
    let words = ["bisect", Models.digitsModel, "--data", Models.digits, "--json"]
    let right = try Program.coppice(words, in: folder.path)
    #expect(right.status == 0 && right.object["ok"] as? Bool == true, "\(right.errors)")
    let wrong = try Program.coppice(words + Self.passes + ["-o", "out.ir"], in: folder.path)
    #expect(wrong.status == 4 && folder.names("") == ["out.ir"])
  }

  @Test func answersThatWereWrongBeforeAreToldApart() throws {
    let folder = try TemporaryFolder()
    let vector = Models.digits + "/test_data_set_0"
    for name in ["input_0.pb", "output_0.pb"] {
      var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: vector + "/" + name)))
      if name == "output_0.pb" { bytes[bytes.count - 21] ^= 0x40 }
      try folder.write(bytes, name)
    }
    let words = ["bisect", Models.digitsModel, "--data", folder.path, "--json"]
    #expect(try Program.coppice(words).ids == ["bisect-model"])
  }

  @Test(arguments: [
    "", "graph @g() { }", "// RUN: fold-pad\ngraph @g(%x: f32[1]) {\n  return %x\n}\n",
  ])
  func otherTextsAreNoReproducers(_ text: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(text.utf8), "a.ir")
    let outcome = try Program.coppice(["bisect", "a.ir", "--json"], in: folder.path)
    #expect(outcome.status == 2 && outcome.ids == ["reproducer"], "\(outcome.errors)")
  }

  @Test func maxRewritesSaysWhenItCut() throws {
    let folder = try TemporaryFolder()
    let words = ["compile", Models.digitsModel, "-o", "out", "--max-rewrites"]
    let cut = try Program.coppice(words + ["2"], in: folder.path)
    #expect(cut.status == 0 && cut.errors.contains("note[max-rewrites]"))
    #expect(cut.errors.contains("cut after 2 rewrites, in '"))
    let whole = try Program.coppice(words + ["10000"], in: folder.path)
    #expect(whole.status == 0 && whole.errors.isEmpty)
  }
}
