import CoppiceIR

extension LayerInput {
  /// What the gates of a recurrent layer sum over: its input at every step, or its own states.
  ///
  /// The states are those of the step before: all of them are in result 0, but the first, which is
  /// zero where no other is given.
  static func recurrence(
    _ reader: Weight.Reader, in graph: Graph
  ) throws(LayerRefusal) -> LayerInput {
    let node = graph[reader.node]
    guard node.operand(4) == nil else {
      throw LayerRefusal("its sequences end early (sequence_lens)")
    }
    guard let x = node.operand(0), let weight = node.operand(reader.operand) else {
      throw LayerRefusal("its input is absent")
    }
    let (type, directions) = (graph[x].type, graph[weight].type.shape[0])
    if reader.operand == 1 {
      let steps = (0..<type.shape[0] * type.shape[1]).map { Int32($0 * type.shape[2]) }
      return LayerInput(
        x, type, groups: directions, channels: type.shape[2], places: [steps], channelStride: 1)
    }
    guard node.operand(5) == nil else {
      throw LayerRefusal("its first states (initial_h) are no part of its results")
    }
    guard let states = node.result else {
      throw LayerRefusal("the model does not name its states (result 0)")
    }
    let all = graph[states].type
    let axes = node.op.settings.flag("layout") ? (time: 1, direction: 2, batch: 0) : (0, 1, 2)
    let isReverse = { (direction: Int) in
      direction == 1 || node.op.settings.string("direction") == "reverse"
    }
    let places = (0..<directions).map { direction in
      previousStates(all, axes, direction, isReverse(direction))
    }
    return LayerInput(
      states, all, groups: directions, channels: all.shape[3], places: places, channelStride: 1)
  }

  /// Where the state before each step lies; -1 for the first.
  private static func previousStates(
    _ type: TensorType, _ axes: (time: Int, direction: Int, batch: Int), _ direction: Int,
    _ isReverse: Bool
  ) -> [Int32] {
    let strides = rowMajorStrides(type.shape)
    let steps = type.shape[axes.time]
    return (0..<steps).flatMap { step in
      let before = isReverse ? step + 1 : step - 1
      return (0..<type.shape[axes.batch]).map { sample -> Int32 in
        guard (0..<steps).contains(before) else { return -1 }
        let place = before * strides[axes.time] + direction * strides[axes.direction]
        return Int32(place + sample * strides[axes.batch])
      }
    }
  }
}
