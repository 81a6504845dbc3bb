import CoppiceC
import CoppiceIR

/// Inputs of a program that stand for gates: for each, the last inputs of the program in order, the
/// gate of each element; `nil` for an element that is always 1.
struct HostGates: Sendable {
  /// How many gates there are.
  var count = 0
  /// The gate of each element of each input.
  var tables: [[Int?]] = []
}

/// The C around a model that runs it on samples from a file.
///
///     model SAMPLES SETTINGS COUNT FIRST SAMPLES [WEIGHTS]
///
/// `SETTINGS` has a byte for each gate of each of `COUNT` settings. For each of them the samples from
/// `FIRST` on are run, and the outputs go to standard output, one after the other.
func hostMain(
  _ program: Program, name: String, gates: HostGates, build: HostBuild, hasBlob: Bool
) -> String {
  let plain = program.inputs.count - gates.tables.count
  let inputs = program.inputs.map { $0.type.byteCount }
  let outputs = program.outputs.map { $0.type.byteCount }
  let sampleBytes = inputs.prefix(plain).reduce(0, +)
  let rooms =
    inputs.enumerated().map { "    void *i\($0) = room(\($1));\n" }
    + outputs.enumerated().map { "    void *o\($0) = room(\($1));\n" }
  var start = 0
  let copies = inputs.prefix(plain).enumerated().map { index, bytes in
    defer { start += bytes }
    return "            memcpy(i\(index), sample + \(start), \(bytes));\n"
  }
  let writes = outputs.enumerated().map { index, bytes in
    "            if (fwrite(o\(index), 1, \(bytes), stdout) != \(bytes)) return 1;\n"
  }
  let arguments =
    (hasBlob ? ["weights"] : []) + ["arena"] + inputs.indices.map { "i\($0)" }
    + outputs.indices.map { "o\($0)" }
  return """
    \(build == .quick ? "" : roundedFunctions)#include "\(name).c"
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    \(gateTables(program, gates, plain))\(hostRoom)
    \(hostPart)
    int main(int argc, char **argv)
    {
        static char buffer[1 << 16];
        size_t settings = argc > 5 ? strtoul(argv[3], NULL, 10) : 0;
        size_t first = argc > 5 ? strtoul(argv[4], NULL, 10) : 0;
        size_t count = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
        const char *samples = part(argv[1], first * \(sampleBytes), count * \(sampleBytes));
        const char *on = part(argv[2], 0, settings * \(gates.count));
    \(hasBlob ? "    void *weights = part(argv[6], 0, \(name.uppercased())_WEIGHTS_FILE_BYTES);\n" : "")\
        void *arena = room(\(name.uppercased())_ARENA_BYTES);
    \(rooms.joined())\
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        for (size_t setting = 0; setting < settings; setting++, on += \(gates.count)) {
    \(gateLoops(program, gates, plain))\
            const char *sample = samples;
            for (size_t k = 0; k < count; k++, sample += \(sampleBytes)) {
                int status;
    \(copies.joined())\
                status = \(name)_run(\(arguments.joined(separator: ", ")));
                if (status != 0) return 100 + status;
    \(writes.joined())\
            }
        }
        return fflush(stdout) == 0 ? 0 : 1;
    }

    """
}

/// Memory that C of any alignment takes.
let hostRoom = """
  static void *room(size_t n)
  {
      char *p = (char *)malloc(n + 128);
      if (p == NULL) exit(1);
      return p + (128 - (uintptr_t)p % 128);
  }
  """

/// A part of a file in memory.
private let hostPart = """
  static char *part(const char *path, size_t first, size_t n)
  {
      FILE *f = fopen(path, "rb");
      char *p = (char *)room(n);
      if (f == NULL || fseek(f, (long)first, SEEK_SET) != 0 || fread(p, 1, n, f) != n) exit(1);
      fclose(f);
      return p;
  }
  """

/// The number of each element's gate, counted from 1; 0 for none.
private func gateTables(_ program: Program, _ gates: HostGates, _ plain: Int) -> String {
  gates.tables.enumerated().map { number, table in
    let list = table.map { String(($0 ?? -1) + 1) }.joined(separator: ", ")
    return "static const uint32_t gate\(plain + number)[] = {\(list)};\n"
  }.joined()
}

private func gateLoops(_ program: Program, _ gates: HostGates, _ plain: Int) -> String {
  gates.tables.enumerated().map { number, table in
    let input = plain + number
    let type = cName(program.inputs[input].type.element)
    return "        for (size_t k = 0; k < \(table.count); k++)\n"
      + "            ((\(type) *)i\(input))[k] = gate\(input)[k] == 0 || on[gate\(input)[k] - 1];\n"
  }.joined()
}

/// Functions of `float` by those of `double`: in the last bits of the former libraries differ.
private let roundedFunctions: String = {
  let unary = [
    "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh", "erf", "expm1", "log1p",
  ]
  let lines = unary.map { "#define \($0)f(x) ((float)\($0)((double)(x)))\n" }
  return "#include <math.h>\n" + lines.joined()
    + "#define powf(x, y) ((float)pow((double)(x), (double)(y)))\n"
}()
