#if canImport(Darwin)
  package import Darwin
#elseif canImport(Musl)
  package import Musl
#else
  package import Glibc
#endif

/// What has to be undone when a signal ends the program: temporary folders, files that are not
/// committed, programs that were started.
///
/// `watch` blocks the signals that ask a program to end and lets one thread wait for them, so that
/// the undoing is ordinary code. A signal that the program was started to ignore stays ignored.
/// Without `watch`, in a program that only uses the library, nothing is done about signals.
package enum Interruption {
  nonisolated(unsafe) private static var undos: [(id: Int, action: () -> Void)] = []
  nonisolated(unsafe) private static var lastID = 0
  nonisolated(unsafe) private static var mask: sigset_t?
  private static let gate = Gate()

  /// Runs work that must not be cut by a signal; it waits forever once the program is ending.
  package static func whole<Result, Fault>(
    _ body: () throws(Fault) -> Result
  ) throws(Fault) -> Result {
    gate.enter()
    defer { gate.leave() }
    return try body()
  }

  /// Waits if the program is being ended, so that nothing is said and no status returned meanwhile.
  package static func settle() { whole {} }

  /// Notes what a signal has to undo.
  ///
  /// - Returns: What `forget` takes.
  package static func onEnd(_ action: @escaping () -> Void) -> Int {
    whole {
      lastID += 1
      undos.append((lastID, action))
      return lastID
    }
  }

  /// Forgets what was noted.
  package static func forget(_ id: Int) {
    whole { undos.removeAll { $0.id == id } }
  }

  /// The signals that a program started by this one shall have blocked.
  package static var inheritedMask: sigset_t {
    if let mask { return mask }
    var current = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &current)
    return current
  }

  /// The signals that ask a program to end.
  private static let watched = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// Begins to wait for signals; called once, before there are other threads.
  ///
  /// - Parameter fault: Told when a mapped file became shorter; the program then ends with status 2.
  package static func watch(fault: @escaping (String) -> Void) {
    var signals = sigset_t()
    var before = sigset_t()
    sigemptyset(&signals)
    for signal in watched where !isIgnored(signal) { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    mask = before
    // The thread that reads the file stops here; the one that waits does what is to be done.
    signal(SIGBUS) { _ in
      kill(getpid(), SIGBUS)
      while true { pause() }
    }
    sigaddset(&signals, SIGBUS)
    let watcher = Watcher(signals: signals, fault: fault)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Watcher>.fromOpaque(context).takeRetainedValue().wait()
      }, Unmanaged.passRetained(watcher).toOpaque())
    pthread_detach(thread)
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Undoes everything and lets nobody go on.
  fileprivate static func undoAll() {
    gate.enter()
    while let last = undos.popLast() { last.action() }
  }
}

/// The thread that waits for signals.
private final class Watcher {
  private var signals: sigset_t
  private let fault: (String) -> Void

  init(signals: sigset_t, fault: @escaping (String) -> Void) {
    self.signals = signals
    self.fault = fault
  }

  func wait() -> Never {
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var caught: Int32 = 0
    while sigwait(&signals, &caught) != 0 {}
    Interruption.undoAll()
    guard caught == SIGBUS else { die(by: caught) }
    fault(MappedRegions.shortened() ?? "a file")
    _exit(2)
  }

  private func die(by caught: Int32) -> Never {
    signal(caught, SIG_DFL)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(caught)
    _exit(128 + caught)
  }
}

/// A lock that its holder may take again.
private final class Gate: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  func enter() { pthread_mutex_lock(mutex) }
  func leave() { pthread_mutex_unlock(mutex) }
}
