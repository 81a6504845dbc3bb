import CoppiceC
import CoppiceFiles
import CoppiceIR
import CoppicePassManager
import CoppiceRecords
import Crypto
import Synchronization

/// The state of a pass in a file: lines of text that say what it belongs to, then a key and a value a
/// line, in hexadecimal.
///
/// The file is always whole: it is written beside its place and moved there, now and then and when a
/// signal ends the program.
final class StateFile: MeasuringState {
  private struct Notes {
    var values: [[UInt8]: [UInt8]] = [:]
    var order: [[UInt8]] = []
    var saved = 0
    var isBegun = false
    var nextSave = ContinuousClock.now

    var isSaved: Bool { isBegun && saved == order.count }

    var lines: String {
      order.map { "\(hexadecimal($0)) \(hexadecimal(values[$0] ?? []))\n" }.joined()
    }
  }

  private let path: String
  private let head: String
  private let notes: Mutex<Notes>
  private let undo = Mutex(0)

  /// Opens a file, or prepares to begin it.
  ///
  /// - Throws: `state-mismatch` when it belongs to something else, `state-file` when it is none.
  init(_ path: String, _ owner: StateOwner) throws(DiagnosticMessage) {
    self.path = path
    let marks = StateMarks(owner)
    head = marks.lines.joined(separator: "\n")
    var notes = Notes()
    if exists(path) {
      let lines = try Self.lines(of: path)
      try marks.check(lines, path)
      for (number, line) in lines.enumerated().dropFirst(marks.lines.count) {
        guard let (key, value) = Self.pair(line) else {
          throw .damaged(path, "line \(number + 1) is no pair of hexadecimal numbers")
        }
        if notes.values.updateValue(value, forKey: key) == nil { notes.order.append(key) }
      }
      notes.saved = notes.order.count
      notes.isBegun = true
    }
    self.notes = Mutex(notes)
    let id = Interruption.onEnd { [weak self] in try? self?.save() }
    undo.withLock { $0 = id }
  }

  deinit { Interruption.forget(undo.withLock { $0 }) }

  func value(_ key: [UInt8]) -> [UInt8]? { notes.withLock { $0.values[key] } }

  func note(_ value: [UInt8], _ key: [UInt8]) throws(DiagnosticMessage) {
    let isDue = notes.withLock { notes in
      if notes.values.updateValue(value, forKey: key) == nil { notes.order.append(key) }
      return ContinuousClock.now >= notes.nextSave
    }
    if isDue { try save() }
  }

  func save() throws(DiagnosticMessage) {
    try Interruption.whole { () throws(DiagnosticMessage) in try write() }
  }

  private func write() throws(DiagnosticMessage) {
    let start = ContinuousClock.now
    let found = notes.withLock { $0.isSaved ? nil : (lines: $0.lines, count: $0.order.count) }
    guard let found else { return }
    var output = try FileOutput(path: path)
    try output.write(Array("\(head)\n\(found.lines)".utf8))
    try output.commit()
    let took = ContinuousClock.now - start
    notes.withLock { notes in
      notes.saved = found.count
      notes.isBegun = true
      notes.nextSave = .now + max(.seconds(1), took * 20)
    }
  }

  private static func lines(of path: String) throws(DiagnosticMessage) -> [Substring] {
    let text = try read(path).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    guard text.hasPrefix("\(StateMarks.format)\n"), text.hasSuffix("\n") else {
      throw .damaged(path, "it does not begin with '\(StateMarks.format)', or its end is missing")
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  private static func pair(_ line: Substring) -> ([UInt8], [UInt8])? {
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, let key = bytes(parts[0]), let value = bytes(parts[1]) else {
      return nil
    }
    return (key, value)
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}

/// What a state belongs to, a line each.
private struct StateMarks {
  static let format = "coppice-state/1"

  private let marks: [(name: String, value: String, what: String)]

  init(_ owner: StateOwner) {
    marks = [
      ("tool", coppiceVersion, "another version of the tool"),
      ("model", Self.hash(of: owner.graph, owner.gates), "another model"),
      ("data", Self.hash(of: owner.samples), "other samples or labels"),
      ("options", owner.options, "other options"),
    ]
  }

  var lines: [String] { [Self.format] + marks.map { "\($0.name) \($0.value)" } }

  func check(_ found: [Substring], _ path: String) throws(DiagnosticMessage) {
    for (number, mark) in marks.enumerated() {
      guard found.count > number + 1, found[number + 1].hasPrefix("\(mark.name) ") else {
        throw .damaged(path, "line \(number + 2) does not say the \(mark.name)")
      }
      let value = found[number + 1].dropFirst(mark.name.count + 1)
      if value != mark.value { throw .mismatch(path, mark.what, mark.name, value, mark.value) }
    }
  }

  private static func hash(of graph: Graph, _ gates: ModelGates) -> String {
    var hash = SHA256()
    hash.update(data: Array(graph.text(TextOptions(elidedAbove: 0)).utf8))
    for value in graph.constantValues {
      graph.constant(value)?.dense.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    for reading in gates.readings {
      let table = reading.gates.map { $0.map(String.init) ?? "-" }.joined(separator: " ")
      hash.update(data: Array("\(reading.node) \(reading.operand) \(reading.axis) \(table)\n".utf8))
    }
    return hexadecimal(Array(hash.finalize()))
  }

  private static func hash(of samples: ModelSamples) -> String {
    var hash = SHA256()
    func add(_ list: [[Bytes]]) {
      for bytes in list.joined() {
        hash.update(data: Array("\(bytes.count) ".utf8))
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
      }
    }
    add(samples.inputs)
    switch samples.targets {
    case .none: hash.update(data: Array("none".utf8))
    case .classes(let classes): hash.update(data: Array("classes \(classes)".utf8))
    case .values(let values):
      hash.update(data: Array("values".utf8))
      add(values)
    }
    return hexadecimal(Array(hash.finalize()))
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension DiagnosticMessage {
  fileprivate static func damaged(_ path: String, _ reason: String) -> Self {
    Self("state-file", "'\(path)' is no state file of coppice: \(reason); name another file")
  }

  fileprivate static func mismatch(
    _ path: String, _ what: String, _ name: String, _ found: Substring, _ wanted: String
  ) -> Self {
    Self(
      "state-mismatch",
      "the state in '\(path)' is of \(what); name another file, or remove it to begin anew",
      notes: ["\(name) there: \(found)", "\(name) here: \(wanted)"])
  }
}

/// Opens state files for passes, and remembers which.
final class OpenedStates: Sendable {
  private let opened = Mutex<[(path: String, file: StateFile)]>([])

  var paths: [String] { opened.withLock { $0.map(\.path) } }

  @Sendable func open(
    _ path: String, _ owner: StateOwner
  ) throws(DiagnosticMessage) -> any MeasuringState {
    let file = try StateFile(path, owner)
    opened.withLock { $0.append((path, file)) }
    return file
  }
}
