/// Room for many small things that are given back all at once.
final class Slab<Element> {
  private static var least: Int { 256 }
  private var chunks: [UnsafeMutableBufferPointer<Element>] = []
  private var chunk = 0
  private var used = 0

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  /// A copy of elements, which must be trivial; it stays where it is until all is given back.
  func take(_ elements: some Collection<Element>) -> UnsafeMutablePointer<Element> {
    while chunk < chunks.count, chunks[chunk].count - used < elements.count {
      (chunk, used) = (chunk + 1, 0)
    }
    if chunk == chunks.count {
      chunks.append(.allocate(capacity: max(elements.count, Self.least)))
    }
    let part = UnsafeMutableBufferPointer(
      rebasing: chunks[chunk][used..<(used + elements.count)])
    _ = part.initialize(from: elements)
    used += elements.count
    return part.baseAddress ?? UnsafeMutablePointer<Element>.allocate(capacity: 1)
  }

  /// Gives everything back.
  func reset() { (chunk, used) = (0, 0) }
}
