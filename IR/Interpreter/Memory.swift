/// The memory behind a buffer while a program is interpreted.
struct Memory {
  let base: UnsafeMutableRawPointer
  let buffer: Buffer
  let isWritable: Bool
}

/// Owns the memory of a run and remembers the first fault.
///
/// Constants and inputs are borrowed; what a program may write starts as bytes 0xFF, so that reading
/// what was never written shows.
final class Memories {
  private(set) var table: [Int: Memory] = [:]
  private var borrowed: [Bytes] = []
  private var owned: [UnsafeMutableRawPointer] = []
  /// Set when an access lies outside of its buffer; loops stop on it.
  let faulted: UnsafeMutablePointer<Bool>
  private(set) var fault: String?
  /// Turns of loops that may still be made; below 0 when they were too many.
  let turns: UnsafeMutablePointer<Int>
  /// The variables and the tapes of the kernel that runs.
  let integers = Slab<Int64>()
  let reals = Slab<Double>()
  let operations = Slab<Tape.Operation>()

  init() {
    turns = .allocate(capacity: 1)
    turns.initialize(to: .max)
    faulted = .allocate(capacity: 1)
    faulted.initialize(to: false)
  }

  deinit {
    for memory in owned { memory.deallocate() }
    faulted.deallocate()
    turns.deallocate()
  }

  /// Makes bytes readable as a buffer.
  func borrow(_ bytes: Bytes, as buffer: Buffer) throws(DiagnosticMessage) {
    let needed = buffer.element.byteCount(buffer.count)
    guard bytes.count >= needed else {
      throw .fault("buffer \(buffer.id) needs \(needed) bytes, but \(bytes.count) were given")
    }
    let bytes = bytes.resident
    borrowed.append(bytes)
    let start = bytes.withUnsafeBytes {
      $0.baseAddress.map(UnsafeMutableRawPointer.init(mutating:))
    }
    table[buffer.id] = Memory(base: start ?? allocate(1), buffer: buffer, isWritable: false)
  }

  /// Makes memory that a program may write.
  func reserve(_ buffer: Buffer) {
    let count = max(buffer.element.byteCount(buffer.count), 1)
    let memory = Memory(base: allocate(count), buffer: buffer, isWritable: true)
    // The bits behind the last element of a byte are zero.
    if buffer.element.bits < 8 {
      memory.base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }
    table[buffer.id] = memory
  }

  /// What stands in a buffer now.
  func bytes(of buffer: Buffer) throws(DiagnosticMessage) -> Bytes {
    let memory = try memory(of: buffer)
    let count = buffer.element.byteCount(buffer.count)
    return Bytes(count: count) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(start: memory.base, count: count))
    }
  }

  func memory(of buffer: Buffer) throws(DiagnosticMessage) -> Memory {
    guard let memory = table[buffer.id], memory.buffer == buffer else {
      throw .fault("buffer \(buffer.id) is not declared as \(buffer.element)[\(buffer.count)]")
    }
    return memory
  }

  /// Notes an access that lies outside; nothing was read or written.
  func report(_ buffer: Buffer, _ index: Int64, isStore: Bool) {
    faulted.pointee = true
    guard fault == nil else { return }
    let verb = isStore ? "store to" : "load from"
    fault = "a \(verb) element \(index) of buffer \(buffer.id), which has \(buffer.count)"
  }

  /// Takes turns of a loop off what is allowed; stops all loops when that is used up.
  func spend(_ count: Int64) {
    guard count > 0 else { return }
    turns.pointee = turns.pointee.subtractingReportingOverflow(Int(count)).partialValue
    if turns.pointee < 0 { faulted.pointee = true }
  }

  func check() throws(DiagnosticMessage) {
    if let fault { throw .fault(fault) }
    if turns.pointee < 0 { throw .foldedWork }
  }

  private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: count)
    owned.append(memory)
    return memory
  }
}

extension DiagnosticMessage {
  /// A fault of the compiler, found by the interpreter.
  package static func fault(_ text: String) -> DiagnosticMessage {
    DiagnosticMessage("compiler-fault", text + "; this is a fault of the compiler")
  }
}
