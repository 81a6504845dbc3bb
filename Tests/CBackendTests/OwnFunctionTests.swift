import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// The functions of float32 that generated C brings along for processors with vectors, against those of
/// `double`: for numbers, in loops, and in the tails of convolutions, where they take whole vectors.
struct OwnFunctionTests {
  private static let functions: [(name: String, op: any Operator, double: String, ulps: Double)] = [
    ("exp", Exp(), "exp(x)", 1.03), ("tanh", Tanh(), "tanh(x)", 1.4), ("erf", Erf(), "erf(x)", 1.2),
    ("sigmoid", Sigmoid(), "1 / (1 + exp(-x))", 2.6),
  ]

  private static let side = 32
  private static let channels = 16

  /// The function alone, or behind a convolution that leaves everything as it is.
  private func graph(_ op: any Operator, inTail: Bool) throws -> Graph {
    let (channels, side) = (Self.channels, Self.side)
    let type = TensorType(.float32, [1, channels, side, side])
    var graph = Graph(name: "function", source: "function.onnx")
    var value = graph.addInput("x", type)
    var nodes: [NodeID] = []
    if inTail {
      let ones = (0..<channels * channels).map { Float($0 % (channels + 1) == 0 ? 1 : 0) }
      let w = graph.addConstant(Constant(ones, .float32, [channels, channels, 1, 1]), name: "w")
      let conv = graph.addNode(Conv(attributes: [:]), [value, w], types: [type], name: "conv")
      value = try #require(graph[conv].result)
      nodes.append(conv)
    }
    let node = graph.addNode(op, [value], types: [type], name: "function")
    graph.setOutputs([try #require(graph[node].result)])
    if inTail { _ = graph.fuse(nodes + [node], by: "test") }
    return graph
  }

  /// Every 4,001st pattern of bits, and where functions change; what a sum of zeros lets through only,
  /// where they stand in a tail.
  private func harness(_ double: String, ulps: Double, inTail: Bool) -> String {
    """
    #include <math.h>
    #include <stdint.h>
    #include <stdio.h>
    #include "m.h"
    #define COUNT \(Self.channels * Self.side * Self.side)
    static _Alignas(64) unsigned char arena[M_ARENA_BYTES + 1];
    static float in[COUNT], out[COUNT];
    static int failed;
    static double off(double wanted, float got)
    {
        int e;
        if (isnan(wanted)) return isnan(got) ? 0 : 1e9;
        if (isinf((float)wanted)) return isinf(got) && (got > 0) == (wanted > 0) ? 0 : 1e9;
        frexp(wanted, &e);
        return fabs(wanted - got) / ldexp(1, (e < -125 ? -125 : e) - 24);
    }
    static void check(int count)
    {
        if (m_run(arena, in, out) != 0) failed = 1;
        for (int i = 0; i < count && !failed; ++i) {
            const double x = in[i];
            const double wanted = \(double);
            const int isTiny = fabs(wanted) < 1.17549435e-38;
            if (off(wanted, out[i]) > \(ulps) && !(isTiny && fabs(wanted - out[i]) < 1.17549435e-38)) {
                printf("%a: %a, not %a", x, out[i], wanted);
                failed = 1;
            }
        }
    }
    int main(void)
    {
        static const float special[] = {
            0.0f, -0.0f, 0.625f, 0.92773438f, 4.0f, 88.72283f, 88.72284f, 89.0f, -87.4f, -103.97f,
            -103.98f, -104.0f, -150.0f, 1e30f, -1e30f, 1e-42f, -1e-42f, INFINITY, -INFINITY, NAN };
        union { uint32_t bits; float value; } next;
        uint64_t bits = 0;
        int i, k;
        for (k = 0; k < 1 + !\(inTail ? 1 : 0); ++k) {
            for (i = 0; i < COUNT; ++i) in[i] = special[i % (k == 0 ? 15 : 20)];
            check(COUNT);
        }
        while (bits <= UINT32_MAX && !failed) {
            for (i = 0; i < COUNT && bits <= UINT32_MAX; bits += 4001) {
                next.bits = (uint32_t)bits;
                if (!\(inTail ? 1 : 0) || fabsf(next.value) < 1e30f) in[i++] = next.value;
            }
            check(i);
        }
        return failed;
    }
    """
  }

  @Test(arguments: 0..<functions.count, [false, true])
  func errorsAreWithinTheBound(_ index: Int, _ inTail: Bool) throws {
    let (name, op, double, ulps) = Self.functions[index]
    let model = try lower(graph(op, inTail: inTail), for: .x86)
    let workshop = try Workshop([generate(model, GenerationOptions(name: "m", target: .x86))])
    try workshop.write(harness(double, ulps: ulps, inTail: inTail), "main.c")
    for flags in ["-O3 -march=native", "-O1 -fsanitize=undefined -fno-sanitize-recover=all"] {
      let build = "gcc -std=c11 \(flags) main.c m.c -lm -o all && ./all"
      let result = try workshop.run(["sh", "-c", build])
      #expect(result.status == 0, "\(name) \(flags) \(inTail): \(result.output)")
    }
    for compiler in compilers {
      try workshop.expectCompiles(compiler, strict + ["-O2", "-mavx512f"], ["m.c"])
    }
  }

  /// A tail of functions is no reason for numbers one by one.
  @Test func tailsOfFunctionsAreTakenInVectors() throws {
    for (name, op, _, _) in Self.functions {
      let model = try lower(graph(op, inTail: true), for: .x86)
      let text = generate(model, GenerationOptions(name: "m", target: .x86)).files.first {
        $0.name == "m.c"
      }
      let function = name == "sigmoid" ? "exp" : name
      #expect(try #require(text).text.contains("m_\(function)_v16f32("), "\(name)")
    }
  }

  /// Loops of numbers have no branch, so that gcc takes vectors.
  @Test func loopsOfFunctionsAreTakenInVectors() throws {
    for (name, op, _, _) in Self.functions {
      let model = try lower(graph(op, inTail: false), for: .x86)
      let workshop = try Workshop([generate(model, GenerationOptions(name: "m", target: .x86))])
      let build = "gcc -O3 -mavx512f -mfma -fopt-info-vec-optimized -c m.c"
      let result = try workshop.run(["sh", "-c", build])
      #expect(result.output.contains("loop vectorized"), "\(name): \(result.output)")
    }
  }
}
