import CoppiceIR

/// The means and variances of the channels of a value over samples, in double and in one order.
struct ChannelMoments {
  let means: [Double]
  /// Mean squares of the differences from the means.
  let variances: [Double]

  /// Measures a value.
  ///
  /// - Throws: `samples-not-finite`.
  init(
    _ samples: [Bytes], of value: ValueID, axis: Int, at node: NodeID, in graph: Graph
  ) throws {
    let shape = graph[value].type.shape
    let (channels, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    let count = Double(max(samples.count * graph[value].type.count / max(channels, 1), 1))
    let sum = { (term: (Int, Double) -> Double) throws -> [Double] in
      var sums = [Double](repeating: 0, count: channels)
      for (sample, bytes) in samples.enumerated() {
        let numbers = try graph.finiteNumbers(bytes, of: value, sample: sample, at: node)
        for (index, number) in numbers.enumerated() {
          let channel = index / inner % channels
          sums[channel] += term(channel, number)
        }
      }
      return sums.map { $0 / count }
    }
    let means = try sum { $1 }
    self.means = means
    variances = try sum { channel, number in
      let difference = number - means[channel]
      return difference * difference
    }
  }
}
