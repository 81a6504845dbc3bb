public import CoppiceIR
public import CoppicePassManager

/// Removes the filters that a particle filter finds least needed for accuracy.
///
/// ```
///   %w = constant [1.0, 1.0, 3.0, 4.0] : f32[2,2,1,1]
///   %v = constant [7.0, 8.0, 0.0, 0.0] : f32[2,2,1,1]
///   %a = Conv(%x, %w) : f32[1,2,2,2]
///   %y = Conv(%a, %v) : f32[1,2,2,2]
/// ```
/// becomes, with `prune-particle{data=samples,sparsity=0.5}`, where the first filter decides the class,
/// ```
///   %w = constant [1.0, 1.0] : f32[1,2,1,1]
///   %v = constant [7.0, 0.0] : f32[2,1,1,1]
///   %a = Conv(%x, %w) : f32[1,1,2,2]
///   %y = Conv(%a, %v) : f32[1,2,2,2]
/// ```
///
/// A particle is a mask with floor(sparsity * n) units off in each set of coupled layers, or over all of
/// them with `scope=global`. With `start=l1` the first particle is the mask that `prune-filters` takes
/// by the L1 norm, and particle i is that mask with the state of unit i exchanged for that of another
/// unit of its set, drawn at random; with `start=random` all units of particle i are drawn, unit i
/// first. In each generation the particles are drawn again by systematic resampling, with weights from
/// their accuracy on the samples, and then moved: 1 + floor(k / 8 * (1 - t)) exchanges of a unit that is
/// off with one of its set that is on, where k units are off and the part t of the evaluations is spent.
/// A particle keeps its move unless it is less accurate. The answer is the most accurate of all masks
/// that were measured; of equal ones that of the least loss, then the first. All numbers come from the
/// seed by SplitMix64; a mask is measured once.
///
/// Samples are a folder's: see `data=`. Without labels the model's own classes are the right ones.
///
/// - Complexity: O(evaluations) runs over the samples.
public struct PruneParticle: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-particle", summary: "Remove the filters that a particle filter finds least needed",
    exactness: .approximate,
    options: [
      .labelledData, .measuredSparsity,
      PassOption(
        "particles", .integer(1...65_536), "Masks at a time; as many as filters if it is not given"),
      PassOption(
        "evaluations", .integer(1...100_000_000), default: "2000",
        "The most masks that are measured"),
      PassOption(
        "weights", .choice(ParticleWeights.allCases.map(\.rawValue)), default: "gibbs",
        "The accuracy itself, or exp(-(1 - accuracy) / 0.1)"),
      PassOption(
        "start", .choice(ParticleStart.allCases.map(\.rawValue)), default: "l1",
        "Around which mask the first particles lie: that of the L1 norm, or none"),
      PassOption("seed", .integer(.min ... .max), default: "0", "Where the numbers start"),
      .measuredScope, .state, .maskOnly,
    ],
    statistics: ["filters-removed", "layers-pruned", "evaluations", "generations"],
    example: "@default,prune-particle{data=samples,sparsity=0.5}")

  private let data: String
  private let sparsity: ExactDecimal
  private let particles: Int?
  private let evaluations: Int
  private let seed: Int
  private let weights: ParticleWeights
  private let start: ParticleStart
  private let scope: PruningScope
  private let isMaskOnly: Bool
  private let state: StateOption

  /// Makes the pass.
  ///
  /// - Parameter options: See `info`.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws {
    sparsity = try options.requiredDecimal("sparsity")
    data = try options.path("data")
    particles = options.isGiven("particles") ? try options.integer("particles") : nil
    evaluations = try options.integer("evaluations")
    seed = try options.integer("seed")
    weights = try options.choice("weights", ParticleWeights.self)
    scope = try options.choice("scope", PruningScope.self)
    start = try options.choice("start", ParticleStart.self)
    isMaskOnly = try options.flag("mask-only")
    state = StateOption(options, of: Self.info)
  }

  /// Removes filters.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples and what runs the model; gets a table of the layers.
  /// - Throws: `prune-filters-none` when nothing can be removed, `particle-classes` for a model without
  ///   classes, what is wrong with the samples, and why the model could not be measured.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    let filters = FilterGates(graph, context)
    guard !filters.candidates.isEmpty else {
      throw Diagnostic(.error, filters.analysis.nothing(for: Self.info.name), at: .none)
    }
    let samples = try context.services.readSamples(data, graph)
    let kept = try state.open(graph, filters.gates, samples, context)
    let meter = try ModelMeter(
      graph, gates: filters.gates, on: samples, services: context.services,
      log: MeasuringLog(context, of: evaluations, state: kept))
    guard meter.base.accuracy != nil else { throw DiagnosticMessage.noClasses }
    var search = ParticleSearch(
      filters, meter, scope: scope, sparsity: sparsity, evaluations: evaluations, seed: seed,
      weights: weights)
    try search.run(particles: particles ?? filters.gates.count, start: start)
    try kept?.save()
    guard let (setting, found) = search.answer else { return }
    context.count("evaluations", by: search.evaluations)
    context.count("generations", by: search.generations)
    let removal = MeasuredRemoval(
      filters: filters, scope: scope, isMaskOnly: isMaskOnly)
    let chosen = setting.isOn.indices.filter { !setting.isOn[$0] }
    let off = try removal.remove(chosen, [:], from: &graph, &context)
    context.note(.measured(meter, found, samples.count, off.count))
  }
}

extension DiagnosticMessage {
  fileprivate static let noClasses = DiagnosticMessage(
    "particle-classes",
    "output 0 has no axis of two or more classes in float32 or float64, so that there is no accuracy; "
      + "use prune-oracle")
}
