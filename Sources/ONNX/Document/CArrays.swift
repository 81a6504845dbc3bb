/// What protobuf-c calls `n_things` and `things`, as a buffer.
func list<Element>(
  _ start: UnsafeMutablePointer<Element>?, _ count: Int
) -> UnsafeBufferPointer<Element> {
  UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
}

/// The messages of a repeated field.
func messages<Element>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>?, _ count: Int
) -> [UnsafeMutablePointer<Element>] {
  list(start, count).compactMap { $0 }
}

/// The texts of a repeated field.
func texts(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  list(start, count).map { text($0) }
}

/// A text field, empty if it is not set; bytes that are not UTF-8 are repaired.
func text(_ start: UnsafePointer<CChar>?) -> String {
  start.map { String(cString: $0) } ?? ""
}
