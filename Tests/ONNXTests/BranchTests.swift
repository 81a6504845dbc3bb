import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

/// An If whose condition is known only when the code runs.
@Suite struct BranchTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func branch(_ nodes: [Wire], _ result: String, _ name: String) -> Wire {
    Onnx.attribute(name, kind: 5) {
      $0.message(
        6, Onnx.graph(nodes, inputs: [], outputs: [Onnx.value(result, 1, [64])]))
    }
  }

  /// `y = cond ? exp(x) : (inner ? sin(x) : cos(x))`.
  private static let model: [UInt8] = {
    let inner = Onnx.node(
      "If", ["inner"], ["no"], name: "inside",
      attributes: [
        branch([Onnx.node("Sin", ["x"], ["sine"])], "sine", "then_branch"),
        branch([Onnx.node("Cos", ["x"], ["cosine"])], "cosine", "else_branch"),
      ])
    let outer = Onnx.node(
      "If", ["cond"], ["y"], name: "outside",
      attributes: [
        branch([Onnx.node("Exp", ["x"], ["power"])], "power", "then_branch"),
        branch([inner], "no", "else_branch"),
      ])
    return Onnx.model(
      Onnx.graph(
        [outer],
        inputs: [
          Onnx.value("cond", 9, []), Onnx.value("inner", 9, [1]), Onnx.value("x", 1, [64]),
        ], outputs: [Onnx.value("y", 1, [64])]))
  }()

  @Test func branchesAreBlocks() throws {
    let graph = try folder.load(Self.model).graph
    #expect(graph.allNodes.map { graph[$0].op.name } == ["If", "Exp", "If", "Sin", "Cos"])
    #expect(Verifier.check(graph).isEmpty)
    #expect(try Graph(parsing: graph.text(.exact)).text(.exact) == graph.text(.exact))
  }

  @Test func branchesOfOtherTypesAreRefused() throws {
    let attributes = [
      Self.branch([Onnx.node("Exp", ["x"], ["a"])], "a", "then_branch"),
      Self.branch([Onnx.node("Shape", ["x"], ["b"])], "b", "else_branch"),
    ]
    let graph = Onnx.graph(
      [Onnx.node("If", ["c"], ["y"], attributes: attributes)],
      inputs: [Onnx.value("c", 9, []), Onnx.value("x", 1, [64])],
      outputs: [Onnx.value("y", 1, [64])])
    #expect(try folder.problems(Onnx.model(graph)) == ["if-types"])
  }

  /// The memory of a branch that is not taken stays as it was.
  @Test func onlyTheTakenBranchRuns() throws {
    #expect(try Program.compile(Self.model, in: folder) == 0)
    let manifest = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path + "/out/model.json")))
    let fields = try #require(manifest as? [String: Any])
    var offsets: [String: Int] = [:]
    for entry in try #require(fields["arena"] as? [[String: Any]]) {
      offsets[try #require(entry["name"] as? String)] = entry["offset"] as? Int
    }
    let places = try ["power", "sine", "cosine"].map { try #require(offsets[$0]) }
    #expect(Set(places).count == 3)
    let main = Self.main.replacing("PLACES", with: places.map(String.init).joined(separator: ", "))
    try folder.write(Array(main.utf8), "main.c")
    let program = folder.path + "/program"
    try #expect(buildC(["out/model.c", "main.c"], in: folder, to: program) == "")
    let printed = try command([program])
    #expect(printed == "")
  }

  private static let main = """
    #include "out/model.h"
    #include <math.h>
    #include <stdio.h>
    #include <string.h>
    int main(void)
    {
        static const size_t places[3] = { PLACES };
        static unsigned char memory[MODEL_ARENA_BYTES + MODEL_ARENA_ALIGN];
        unsigned char *const arena = memory + (MODEL_ARENA_ALIGN - (uintptr_t)memory % MODEL_ARENA_ALIGN);
        float x[64], y[64];
        for (int i = 0; i < 64; ++i) x[i] = (float)i / 16 - 2;
        for (int k = 0; k < 4; ++k) {
            const uint8_t cond = k & 1, inner = (uint8_t)(k >> 1);
            const int taken = cond ? 0 : inner ? 1 : 2;
            memset(arena, 0x5A, MODEL_ARENA_BYTES);
            if (model_run(arena, &cond, &inner, x, y) != 0) puts("it failed");
            for (int i = 0; i < 64; ++i) {
                const double wanted = taken == 0 ? exp(x[i]) : taken == 1 ? sin(x[i]) : cos(x[i]);
                if (fabs(y[i] - wanted) > 1e-5 * (1 + fabs(wanted))) printf("%d: y[%d] is %g\\n", k, i, (double)y[i]);
            }
            for (int branch = 0; branch < 3; ++branch) {
                int touched = 0;
                for (int i = 0; i < 256; ++i) touched |= arena[places[branch] + (size_t)i] != 0x5A;
                /* The inner choice may overwrite either of its operands. */
                if (taken != 0 && branch != 0) continue;
                if (touched != (branch == taken)) printf("%d: branch %d ran: %d\\n", k, branch, touched);
            }
        }
        return 0;
    }

    """
}

/// Compiles C without a warning.
///
/// - Returns: What the compiler said; nothing if all is well.
func buildC(_ arguments: [String], in folder: TemporaryFolder, to program: String) throws -> String
{
  var line = ["cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"]
  line += ["-Wmissing-prototypes", "-Werror", "-o", program]
  line += arguments.map { $0.hasPrefix("-") ? $0 : folder.path + "/" + $0 }
  return try command(line + ["-lm"])
}

/// Runs a program to its end.
///
/// - Returns: What it printed; with its status before that if it failed.
func command(_ arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return process.terminationStatus == 0 ? text : "status \(process.terminationStatus): \(text)"
}
