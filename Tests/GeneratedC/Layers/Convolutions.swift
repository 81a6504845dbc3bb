@_spi(RawEditing) import CoppiceIR

/// Where a window goes over an image.
struct DrawnWindow {
  var kernel: [Int] = []
  var strides: [Int] = []
  var dilations: [Int] = []
  var begin: [Int] = []
  var end: [Int] = []
  var extents: [Int] = []

  /// The extents of the result.
  var result: [Int] {
    extents.indices.map {
      (extents[$0] + begin[$0] + end[$0] - (kernel[$0] - 1) * dilations[$0] - 1) / strides[$0] + 1
    }
  }

  var attributes: [String: Attribute] {
    ["strides": .ints(strides), "dilations": .ints(dilations), "pads": .ints(begin + end)]
  }

  var told: String {
    "\(kernel) over \(extents) /\(strides) d\(dilations) \(begin + end)"
  }
}

extension LayerBuilder {
  /// A window that fits, with anything around it.
  mutating func window(_ axes: Int, pads: Bool = true) -> DrawnWindow {
    var window = DrawnWindow()
    let (isPoint, isLong) = (dice.happens(20), axes < 3 && dice.happens(8))
    let steps = isPoint && dice.happens(60) ? [1] : [1, 1, 1, 2, 2, 3]
    let most = [40, 19, 6][axes - 1]
    for axis in 0..<axes {
      var kernel = isPoint ? 1 : dice.roll(1...(axes == 3 ? 3 : dice.pick([3, 3, 5, 8])))
      if isLong { kernel = axis == axes - 1 ? dice.roll(9...24) : 1 }
      let dilation = isLong ? 1 : dice.pick([1, 1, 1, 2, 3])
      let reach = (kernel - 1) * dilation
      let around = dice.roll(0...3)
      let begin = !pads || around == 0 ? 0 : around == 1 ? reach / 2 : dice.roll(0...reach)
      let end = !pads || around == 0 ? 0 : around == 1 ? reach - reach / 2 : dice.roll(0...reach)
      var extent = dice.roll(1...most)
      if axis == axes - 1, axes < 3, dice.happens(25) { extent = dice.pick([16, 32, 33, 48]) }
      window.extents.append(max(extent, reach + 1 - begin - end, 1))
      window.kernel.append(kernel)
      window.dilations.append(dilation)
      window.strides.append(dice.pick(steps))
      window.begin.append(begin)
      window.end.append(end)
    }
    return window
  }

  /// A Conv: usual, in groups or depthwise, of as many multiplications as are soon interpreted.
  mutating func convolution() throws -> [ValueID] {
    let axes = dice.pick([1, 1, 2, 2, 2, 2, 2, 3])
    let isDepthwise = dice.happens(25)
    var groups = dice.pick([1, 1, 1, 1, 2, 3])
    var inner = dice.pick([1, 2, 3, 4, 5, 8, 12, 17])
    var outer = dice.pick([1, 3, 4, 7, 8, 12, 16, 33])
    if isDepthwise { (groups, inner, outer) = (dice.roll(2...19), 1, dice.pick([1, 1, 1, 2])) }
    let batch = dice.pick([1, 1, 2])
    var window = self.window(axes)
    func work(_ window: DrawnWindow) -> Int {
      batch * groups * outer * inner * (window.kernel + window.result).reduce(1, *)
    }
    while work(window) > 120_000 { window = self.window(axes) }
    let x = try image([batch, groups * inner] + window.extents)
    let weight = drawnWeight([groups * outer, inner] + window.kernel)
    let bias = dice.happens(60) ? constant([groups * outer]) : nil
    var attributes = window.attributes
    attributes["group"] = .int(groups)
    told.append("\(groups)x\(inner)->\(outer) \(window.told)")
    let op = Conv(attributes: Attributes(attributes))
    return try finish(layer(op, [x, weight, bias], weight: 1))
  }

  mutating func transposedConvolution() throws -> [ValueID] {
    let axes = dice.pick([1, 2, 2])
    let groups = dice.pick([1, 1, 2])
    let (inner, outer) = (dice.roll(1...5), dice.roll(1...6))
    var window = self.window(axes, pads: false)
    window.extents = window.extents.map { min($0, 9) }
    var attributes = window.attributes
    attributes["pads"] = .ints(window.kernel.map { ($0 - 1) / 2 } + window.kernel.map { _ in 0 })
    attributes["group"] = .int(groups)
    attributes["output_padding"] = .ints(window.strides.map { $0 - 1 })
    let x = try image([dice.roll(1...2), groups * inner] + window.extents)
    let weight = drawnWeight([groups * inner, outer] + window.kernel)
    let bias = dice.happens(50) ? constant([groups * outer]) : nil
    told.append("\(groups)x\(inner)->\(outer) \(window.told)")
    let op = ConvTranspose(attributes: Attributes(attributes))
    return try finish(layer(op, [x, weight, bias], weight: 1))
  }

  /// A pooling over windows, or over whole images.
  mutating func pooling() throws -> [ValueID] {
    let axes = dice.pick([1, 2, 2, 2, 3])
    let shape = { (window: DrawnWindow, dice: inout Dice) in
      [dice.roll(1...2), dice.pick([1, 3, 4, 8, 16, 17, 33])] + window.extents
    }
    var window = self.window(axes)
    for axis in 0..<axes {
      window.begin[axis] = min(window.begin[axis], window.kernel[axis] - 1)
      window.end[axis] = min(window.end[axis], window.kernel[axis] - 1)
      let reach = (window.kernel[axis] - 1) * window.dilations[axis]
      window.extents[axis] = max(window.extents[axis], reach + 1)
    }
    var attributes = window.attributes
    attributes["kernel_shape"] = .ints(window.kernel)
    attributes["ceil_mode"] = .int(dice.roll(0...1))
    told.append(window.told)
    let x = try image(shape(window, &dice))
    switch dice.roll(0...5) {
    case 0, 1: return try finish(layer(MaxPool(attributes: Attributes(attributes)), [x]))
    case 2, 3:
      attributes["count_include_pad"] = .int(dice.roll(0...1))
      return try finish(layer(AveragePool(attributes: Attributes(attributes)), [x]))
    case 4: return try finish(layer(GlobalAveragePool(), [x]))
    default: return try finish(layer(GlobalMaxPool(), [x]))
    }
  }
}
