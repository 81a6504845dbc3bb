import Glibc

/// The files beside a model that hold its external data, each mapped once.
///
/// Locations are confined to the model's folder: absolute paths, `..`, and links that lead out of it
/// are refused.
package final class ExternalFiles {
  private let folder: String
  private var files: [String: MappedFile] = [:]

  /// Serves the external data of the model at a path.
  package init(modelPath: String) {
    let parts = modelPath.split(separator: "/", omittingEmptySubsequences: false)
    let parent = parts.dropLast().joined(separator: "/")
    folder = parts.count < 2 ? "." : parent.isEmpty ? "/" : parent
  }

  /// The file at a location, which must lie in the model's folder.
  package func file(at location: String) throws(WireFault) -> MappedFile {
    if let known = files[location] { return known }
    let path = try confined(location)
    let file = try MappedFile(path: path)
    files[location] = file
    return file
  }

  private func confined(_ location: String) throws(WireFault) -> String {
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.utf8.contains(0) else {
      throw WireFault("external-location", "an external tensor has an empty location")
    }
    guard !location.hasPrefix("/"), !parts.contains("..") else {
      throw WireFault(
        "external-outside",
        "external data '\(location)' must be a path inside the model's folder, without '..'")
    }
    guard let root = resolved(folder) else {
      throw WireFault("external-missing", "the model's folder '\(folder)' cannot be resolved")
    }
    guard let path = resolved(folder + "/" + location) else {
      throw WireFault(
        "external-missing",
        "external data '\(location)' is missing: \(String(cString: strerror(errno)))")
    }
    guard path.hasPrefix(root == "/" ? "/" : root + "/") else {
      throw WireFault(
        "external-outside", "external data '\(location)' is a link out of the model's folder")
    }
    return path
  }

  private func resolved(_ path: String) -> String? {
    guard let buffer = realpath(path, nil) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }
}
