internal import CPluginABI
internal import CoppiceFiles
public import CoppiceIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Loads passes from shared libraries (`--load-pass-plugin`).
///
/// A plugin is compiled against this build's modules and leaves IR undefined, so that it binds to
/// the host's copy. It has two C functions:
/// ```
/// @c(coppice_plugin_abi) public func abi() -> UnsafePointer<CChar> { coppice_plugin_fingerprint() }
/// @c(coppice_plugin_register) public func register(_ registry: UnsafeMutableRawPointer) {
///   PassRegistry.add([MyPass.self], to: registry)
/// }
/// ```
public enum PluginLoader {
  private typealias Fingerprint = @convention(c) () -> UnsafePointer<CChar>?
  private typealias Register = @convention(c) (UnsafeMutableRawPointer) -> Void

  /// The fingerprint that a plugin must have.
  public static var fingerprint: String { String(cString: coppice_plugin_fingerprint()) }

  /// Loads a plugin for good and adds its passes.
  ///
  /// - Parameters:
  ///   - path: The shared library.
  ///   - registry: Takes the passes.
  /// - Throws: `plugin-file` when it cannot be read, `plugin-stale` when it was compiled against
  ///   another build, `plugin-load` when it cannot be linked.
  public static func load(
    _ path: String, into registry: inout PassRegistry
  ) throws(DiagnosticMessage) {
    try check(embeddedFingerprint(in: path), path)
    let file = path.contains("/") ? path : "./" + path
    guard let handle = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      throw .unloadable(path, dlerror().map { String(cString: $0) } ?? "unknown error")
    }
    guard let abi = dlsym(handle, "coppice_plugin_abi"),
      let register = dlsym(handle, "coppice_plugin_register")
    else {
      throw .unloadable(path, "it lacks coppice_plugin_abi or coppice_plugin_register")
    }
    let found = unsafeBitCast(abi, to: Fingerprint.self)()
    try check(found.map { String(cString: $0) }, path)
    withUnsafeMutablePointer(to: &registry) { pointer in
      unsafeBitCast(register, to: Register.self)(UnsafeMutableRawPointer(pointer))
    }
  }

  private static func check(_ found: String?, _ path: String) throws(DiagnosticMessage) {
    guard let found else { throw .noFingerprint(path) }
    guard found == fingerprint else { throw .stale(path, found, fingerprint) }
  }

  /// The fingerprint in a file that was not loaded yet: linking alone could touch Swift objects.
  private static func embeddedFingerprint(in path: String) throws(DiagnosticMessage) -> String? {
    let file: InputFile
    do throws(InputFault) {
      file = try InputFile(path: path)
    } catch {
      throw .unreadable(error)
    }
    return withExtendedLifetime(file) { text(startingWith: coppice_plugin_mark(), in: file.bytes) }
  }

  private static func text(
    startingWith mark: UnsafePointer<CChar>, in bytes: UnsafeRawBufferPointer
  ) -> String? {
    guard let memory = bytes.baseAddress else { return nil }
    let (length, size) = (strlen(mark), bytes.count)
    var offset = 0
    while offset + length <= size {
      let place = memory + offset
      guard let next = memchr(place, Int32(mark[0]), size - offset - length + 1) else { return nil }
      if memcmp(next, mark, length) == 0 {
        let rest = UnsafeRawBufferPointer(
          start: next, count: size - (UnsafeRawPointer(next) - memory))
        return String(decoding: rest.prefix(512).prefix { $0 != 0 }, as: UTF8.self)
      }
      offset = UnsafeRawPointer(next) - memory + 1
    }
    return nil
  }
}

extension PassRegistry {
  /// Adds a plugin's passes; called from its `coppice_plugin_register`.
  ///
  /// - Parameters:
  ///   - passes: The plugin's passes.
  ///   - registry: What the host handed over.
  public static func add(_ passes: [any Pass.Type], to registry: UnsafeMutableRawPointer) {
    let registry = registry.assumingMemoryBound(to: PassRegistry.self)
    for pass in passes { registry.pointee.register(pass) }
  }
}

extension DiagnosticMessage {
  fileprivate static func unreadable(_ fault: InputFault) -> Self {
    let reason = fault.kind == .kind ? "it is not a regular file" : fault.reason
    return Self("plugin-file", "cannot read the plugin '\(fault.path)': \(reason)")
  }

  fileprivate static func noFingerprint(_ path: String) -> Self {
    Self(
      "plugin-file",
      "'\(path)' is no pass plugin: it has no fingerprint; return coppice_plugin_fingerprint() from "
        + "a C function called coppice_plugin_abi")
  }

  fileprivate static func stale(_ path: String, _ found: String, _ wanted: String) -> Self {
    Self(
      "plugin-stale",
      "the plugin '\(path)' was compiled against another build of coppice or by another compiler; "
        + "compile it again against this one",
      notes: ["the plugin has: \(found)", "this build has: \(wanted)"])
  }

  fileprivate static func unloadable(_ path: String, _ reason: String) -> Self {
    Self("plugin-load", "cannot load the plugin '\(path)': \(reason)")
  }
}
