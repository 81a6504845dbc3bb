/// The input channel, or the input channel at one tap of a window, that elements of a parameter read.
struct InputMap {
  private let channels: ChannelMap
  /// Inputs of one group.
  private let columns: Int
  private let taps: Int
  private let rowsPerGroup: Int
  private let hasTaps: Bool

  /// Fits numbers of shape [inputs] or [inputs, taps...] to a parameter; nil if they do not.
  ///
  /// How many groups there are follows from how many inputs there are.
  init?(_ shape: [Int], _ channels: ChannelMap, numbers: [Int]) {
    guard shape.count >= 2, let inputs = numbers.first, inputs > 0 else { return nil }
    let window = Array(shape[2...])
    hasTaps = numbers.count > 1
    guard !hasTaps || Array(numbers[1...]) == window else { return nil }
    self.channels = channels
    taps = window.reduce(1, *)
    if channels.isLeading {
      columns = shape[1]
      let (groups, rest) = inputs.quotientAndRemainder(dividingBy: max(columns, 1))
      guard rest == 0, groups > 0, channels.count % groups == 0 else { return nil }
      rowsPerGroup = channels.count / groups
    } else {
      columns = inputs
      rowsPerGroup = channels.count
      guard inputs == shape[0] else { return nil }
    }
  }

  /// The place of an element's number.
  func number(_ position: Int) -> Int {
    let input: Int
    if channels.isLeading {
      let row = position / channels.stride
      input = row / rowsPerGroup * columns + position / taps % columns
    } else {
      input = position / (channels.groupChannels * channels.stride)
    }
    return hasTaps ? input * taps + position % taps : input
  }
}
