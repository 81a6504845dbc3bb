internal import CoppiceIR

/// A recursive-descent parser that goes on after an error at the next step of the list.
struct PipelineParser {
  private let text: PipelineText
  private var position = 0
  private var depth = 0
  private(set) var errors: [Diagnostic] = []

  /// Deeper lists are refused, so that hostile text cannot exhaust the stack.
  private static let deepest = 32

  init(_ text: PipelineText) { self.text = text }

  mutating func parse() -> Pipeline {
    skipSpace()
    guard peek != nil else { return Pipeline() }
    let pipeline = parseList()
    if peek != nil { fail("this ')' closes nothing") }
    return pipeline
  }

  /// A comma-separated list; stops before `)` or at the end.
  private mutating func parseList() -> Pipeline {
    var steps: [PipelineStep] = []
    while true {
      skipSpace()
      if let step = parseStep() { steps.append(step) } else { recover() }
      skipSpace()
      if take(",") { continue }
      if peek == nil || (peek == ")" && depth > 0) { return Pipeline(steps) }
      fail("expected ',' or the end of the list here")
      if peek == ")" { position += 1 }
      recover()
      if !take(",") { return Pipeline(steps) }
    }
  }

  private mutating func parseStep() -> PipelineStep? {
    let start = position
    if take("@") { return name("a preset").map { PipelineStep(.preset($0), offset: start) } }
    if take("!") { return name("a pass").map { PipelineStep(.drop($0), offset: start) } }
    guard let name = name("a pass") else { return nil }
    skipSpace()
    switch name {
    case "fix":
      return parseBody().map { PipelineStep(.fix($0), offset: start) }
    case "only":
      guard let scope = parseScope() else { return nil }
      skipSpace()
      return parseBody().map { PipelineStep(.only(scope, $0), offset: start) }
    case "schedule":
      guard peek == "{" else {
        return fail("expected '{' and options such as to=0.8,steps=5 here")
      }
      guard let options = parseOptions() else { return nil }
      skipSpace()
      return parseBody().map { PipelineStep(.schedule(options, $0), offset: start) }
    default:
      guard peek == "{" else { return PipelineStep(.pass(name: name, options: []), offset: start) }
      return parseOptions().map { PipelineStep(.pass(name: name, options: $0), offset: start) }
    }
  }

  private mutating func parseBody() -> Pipeline? {
    let open = position
    guard take("(") else { return fail("expected '(' and a list of passes here") }
    guard depth < Self.deepest else {
      position = text.characters.count
      return fail("lists are nested deeper than \(Self.deepest)", at: open)
    }
    depth += 1
    let body = parseList()
    depth -= 1
    guard take(")") else { return fail("this '(' is not closed", at: open) }
    return body
  }

  private mutating func parseOptions() -> [PipelineOption]? {
    var options: [PipelineOption] = []
    let closed = parseBraces { parser, start in
      guard let key = parser.name("an option") else { return false }
      parser.skipSpace()
      guard parser.take("=") else { return parser.fail("expected '=' after '\(key)'") ?? false }
      guard let value = parser.value() else { return false }
      if options.contains(where: { $0.key == key }) {
        parser.fail("option '\(key)' is given twice", at: start)
      }
      options.append(PipelineOption(key, value, offset: start))
      return true
    }
    return closed ? options : nil
  }

  private mutating func parseScope() -> NodeScope? {
    guard peek == "{" else {
      return fail("expected '{' and a condition such as name~\"head/*\" here")
    }
    var conditions: [NodeScope.Condition] = []
    let (open, before) = (position, errors.count)
    let closed = parseBraces { parser, start in
      guard let word = parser.name("'name' or 'op'") else { return false }
      guard let subject = NodeScope.Subject(rawValue: word) else {
        return parser.fail("nodes are chosen by 'name' or 'op', not '\(word)'", at: start) ?? false
      }
      parser.skipSpace()
      let isGlob = parser.take("~")
      guard isGlob || parser.take("=") else {
        return parser.fail("expected '~' (pattern) or '=' (exact) after '\(word)'") ?? false
      }
      parser.skipSpace()
      let place = parser.position
      guard let pattern = parser.value() else { return false }
      let condition = NodeScope.Condition(subject, isGlob: isGlob, pattern)
      if let fault = condition.fault { parser.report(fault, at: place) }
      conditions.append(condition)
      return true
    }
    if closed, conditions.isEmpty, errors.count == before {
      fail("'only' needs a condition", at: open)
    }
    return closed ? NodeScope(conditions) : nil
  }

  /// `{`, entries with commas between, `}`; an entry that fails is skipped.
  private mutating func parseBraces(_ entry: (inout Self, Int) -> Bool) -> Bool {
    let (open, before) = (position, errors.count)
    position += 1
    skipSpace()
    if take("}") { return true }
    while true {
      skipSpace()
      if !entry(&self, position) { skipEntry() }
      skipSpace()
      if take("}") { return true }
      if take(",") { continue }
      guard peek != nil else { return unclosed(open, unless: errors.count > before) }
      fail("expected ',' or '}' here")
      skipEntry()
      if take("}") { return true }
      if !take(",") { return false }
    }
  }

  private mutating func unclosed(_ open: Int, unless reported: Bool) -> Bool {
    if !reported { fail("this '{' is not closed", at: open) }
    return false
  }

  /// A quoted value, or a bare one up to `,` or `}`.
  private mutating func value() -> String? {
    skipSpace()
    if peek == "\"" { return quotedValue() }
    let start = position
    while let next = peek, next != ",", next != "}" { position += 1 }
    var bare = text.characters[start..<position]
    while bare.last?.isWhitespace ?? false { bare.removeLast() }
    if bare.isEmpty { return fail("expected a value here", at: start) }
    return String(bare)
  }

  private mutating func quotedValue() -> String? {
    let open = position
    position += 1
    var value = ""
    while let next = peek {
      position += 1
      if next == "\"" { return value }
      if next == "\\", let escaped = peek, escaped == "\"" || escaped == "\\" {
        value.append(escaped)
        position += 1
      } else {
        value.append(next)
      }
    }
    return fail("this '\"' is not closed", at: open)
  }

  private mutating func name(_ what: String) -> String? {
    let start = position
    while let next = peek, next.isLetter || next.isNumber || "-_.".contains(next) { position += 1 }
    if start == position { return fail("expected \(what) here") }
    return String(text.characters[start..<position])
  }

  /// Skips to the `,` or `}` that ends an entry between braces.
  private mutating func skipEntry() {
    while let next = peek, next != ",", next != "}" { position += 1 }
  }

  /// Skips to the `,` or `)` that ends a step.
  private mutating func recover() {
    var nested = 0
    while let next = peek {
      if nested == 0, next == "," || (next == ")" && depth > 0) { return }
      if "({".contains(next) { nested += 1 }
      if ")}".contains(next), nested > 0 { nested -= 1 }
      position += 1
    }
  }

  private var peek: Character? {
    position < text.characters.count ? text.characters[position] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek == character else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while peek?.isWhitespace ?? false { position += 1 }
  }

  @discardableResult
  private mutating func fail<Result>(_ words: String, at offset: Int? = nil) -> Result? {
    errors.append(text.error("pipeline-syntax", words, at: offset ?? position))
    return nil
  }

  private mutating func fail(_ words: String, at offset: Int? = nil) {
    errors.append(text.error("pipeline-syntax", words, at: offset ?? position))
  }

  private mutating func report(_ message: DiagnosticMessage, at offset: Int) {
    errors.append(text.error(message.id, message.text, at: offset))
  }
}
