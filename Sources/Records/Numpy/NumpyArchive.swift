package import CoppiceIR

/// The arrays of an npz file, which is a zip of npy files, stored or deflated.
package struct NumpyArchive: Sendable {
  /// What messages call the file.
  package let name: String

  /// The arrays by name, in the order of the archive's directory.
  package let arrays: [(name: String, array: NumpyArray)]

  package init(path: String) throws(DiagnosticMessage) { try self.init(FileBytes(path: path)) }

  package init(_ file: FileBytes) throws(DiagnosticMessage) {
    var arrays: [(name: String, array: NumpyArray)] = []
    for member in try ZipDirectory(file).members where member.name.hasSuffix(".npy") {
      let bytes = try member.contents(in: file)
      let name = String(member.name.dropLast(4))
      guard !arrays.contains(where: { $0.name == name }) else {
        throw .zip(file, "the member '\(name)' stands twice")
      }
      let array = try bytes.withUnsafeBufferPointer { (buffer) throws(DiagnosticMessage) in
        try NumpyArray(
          npy: UnsafeRawBufferPointer(buffer), name: "\(file.name):\(member.name)")
      }
      arrays.append((name, array))
    }
    self.arrays = arrays
    name = file.name
  }

  package subscript(name: String) -> NumpyArray? {
    arrays.first { $0.name == name }?.array
  }
}
