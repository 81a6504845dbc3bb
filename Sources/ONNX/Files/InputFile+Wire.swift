import CoppiceFiles

extension WireFault {
  /// What is wrong with an input, under the identifiers of model files.
  init(_ fault: InputFault) {
    let id =
      switch fault.kind {
      case .path: "file-path"
      case .open, .kind: "file-open"
      case .read: "file-read"
      case .changed: "file-changed"
      }
    self.init(id, fault.description)
  }
}

extension InputFile {
  /// Opens a model or what belongs to it.
  static func model(_ path: String) throws(WireFault) -> InputFile {
    do { return try InputFile(path: path) } catch { throw WireFault(error) }
  }
}
