package import CoppiceFiles
import Crypto
import Glibc

/// The files beside a model that hold its external data, each mapped once.
///
/// Locations are confined to the model's folder: absolute paths, `..`, and links that lead out of it
/// are refused.
package final class ExternalFiles {
  private let folder: String
  private var files: [String: InputFile] = [:]
  /// The SHA-1 of files whose checksum was asked for, by location.
  private var digests: [String: String] = [:]

  /// Serves the external data of the model at a path.
  package init(modelPath: String) {
    let parts = modelPath.split(separator: "/", omittingEmptySubsequences: false)
    let parent = parts.dropLast().joined(separator: "/")
    folder = parts.count < 2 ? "." : parent.isEmpty ? "/" : parent
  }

  /// The files that were opened.
  package var paths: [String] { files.values.map(\.path).sorted() }

  /// The file at a location, which must lie in the model's folder.
  package func file(at location: String) throws(WireFault) -> InputFile {
    if let known = files[location] { return known }
    let path = try confined(location)
    let file = try InputFile.model(path)
    files[location] = file
    return file
  }

  /// Compares a file with the checksum that the model has for it.
  ///
  /// - Parameters:
  ///   - checksum: The SHA-1 of the whole file, in hexadecimal.
  ///   - location: The file.
  /// - Throws: `external-checksum` when they differ, and what is wrong with the file's path.
  /// - Complexity: O(bytes of the file), once for each file.
  package func verify(_ checksum: String, of location: String) throws(WireFault) {
    let wanted = checksum.lowercased()
    guard wanted.utf8.count == 40, wanted.allSatisfy(\.isHexDigit) else {
      throw WireFault(
        "external-checksum",
        "the checksum '\(checksum.prefix(80))' of external data '\(location)' is no SHA-1; 40 "
          + "hexadecimal digits are")
    }
    let file = try file(at: location)
    let found = digests[location] ?? digest(of: file)
    digests[location] = found
    guard found == wanted else {
      throw WireFault(
        "external-checksum",
        "external data '\(location)' has the SHA-1 \(found), but the model was made with \(wanted); "
          + "the file was damaged or belongs to another model")
    }
  }

  private func digest(of file: InputFile) -> String {
    var hash = Insecure.SHA1()
    hash.update(bufferPointer: file.bytes)
    return hash.finalize().map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
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
