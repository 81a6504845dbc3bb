extension Graph {
  /// Forgets a constant that nobody reads, and frees its elements.
  ///
  /// - Parameter value: A value that is a constant.
  @_spi(RawEditing) public mutating func removeConstant(_ value: ValueID) {
    guard case .constant(let id) = self[value].definition else { return }
    let type = self[value].type
    constantTable[id.index] = Constant(TensorType(type.element, [0]), .dense(Bytes([UInt8]())))
    valueTable[value.index].definition = .none
    usedNames.remove(self[value].name)
  }
}
