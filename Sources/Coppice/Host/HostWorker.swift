import CoppiceIR

/// One process that runs a model on some of the samples.
struct HostWorker {
  private let process: ChildProcess
  private let log: String
  private let sizes: [Int]

  /// `math.h` of glibc takes its versions without fused operations then, as on older processors.
  private static let variables = ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4"]

  /// Starts the process; `sizes` are the bytes of each output.
  init(_ arguments: [String], log: String, sizes: [Int]) throws {
    guard
      let process = ChildProcess(arguments, errors: log, isPiped: true, variables: Self.variables)
    else { throw HostFault.program("it could not be started") }
    self.process = process
    self.log = log
    self.sizes = sizes
  }

  /// Reads the answers to some samples, many at once where they are small.
  func answers(_ samples: Range<Int>, _ take: (Int, [Bytes]) throws -> Void) throws {
    let size = sizes.reduce(0, +)
    let step = max(1, (1 << 18) / max(size, 1))
    for first in stride(from: samples.lowerBound, to: samples.upperBound, by: step) {
      let part = first..<min(first + step, samples.upperBound)
      var isWhole = true
      let bytes = Bytes(count: size * part.count) { isWhole = process.read(into: $0) }
      guard isWhole else { throw fault() }
      for sample in part {
        var start = (sample - first) * size
        try take(
          sample,
          sizes.map { size in
            defer { start += size }
            return bytes.slice(start..<(start + size))
          })
      }
    }
  }

  /// Waits for the end of the process.
  func finish() throws {
    var surplus: UInt8 = 0
    let isEnded = withUnsafeMutableBytes(of: &surplus) { !process.read(into: $0) }
    guard isEnded else { throw HostFault.program("it wrote too much") }
    let status = process.wait()
    if status != 0 { throw HostFault.program(reason(status)) }
  }

  /// Why it ended too early.
  private func fault() -> HostFault {
    let status = process.wait()
    if let words = process.fault { return .program("its output could not be read: \(words)") }
    return .program(status == 0 ? "it wrote too little" : reason(status))
  }

  private func reason(_ status: Int) -> String {
    if status < 0 { return "it is gone" }
    if status == 108 {
      return "an input does not hold what the model was compiled for; see the warnings"
    }
    let end = status >= 128 ? "signal \(status - 128)" : "status \(status)"
    let words = (try? read(log))?.withUnsafeBytes {
      String(decoding: $0.prefix(4000), as: UTF8.self)
    }
    return words.map { $0.isEmpty ? end : "\(end)\n\($0)" } ?? end
  }
}
