import CoppiceIR

extension Operator {
  /// Whether results may be drawn at random, so that two calls are not one.
  var isDrawn: Bool {
    switch self {
    case is RandomNormal, is RandomNormalLike, is RandomUniform, is RandomUniformLike,
      is Multinomial, is Bernoulli, is Dropout:
      true
    default: false
    }
  }

  /// Whether the elements stay in their order, in another shape.
  var isReshape: Bool {
    self is Reshape || self is Flatten || self is Squeeze || self is Unsqueeze
  }

  /// Whether every element of a result is one of an operand's.
  var rearranges: Bool {
    switch self {
    case is Transpose, is Slice, is Split, is Concat, is Expand, is DepthToSpace, is SpaceToDepth,
      is Tile, is Gather:
      true
    default: isReshape
    }
  }

  /// Whether elements change with the others along some axes, and the shape stays.
  var normalizesAxes: Bool {
    switch self {
    case is Softmax, is LogSoftmax, is Hardmax, is LayerNormalization, is RMSNormalization, is LRN,
      is LpNormalization:
      true
    default: false
    }
  }
}
