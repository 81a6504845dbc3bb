import CoppiceC
import CoppiceIR
import CoppiceLowering

/// What the measuring program must know of a model.
struct BenchModel {
  let name: String
  let hasBlob: Bool
  let inputs: [Int]
  let outputs: [Int]
  let steps: Int

  init(_ model: CompiledModel) {
    name = model.name
    hasBlob = model.generated.files.contains { $0.name.hasSuffix("_weights.bin") }
    let program = model.lowered.program
    inputs = program.inputs.map { $0.type.byteCount }
    outputs = program.outputs.map { $0.type.byteCount }
    steps = program.steps.count
  }

  /// The call of the model, of buffers that all models share.
  func call(weights: String, arena: String) -> String {
    let arguments =
      (hasBlob ? [weights] : []) + [arena] + inputs.indices.map { "in[\($0)]" }
      + outputs.indices.map { "out[\($0)]" }
    return "\(name)_run(\(arguments.joined(separator: ", ")))"
  }
}

/// What tells the measuring program of each step, and costs a test where it does not listen.
func benchHook(_ names: [String]) -> String {
  let hooks = names.map { name in
    "#define \(name.uppercased())_PROFILE(step) do { if (bench_on) bench_mark(step); } while (0)\n"
  }
  return "extern int bench_on;\nextern void bench_mark(int step);\n" + hooks.joined()
}

/// The program that lets contenders take turns.
///
///     bench ROUNDS INPUTS WEIGHTS... [PYTHON SCRIPT ...]
///
/// Each turn lasts some milliseconds; rounds go forwards and backwards. It prints `total CONTENDER
/// NANOSECONDS` for each turn, and `step CONTENDER STEP NANOSECONDS`.
func benchMain(_ models: [BenchModel], hasRuntime: Bool) -> String {
  let count = models.count
  let runs = models.enumerated().map { index, model in
    "static int run\(index)(void) { return \(model.call(weights: "weights[\(index)]", arena: "arena")); }\n"
  }
  let sizes = models[0]
  let arenas = models.map { "\($0.name.uppercased())_ARENA_BYTES" }
  let places = sizes.inputs.enumerated().map { index, bytes in
    "    in[\(index)] = room(\(bytes)); if (fread(in[\(index)], 1, \(bytes), f) != \(bytes)) return 1;\n"
  }
  let results = sizes.outputs.enumerated().map { "    out[\($0)] = room(\($1));\n" }
  let blobs = models.enumerated().map { index, model in
    model.hasBlob
      ? "    weights[\(index)] = whole(argv[\(3 + index)], \(model.name.uppercased())_WEIGHTS_FILE_BYTES);\n"
      : ""
  }
  return """
    #define _GNU_SOURCE
    \(models.map { "#include \"\($0.name).h\"\n" }.joined())\
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <time.h>
    #include <unistd.h>
    #define MODELS \(count)
    #define STEPS \(models.map(\.steps).max() ?? 0)
    \(hostRoom)
    static void *in[\(max(sizes.inputs.count, 1))], *out[\(max(sizes.outputs.count, 1))];
    static void *weights[MODELS], *arena;
    \(runs.joined())\
    static int (*const runs[])(void) = {\(models.indices.map { "run\($0)" }.joined(separator: ", "))};
    static const int steps[] = {\(models.map { "\($0.steps)" }.joined(separator: ", "))};
    \(benchClock)
    \(hasRuntime ? benchChild : "")static double turn(int who, long repeat)
    {
    \(hasRuntime ? "    if (who == MODELS) return ask(repeat);\n" : "")\
        double start = now();
        for (long k = 0; k < repeat; k++)
            if (runs[who]() != 0) exit(3);
        return now() - start;
    }
    int main(int argc, char **argv)
    {
        int rounds = atoi(argv[1]), all = MODELS + \(hasRuntime ? 1 : 0);
        long repeat[MODELS + 1];
        FILE *f = fopen(argv[2], "rb");
        size_t arenas[] = {\(arenas.joined(separator: ", "))}, most = 0;
        if (f == NULL || argc < 3 + MODELS) return 1;
        for (int k = 0; k < MODELS; k++) most = arenas[k] > most ? arenas[k] : most;
        arena = room(most);
    \(places.joined())\(results.joined())\(blobs.joined())\
        fclose(f);
    \(hasRuntime ? "    begin(argv + 3 + MODELS);\n" : "")\
    \(benchRounds)
        return fflush(stdout) == 0 ? 0 : 1;
    }

    """
}

