internal import CoppiceIR

/// A pipeline whose passes were found, whose options were checked and whose presets were expanded.
public struct ResolvedPipeline: Sendable {
  /// One step.
  indirect enum Step: Sendable {
    case run(any Pass, text: String)
    case fix([Step], text: String)
    case only(NodeScope, [Step])
    case step([Step], label: String, schedule: Int)
  }

  let steps: [Step]
  /// The text form of the pipeline as it was written, with presets by name.
  public let text: String

  /// The text form of each pass that runs, in order, presets expanded.
  public var passTexts: [String] { steps.flatMap(\.passTexts) }

  /// The name of each pass that runs, in order, presets expanded.
  public var passNames: [String] { steps.flatMap(\.passNames) }

  /// Whether some pass may change what the model computes, as pruning does.
  public var isApproximate: Bool { steps.contains(where: \.isApproximate) }
}

extension ResolvedPipeline.Step {
  fileprivate var isApproximate: Bool {
    switch self {
    case .run(let pass, _): type(of: pass).info.exactness == .approximate
    case .fix(let body, _), .only(_, let body), .step(let body, _, _):
      body.contains(where: \.isApproximate)
    }
  }

  fileprivate var passTexts: [String] {
    switch self {
    case .run(_, let text): [text]
    case .fix(let body, _), .only(_, let body), .step(let body, _, _): body.flatMap(\.passTexts)
    }
  }

  fileprivate var passNames: [String] {
    switch self {
    case .run(let pass, _): [type(of: pass).info.name]
    case .fix(let body, _), .only(_, let body), .step(let body, _, _): body.flatMap(\.passNames)
    }
  }
}
