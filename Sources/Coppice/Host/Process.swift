import CoppiceFiles
import Glibc

/// Runs a program and waits for it.
///
/// - Parameters:
///   - arguments: The program, looked up on the PATH, and its arguments.
///   - errors: The file that takes its standard output and error.
/// - Returns: Its exit status; 128 and more when a signal ended it, -1 when it could not start.
func runProcess(_ arguments: [String], errors: String) -> Int {
  ChildProcess(arguments, errors: errors)?.wait() ?? -1
}

/// A program that runs beside this one; it is ended when nobody refers to it any more, or when a
/// signal ends this one.
///
/// It gets a process group of its own, so that it can be ended with all that it started.
final class ChildProcess {
  private var child: pid_t
  private var undo: Int?
  /// The end of the pipe that its standard output can be read from.
  private var output: Int32?
  /// Why its output could not be read.
  private(set) var fault: String?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: The program, looked up on the PATH, and its arguments.
  ///   - errors: The file that takes its standard error, and its standard output unless `piped`.
  ///   - isPiped: Whether `read` gets its standard output.
  ///   - variables: Variables set beside those of this process.
  init?(
    _ arguments: [String], errors: String, isPiped: Bool = false,
    variables: [String: String] = [:]
  ) {
    var ends: [Int32] = [-1, -1]
    if isPiped {
      guard pipe(&ends) == 0 else { return nil }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    defer { if isPiped { close(ends[1]) } }
    let mode = O_WRONLY | O_CREAT | O_APPEND
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, mode, 0o644)
    posix_spawn_file_actions_adddup2(&actions, isPiped ? ends[1] : 2, 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGPIPE, SIGXFSZ, SIGBUS] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var mask = Interruption.inheritedMask
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    child = 0
    output = isPiped ? ends[0] : nil
    let (words, settings) = (StringList(arguments), StringList(environment(with: variables)))
    let isStarted = Interruption.whole {
      let status = posix_spawnp(
        &child, arguments[0], &actions, &attributes, words.pointers, settings.pointers)
      if status != 0 { return false }
      let started = child
      undo = Interruption.onEnd { endGroup(started) }
      return true
    }
    withExtendedLifetime((words, settings)) {}
    if !isStarted {
      child = 0
      return nil
    }
  }

  deinit {
    closeOutput()
    if child > 0 {
      kill(-child, SIGKILL)
      _ = wait()
    }
  }

  /// Reads as much as there is room for.
  ///
  /// - Parameter target: The room.
  /// - Returns: Whether it was filled before the program closed its output.
  func read(into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard let output else { return false }
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let count = Glibc.read(output, base + done, target.count - done)
      if count > 0 {
        done += count
      } else if count == 0 {
        return false
      } else if errno != EINTR {
        fault = String(cString: strerror(errno))
        return false
      }
    }
    return true
  }

  /// Waits for its end.
  ///
  /// Its output is closed first, so that it does not wait for a reader.
  ///
  /// - Returns: Its exit status; 128 and more when a signal ended it, -1 when it is gone already.
  func wait() -> Int {
    guard child > 0 else { return -1 }
    closeOutput()
    defer { child = 0 }
    // Its group must not be signalled any more when its number is free again.
    var information = siginfo_t()
    while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    var status: Int32 = 0
    let isReaped = Interruption.whole {
      if let undo { Interruption.forget(undo) }
      while waitpid(child, &status, 0) < 0 {
        if errno != EINTR { return false }
      }
      return true
    }
    guard isReaped else { return -1 }
    let signal = status & 0x7F
    return signal == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(signal)
  }

  private func closeOutput() {
    if let output { close(output) }
    output = nil
  }
}

/// Ends a program and all that it started: a second to clean up, then at once.
private func endGroup(_ leader: pid_t) {
  kill(-leader, SIGTERM)
  var information = siginfo_t()
  for _ in 0..<100 {
    if waitid(P_PID, id_t(leader), &information, WEXITED | WNOWAIT | WNOHANG) != 0 { break }
    if information.si_signo != 0 { break }
    usleep(10_000)
  }
  kill(-leader, SIGKILL)
}

/// The variables of this process, some of them set otherwise.
private func environment(with variables: [String: String]) -> [String] {
  var result: [String] = []
  var entry = environ
  while let text = entry.pointee {
    let setting = String(cString: text)
    let name = setting.prefix { $0 != "=" }
    if variables[String(name)] == nil { result.append(setting) }
    entry += 1
  }
  return result + variables.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
}

/// Strings as C wants them: a list of pointers with null at its end.
private final class StringList {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointers = .allocate(capacity: count + 1)
    pointers.initialize(repeating: nil, count: count + 1)
    for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}

/// A folder that is removed with everything in it.
final class ScratchFolder: Sendable {
  /// Where temporary folders are made.
  static var base: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  let path: String
  private let undo: Int

  init?() {
    var template = Array((Self.base + "/coppice-XXXXXX").utf8CString)
    let made = Interruption.whole { () -> (path: String, undo: Int)? in
      guard let made = mkdtemp(&template) else { return nil }
      let path = String(cString: made)
      return (path, Interruption.onEnd { removeFolder(path) })
    }
    guard let made else { return nil }
    (path, undo) = made
  }

  deinit {
    removeFolder(path)
    Interruption.forget(undo)
  }
}
