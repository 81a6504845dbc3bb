public import CoppiceIR

extension PassRegistry {
  /// Parses a pipeline and finds everything that it names.
  ///
  /// - Parameters:
  ///   - text: The pipeline as typed.
  ///   - file: What messages call the text.
  /// - Returns: The pipeline, ready to run.
  /// - Throws: Every error at once: of the syntax, names and options, each with its column.
  public func resolve(
    _ text: String, file: String = "--passes"
  ) throws(Diagnostics) -> ResolvedPipeline {
    let source = PipelineText(text, file: file)
    var parser = PipelineParser(source)
    let pipeline = parser.parse()
    var resolver = PipelineResolver(registry: self, text: source)
    let steps = resolver.resolve(pipeline)
    let errors =
      faults.map { Diagnostic(.error, $0) }
      + (parser.errors + resolver.errors).sorted(by: comesFirst)
    if !errors.isEmpty { throw Diagnostics(errors) }
    return ResolvedPipeline(steps: steps, text: pipeline.description)
  }
}

private func comesFirst(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
  guard case .text(_, let line, let column) = left.location,
    case .text(_, let otherLine, let otherColumn) = right.location
  else { return false }
  return (line, column) < (otherLine, otherColumn)
}

/// Turns names into passes, collecting every error.
private struct PipelineResolver {
  let registry: PassRegistry
  let text: PipelineText
  /// The presets being expanded, outermost first, and what is dropped from them.
  var presets: [String] = []
  var dropped: Set<String> = []
  var errors: [Diagnostic] = []

  init(registry: PassRegistry, text: PipelineText) {
    self.registry = registry
    self.text = text
  }

  mutating func resolve(_ pipeline: Pipeline) -> [ResolvedPipeline.Step] {
    let outer = dropped
    defer { dropped = outer }
    for step in pipeline.steps {
      if case .drop(let name) = step.kind {
        checkDrop(name, step, in: pipeline)
        dropped.insert(name)
      }
    }
    return pipeline.steps.flatMap { resolve($0) }
  }

  private mutating func resolve(_ step: PipelineStep) -> [ResolvedPipeline.Step] {
    switch step.kind {
    case .drop: []
    case .preset(let name): resolvePreset(name, step)
    case .fix(let body):
      fixed(resolve(body), "fix(\(body))")
    case .only(let scope, let body):
      [.only(scope, resolve(body))]
    case .schedule(let options, let body):
      resolveSchedule(options, body, step)
    case .pass(let name, let options):
      !presets.isEmpty && dropped.contains(name) ? [] : resolvePass(name, options, step)
    }
  }

  /// The list once for each step that runs, with the amounts of that step.
  private mutating func resolveSchedule(
    _ options: [PipelineOption], _ body: Pipeline, _ step: PipelineStep
  ) -> [ResolvedPipeline.Step] {
    let before = errors.count
    check(options, of: Schedule.info, step)
    guard errors.count == before else { return [] }
    do {
      let given = Dictionary(options.map { ($0.key, $0.value) }) { first, _ in first }
      let schedule = try Schedule(PassOptions(checked: given, for: Schedule.info))
      var steps: [ResolvedPipeline.Step] = []
      for number in schedule.steps where errors.count == before {
        var setter = AmountSetter(registry: registry, schedule: schedule, step: number)
        let set = setter.set(body)
        for (message, offset) in setter.faults { report(message, offset) }
        if setter.count == 0, setter.faults.isEmpty { report(.nothingToSet(schedule), step.offset) }
        guard errors.count == before else { return [] }
        let label = "step \(number) of \(schedule.count), \(schedule.option)="
        steps.append(
          .step(resolve(set), label: label + schedule.amount(number), schedule: step.offset))
      }
      return steps
    } catch {
      report(error, step.offset)
      return []
    }
  }

  /// Reports what is wrong with options.
  private mutating func check(
    _ options: [PipelineOption], of info: PassInfo, _ step: PipelineStep
  ) {
    for option in options {
      if let fault = info.fault(of: option.key, option.value) { report(fault, option.offset) }
    }
    for fault in info.missing(from: Set(options.map(\.key))) { report(fault, step.offset) }
  }

  /// A `fix` whose whole body was dropped goes too.
  private func fixed(_ body: [ResolvedPipeline.Step], _ text: String) -> [ResolvedPipeline.Step] {
    body.isEmpty ? [] : [.fix(body, text: text)]
  }

  private mutating func resolvePreset(
    _ name: String, _ step: PipelineStep
  ) -> [ResolvedPipeline.Step] {
    guard let preset = registry.preset(name) else {
      let names = registry.presets.map(\.name)
      let hint = suggestion(name, names) ?? "there are \(names.joined(separator: ", "))"
      report("pipeline-unknown-preset", "there is no preset '\(name)'; \(hint)", step.offset)
      return []
    }
    guard !presets.contains(name) else {
      report("pipeline-preset-cycle", "preset '\(name)' contains itself", step.offset)
      return []
    }
    presets.append(name)
    defer { presets.removeLast() }
    do {
      let body = try Pipeline(parsing: preset.text, file: "@" + name)
      var inner = PipelineResolver(
        registry: registry, text: PipelineText(preset.text, file: "@" + name))
      inner.presets = presets
      inner.dropped = dropped
      let steps = inner.resolve(body)
      errors += inner.errors
      return steps
    } catch {
      errors += error.all
      return []
    }
  }

