import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

/// Operands that decide a shape but are inputs of the model: taken as the declared shapes show them,
/// checked when the code runs.
@Suite struct InputAssumptionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// `y` sums `x` along `axes`; `z` is `x` in the shape that 32-bit `shape` says.
  private static let model = Onnx.model(
    Onnx.graph(
      [
        Onnx.node("ReduceSum", ["x", "axes"], ["y"], name: "sum"),
        Onnx.node("Cast", ["shape"], ["s"], attributes: [Onnx.int("to", 7)]),
        Onnx.node("Reshape", ["x", "s"], ["z"], name: "view"),
      ],
      inputs: [
        Onnx.value("x", 1, [2, 3, 4]), Onnx.value("axes", 7, [1]), Onnx.value("shape", 6, [3]),
      ], outputs: [Onnx.value("y", 1, [2, 1, 4]), Onnx.value("z", 1, [4, 2, 3])]))

  @Test func theImporterSaysWhatItTakes() throws {
    let model = try folder.load(Self.model)
    #expect(model.diagnostics.map(\.message.id) == ["assumed-input", "assumed-input"])
    #expect(model.diagnostics.allSatisfy { $0.severity == .warning })
    #expect(model.diagnostics[0].message.text.contains("input 'axes' is taken to hold 1 or -2"))
    #expect(
      model.graph.assumptions == [
        InputAssumption(input: 1, accepted: [[1, -2]], node: "sum"),
        InputAssumption(
          input: 2, accepted: [[4, -1], [2, -1], [3, -1]], rule: .atMostOnce(-1), node: "view"),
      ])
    #expect(Verifier.check(model.graph).isEmpty)
  }

  @Test func theTextFormAndTheExporterKeepIt() throws {
    let model = try folder.load(Self.model)
    let text = model.graph.text(.exact)
    #expect(try Graph(parsing: text).text(.exact) == text)
    #expect(try Graph(parsing: text).assumptions == model.graph.assumptions)
    let path = folder.path + "/again.onnx"
    try ONNXExporter.write(model.graph, of: model, to: path)
    let again = try ONNXImporter.load(path)
    #expect(again.graph.assumptions == model.graph.assumptions)
  }

  /// What shapes do not show, or nothing can check, is refused.
  @Test(arguments: [
    "two axes fit", "an axis is computed", "a range has a run-time limit", "pads are an input",
    "two shapes from one input",
  ]) func whatCannotBeCheckedIsRefused(_ name: String) throws {
    let bytes = try #require(Self.refused[name])
    let wanted = name.hasPrefix("two shapes") ? "assumed-input" : "unknown-value"
    #expect(try folder.problems(bytes) == [wanted])
  }

  private static let refused: [String: [UInt8]] = [
    "two axes fit": axes(
      [Onnx.node("ReduceSum", ["x", "axes"], ["y"], attributes: [Onnx.int("keepdims", 0)])],
      Onnx.value("y", 1, [3]), x: [3, 3]),
    "an axis is computed": axes(
      [
        Onnx.node("Add", ["axes", "axes"], ["sum"]),
        Onnx.node("ReduceSum", ["x", "sum"], ["y"]),
      ], Onnx.value("y", 1, [2, 1]), x: [2, 3]),
    "a range has a run-time limit": axes(
      [Onnx.node("Range", ["axes", "axes", "axes"], ["y"])], Onnx.value("y", 7, [5]), x: [2, 3]),
    "pads are an input": axes(
      [Onnx.node("Pad", ["x", "axes"], ["y"])], Onnx.value("y", 1, [3, 4]), x: [2, 3]),
    "two shapes from one input": axes(
      [
        Onnx.node("ReduceSum", ["x", "axes"], ["a"]), Onnx.node("ReduceSum", ["x", "axes"], ["y"]),
      ], Onnx.value("y", 1, [2, 1]), x: [2, 3], also: Onnx.value("a", 1, [1, 3])),
  ]

  private static func axes(
    _ nodes: [Wire], _ output: Wire, x: [Dim], also: Wire? = nil
  ) -> [UInt8] {
    Onnx.model(
      Onnx.graph(
        nodes, inputs: [Onnx.value("x", 1, x), Onnx.value("axes", 7, [1])],
        outputs: [output] + (also.map { [$0] } ?? [])))
  }

  @Test func theInterpreterChecksToo() throws {
    var program = Program(inputs: [("axes", TensorType(.int64, [2]))])
    program.assumptions = [
      InputAssumption(
        input: 0, accepted: [[0, -2, 1, -1], [1, -1, 0, -2]], rule: .distinct(modulo: 2), node: "n")
    ]
    for (axes, isRight) in [([0, 1], true), ([-1, 0], true), ([0, -2], false), ([0, 2], false)] {
      let bytes = Bytes(axes.map(Int64.init))
      let result = try? Interpreter.run(program, inputs: [bytes])
      #expect((result != nil) == isRight, "\(axes)")
    }
  }

  @Test func theCodeRefusesOtherValues() throws {
    #expect(try Program.compile(Self.model, in: folder) == 0)
    let header = try String(contentsOfFile: folder.path + "/out/model.h", encoding: .utf8)
    #expect(header.contains("must hold 1 or -2: node 'sum' is compiled for it"))
    #expect(header.contains("#define MODEL_ERROR_INPUT_VALUES 8"))
    try folder.write(Array(Self.main.utf8), "main.c")
    let program = folder.path + "/program"
    try #expect(buildC(["out/model.c", "main.c"], in: folder, to: program) == "")
    let printed = try command([program])
    #expect(printed == "")
    let test = ["-DMODEL_SELFTEST_MAIN", "out/model.c", "out/model_selftest.c"]
    try #expect(buildC(test, in: folder, to: program) == "")
    let said = try command([program])
    #expect(!said.hasPrefix("status"), "\(said)")
  }

  /// Prints a line for each answer that is not the expected one.
  private static let main = """
    #include "out/model.h"
    #include <stdio.h>
    int main(void)
    {
        static const struct { int64_t axes[1]; int32_t shape[3]; int status; } rows[] = {
            { { 1 }, { 4, 2, 3 }, 0 }, { { -2 }, { 4, 2, 3 }, 0 }, { { 1 }, { 4, -1, 3 }, 0 },
            { { 1 }, { -1, 2, 3 }, 0 }, { { 0 }, { 4, 2, 3 }, 8 }, { { 2 }, { 4, 2, 3 }, 8 },
            { { -1 }, { 4, 2, 3 }, 8 }, { { 9 }, { 4, 2, 3 }, 8 }, { { 1 }, { 2, 4, 3 }, 8 },
            { { 1 }, { -1, -1, 3 }, 8 }, { { 1 }, { 4, 0, 3 }, 8 }, { { 1 }, { 24, 1, 1 }, 8 },
        };
        static unsigned char memory[MODEL_ARENA_BYTES + MODEL_ARENA_ALIGN];
        void *const arena = memory + (MODEL_ARENA_ALIGN - (uintptr_t)memory % MODEL_ARENA_ALIGN);
        float x[24], y[8], z[24];
        for (int i = 0; i < 24; ++i) x[i] = (float)i;
        for (int k = 0; k < 12; ++k) {
            int status;
            y[0] = -5;
            status = model_run(arena, x, rows[k].axes, rows[k].shape, y, z);
            if (status != rows[k].status) printf("row %d: status %d\\n", k, status);
            if (y[0] != (status == 0 ? 12.0f : -5.0f)) printf("row %d: y is %g\\n", k, (double)y[0]);
        }
        return 0;
    }

    """
}
