import CoppiceTestSupport
import Testing

/// `--io-type float`: callers of quantized models hold floats.
@Suite struct FloatPortTests {
  private func compile(_ name: String, in folder: TemporaryFolder, _ more: String...) throws {
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--name", name] + more, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func floatsAreConvertedAsTheHelpersDo() throws {
    let folder = try TemporaryFolder()
    try folder.write(QuantizedModelTests.model())
    try compile("bytes", in: folder)
    try compile("floats", in: folder, "--io-type", "float")
    let header = try folder.text("out/floats.h")
    #expect(header.contains("const float *in0, float *out0"))
    #expect(!header.contains("FLOATS_IN0_SCALE") && !header.contains("quantize_in0"))
    try folder.write(
      """
      #include "out/bytes.h"
      #include "out/floats.h"
      static _Alignas(16) unsigned char arena[FLOATS_ARENA_BYTES + BYTES_ARENA_BYTES + 16];
      int main(void)
      {
          for (int i = -400; i < 400; i++) {
              float x[4] = {0.125f * (float)i, 7.0f - 0.3f * (float)i, 1e9f, -0.25f}, y[2];
              int8_t q[4], answer[2];
              for (int k = 0; k < 4; k++) q[k] = bytes_quantize_in0(x[k]);
              if (floats_run(arena, x, y) || bytes_run(arena, q, answer)) return 1;
              for (int k = 0; k < 2; k++) if (y[k] != bytes_dequantize_out0(answer[k])) return 2;
          }
          return 0;
      }
      """, "main.c")
    let built = try Program.shell(
      "gcc -std=c11 -Wall main.c out/bytes.c out/floats.c -lm -o main && ./main", in: folder.path)
    #expect(built.status == 0, "\(built.errors)")
  }

  @Test func conversionIsNoFallBackToFloat() throws {
    let folder = try TemporaryFolder()
    try folder.write(QuantizedModelTests.model())
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--io-type", "float", "--json"], in: folder.path)
    #expect(outcome.status == 0 && !outcome.ids.contains("quantized-float"))
    let manifest = try folder.text("out/model.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("QLinearMatMul"))
  }

  @Test func integersWithoutAScaleStay() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Onnx.oneNode(
        Onnx.node("Abs", ["x"], ["y"]), input: Onnx.value("x", 3, [1, 4]),
        output: Onnx.value("y", 3, [1, 4])))
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--io-type", "float", "--json"], in: folder.path)
    #expect(outcome.status == 0 && outcome.ids.contains("io-type"))
    #expect(try folder.text("out/model.h").contains("const int8_t *in0, int8_t *out0"))
  }

  @Test func modelTypesAreTheDefault() throws {
    let folder = try TemporaryFolder()
    try folder.write(QuantizedModelTests.model())
    try compile("a", in: folder)
    let plain = try folder.text("out/a.c")
    try compile("a", in: folder, "--io-type", "model")
    #expect(try folder.text("out/a.c") == plain)
    let wrong = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--io-type", "double"], in: folder.path)
    #expect(wrong.status == 64)
  }
}