  private mutating func resolvePass(
    _ name: String, _ options: [PipelineOption], _ step: PipelineStep
  ) -> [ResolvedPipeline.Step] {
    guard let type = registry.pass(name) else {
      let hint = suggestion(name, registry.passes.map { $0.info.name })
      let words = "there is no pass '\(name)'; \(hint ?? "`coppice passes` lists them")"
      report("pipeline-unknown-pass", words, step.offset)
      return []
    }
    if type.info.exactness == .approximate, let preset = presets.last {
      let words = "preset '@\(preset)' has the approximate pass '\(name)', which must be named"
      report("pipeline-approximate-preset", words, step.offset)
      return []
    }
    let before = errors.count
    check(options, of: type.info, step)
    guard errors.count == before else { return [] }
    return make(type, options, step).map { [.run($0, text: step.description)] } ?? []
  }

  private mutating func make(
    _ type: any Pass.Type, _ options: [PipelineOption], _ step: PipelineStep
  ) -> (any Pass)? {
    let given = Dictionary(options.map { ($0.key, $0.value) }) { first, _ in first }
    do {
      return try type.init(options: PassOptions(checked: given, for: type.info))
    } catch let message as DiagnosticMessage {
      var named = message
      named.text = "pass '\(type.info.name)': \(message.text)"
      report(named, step.offset)
    } catch {
      report("pass-option", "pass '\(type.info.name)': \(error)", step.offset)
    }
    return nil
  }

  /// What is dropped must be in a preset of the same list.
  private mutating func checkDrop(_ name: String, _ step: PipelineStep, in pipeline: Pipeline) {
    let candidates = presetNames(in: pipeline)
    let members = candidates.flatMap { self.members(of: $0, depth: 0) }
    guard !members.contains(name) else { return }
    let hint =
      candidates.isEmpty
      ? "'!' drops a pass from a preset, and this list has no preset"
      : suggestion(name, members) ?? "its passes are \(members.joined(separator: ", "))"
    report("pipeline-drop", "no preset here has the pass '\(name)'; \(hint)", step.offset)
  }

  private func presetNames(in pipeline: Pipeline) -> [String] {
    pipeline.steps.flatMap { step -> [String] in
      switch step.kind {
      case .preset(let name): [name]
      case .fix(let body), .only(_, let body), .schedule(_, let body): presetNames(in: body)
      case .pass, .drop: []
      }
    }
  }

  private func members(of preset: String, depth: Int) -> [String] {
    guard depth < 8, let text = registry.preset(preset)?.text,
      let body = try? Pipeline(parsing: text)
    else { return [] }
    return passNames(in: body)
      + presetNames(in: body).flatMap { members(of: $0, depth: depth + 1) }
  }

  private func passNames(in pipeline: Pipeline) -> [String] {
    pipeline.steps.flatMap { step -> [String] in
      switch step.kind {
      case .pass(let name, _): [name]
      case .fix(let body), .only(_, let body), .schedule(_, let body): passNames(in: body)
      case .preset, .drop: []
      }
    }
  }

  private mutating func report(_ id: String, _ words: String, _ offset: Int) {
    errors.append(text.error(id, words, at: offset))
  }

  private mutating func report(_ message: DiagnosticMessage, _ offset: Int) {
    errors.append(text.error(message.id, message.text, at: offset, notes: message.notes))
  }
}

/// Writes the amount of a step into the passes of a list.
private struct AmountSetter {
  let registry: PassRegistry
  let schedule: Schedule
  let step: Int
  /// How many passes took it.
  var count = 0
  var faults: [(DiagnosticMessage, Int)] = []

  init(registry: PassRegistry, schedule: Schedule, step: Int) {
    (self.registry, self.schedule, self.step) = (registry, schedule, step)
  }

  mutating func set(_ pipeline: Pipeline) -> Pipeline { Pipeline(pipeline.steps.map { set($0) }) }

  private mutating func set(_ step: PipelineStep) -> PipelineStep {
    switch step.kind {
    case .fix(let body): return PipelineStep(.fix(set(body)), offset: step.offset)
    case .only(let scope, let body):
      return PipelineStep(.only(scope, set(body)), offset: step.offset)
    case .schedule:
      faults.append((.nested, step.offset))
      return step
    case .preset, .drop: return step
    case .pass(let name, let options):
      guard let type = registry.pass(name),
        type.info.options.contains(where: { $0.name == schedule.option })
      else { return step }
      count += 1
      if let given = options.first(where: { $0.key == schedule.option }) {
        faults.append((.givenTwice(schedule.option), given.offset))
        return step
      }
      let amount = PipelineOption(
        schedule.option, schedule.amount(self.step), offset: step.offset)
      return PipelineStep(
        .pass(name: name, options: options + [amount] + lock(type.info, options)),
        offset: step.offset)
    }
  }

  /// What an earlier step zeroed stays zero.
  private func lock(_ info: PassInfo, _ options: [PipelineOption]) -> [PipelineOption] {
    guard info.options.contains(where: { $0.name == "keep-zeros" }),
      !options.contains(where: { $0.key == "keep-zeros" })
    else { return [] }
    return [PipelineOption("keep-zeros", "true")]
  }
}

extension DiagnosticMessage {
  fileprivate static let nested = DiagnosticMessage(
    "schedule", "a schedule in a schedule would set the same amounts twice; use one")

  fileprivate static func nothingToSet(_ schedule: Schedule) -> Self {
    Self(
      "schedule",
      "no pass inside has the option '\(schedule.option)'; amount= names the option that is set")
  }

  fileprivate static func givenTwice(_ option: String) -> Self {
    Self("schedule", "the schedule sets '\(option)': leave it out here")
  }
}