/// Time, of turns and of steps, and files.
private let benchClock = """
  static double now(void)
  {
      struct timespec t;
      clock_gettime(CLOCK_MONOTONIC, &t);
      return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
  }
  int bench_on;
  static double marks[STEPS + 1], sums[STEPS + 1];
  void bench_mark(int step) { marks[step] = now(); }
  static void *whole(const char *path, size_t n)
  {
      FILE *f = fopen(path, "rb");
      char *p = room(n);
      if (f == NULL || fread(p, 1, n, f) != n) exit(1);
      fclose(f);
      return p;
  }
  """

/// How often each repeats in a turn, then the turns, forwards and backwards, and the steps of each.
private let benchRounds = """
      for (int who = 0; who < all; who++) {
          double took;
          turn(who, 1);
          repeat[who] = 1;
          while ((took = turn(who, repeat[who])) < 4e6 && repeat[who] < 1000000)
              repeat[who] *= took < 4e5 ? 8 : 2;
      }
      for (int round = 0; round < rounds; round++) {
          for (int k = 0; k < all; k++) {
              int who = round % 2 == 0 ? k : all - 1 - k;
              printf("total %d %.9g\\n", who, turn(who, repeat[who]) / (double)repeat[who]);
          }
          bench_on = 1;
          for (int who = 0; who < MODELS; who++) {
              long count = repeat[who] < 8 ? repeat[who] : 8;
              for (int s = 0; s < steps[who]; s++) sums[s] = 0;
              for (long k = 0; k < count; k++) {
                  if (runs[who]() != 0) return 3;
                  for (int s = 0; s < steps[who]; s++) sums[s] += marks[s + 1] - marks[s];
              }
              for (int s = 0; s < steps[who]; s++)
                  printf("step %d %d %.9g\\n", who, s, sums[s] / (double)count);
          }
          bench_on = 0;
      }
  """

/// Another program that runs the model as often as it is told, and says how long that took.
private let benchChild = """
  static FILE *to, *from;
  static void gone(void)
  {
      fflush(stdout);
      exit(70);
  }
  static double ask(long repeat)
  {
      double took;
      fprintf(to, "%ld\\n", repeat);
      fflush(to);
      if (fscanf(from, "%lf", &took) != 1) gone();
      return took;
  }
  static void begin(char **words)
  {
      int down[2], up[2];
      signal(SIGPIPE, SIG_IGN);
      if (pipe(down) != 0 || pipe(up) != 0) exit(1);
      if (fork() == 0) {
          dup2(down[0], 0);
          dup2(up[1], 1);
          close(down[1]);
          close(up[0]);
          execvp(words[0], words);
          _exit(70);
      }
      close(down[0]);
      close(up[1]);
      to = fdopen(down[1], "w");
      from = fdopen(up[0], "r");
      if (to == NULL || from == NULL) exit(1);
  }

  """

/// Runs a model by onnxruntime, on one thread.
let runtimeScript = """
  import sys, time
  import numpy
  import onnxruntime

  model, data, *types = sys.argv[1:]
  options = onnxruntime.SessionOptions()
  options.intra_op_num_threads = options.inter_op_num_threads = 1
  session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
  feed = {}
  with open(data, "rb") as file:
      for value, kind in zip(session.get_inputs(), types):
          element, shape = kind.split(",")
          shape = [int(extent) for extent in shape.split("x") if extent]
          dtype = numpy.dtype(element)
          count = int(numpy.prod(shape, dtype=numpy.int64))
          feed[value.name] = numpy.frombuffer(file.read(count * dtype.itemsize), dtype).reshape(shape)
  for line in sys.stdin:
      start = time.perf_counter_ns()
      for _ in range(int(line)):
          session.run(None, feed)
      print(time.perf_counter_ns() - start, flush=True)

  """
