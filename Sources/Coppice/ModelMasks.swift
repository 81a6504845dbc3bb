import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceRecords

/// A mask for each weight: 1 for each element that is left and 0 for each that is pruned.
///
/// Masks have the shapes that the weights had before filters were removed. Where a pass found the
/// parameters that a weight was made from, the masks are theirs, in the layout of the training.
struct ModelMasks {
  /// One mask.
  struct Mask: Equatable {
    var name: String
    var shape: [Int]
    var flags: [UInt8]

    /// Keeps what another mask of the same weight keeps.
    fileprivate mutating func keep(_ other: [UInt8]) {
      for index in flags.indices where other[index] != 0 { flags[index] = 1 }
    }
  }

  private(set) var masks: [Mask] = []

  /// What could not be said as the user would.
  private(set) var notes: [DiagnosticMessage] = []

  private var places: [String: Int] = [:]

  init(_ graph: Graph, _ context: PassContext) {
    var weights = WeightMasks(context.results(of: RemovedChannels.self).flatMap(\.cuts))
    for weight in graph.weights() { weights.add(weight, of: graph) }
    let lost = weights.addLost()
    let owners = context.weightOwners
    let isOwned = { (found: WeightMasks.Found) in
      owners[found.value]?.map(\.layout.range.upperBound).max() == found.mask.flags.count
    }
    for found in weights.found where isOwned(found) {
      for owner in owners[found.value] ?? [] {
        add(
          Mask(
            name: owner.name, shape: owner.shape,
            flags: owner.layout.inParameter(found.mask.flags)))
      }
    }
    let (scopes, taken) = (ModuleNames(graph), Set(weights.found.map(\.mask.name)))
    var (unnamed, guessed): ([String], [String]) = ([], [])
    for found in weights.found where !isOwned(found) {
      if let mask = scopes.mask(found.mask, of: found.value), places[mask.name] == nil,
        !taken.contains(mask.name)
      {
        guessed.append("'\(add(mask))' of '\(found.mask.name)'")
      } else {
        let isNamed = owners.isEmpty && !ModuleNames.isInvented(found.mask.name)
        let name = add(free(found.mask))
        if !isNamed { unnamed.append(name) }
      }
    }
    if !unnamed.isEmpty { notes.append(.unnamed(unnamed)) }
    if !guessed.isEmpty { notes.append(.guessed(guessed)) }
    if !lost.isEmpty { notes.append(.lost(lost)) }
  }

  /// Writes a safetensors file.
  func write(to path: String) throws(DiagnosticMessage) {
    var writer = SafetensorsWriter(metadata: ["format": "coppice-masks/1"])
    for mask in masks { try writer.add(mask.name, .uint8, shape: mask.shape, bytes: mask.flags) }
    try writer.write(to: path)
  }

  /// Adds a mask; one parameter that became several constants keeps what any of them keeps.
  @discardableResult private mutating func add(_ mask: Mask) -> String {
    if let place = places[mask.name] {
      masks[place].keep(mask.flags)
    } else {
      places[mask.name] = masks.count
      masks.append(mask)
    }
    return mask.name
  }

  /// The mask by a name that no parameter has taken.
  private func free(_ mask: Mask) -> Mask {
    var mask = mask
    while places[mask.name] != nil { mask.name += ".onnx" }
    return mask
  }
}

extension PassContext {
  /// The parameters that weights were made from, as far as a record told a pass.
  fileprivate var weightOwners: [ValueID: [PrunedWeights.Owner]] {
    var owners: [ValueID: [PrunedWeights.Owner]] = [:]
    for weight in results(of: NamedWeights.self).flatMap(\.weights) {
      owners[weight.value] = weight.owners
    }
    for weight in results(of: PrunedWeights.self).flatMap(\.weights) where !weight.owners.isEmpty {
      owners[weight.value] = weight.owners
    }
    return owners
  }
}

/// The masks of constants as they were before filters were removed.
private struct WeightMasks {
  /// The mask of one constant.
  struct Found {
    let value: ValueID
    var mask: ModelMasks.Mask
  }

  private(set) var found: [Found] = []
  private let cuts: [RemovedChannels.Cut]
  private var places: [ValueID: Int] = [:]

  init(_ cuts: [RemovedChannels.Cut]) { self.cuts = cuts }

  /// Adds the mask of a weight that elements may be pruned of or that has lost channels.
  mutating func add(_ weight: Weight, of graph: Graph) {
    guard let constant = graph.constant(weight.value) else { return }
    let isCut = cuts.contains { $0.value == weight.value }
    guard isCut || weight.refusal == nil else { return }
    let numbers = graph.quantization(of: weight).map { $0.real(constant) } ?? constant
    let flags =
      weight.refusal == nil
      ? (numbers ?? constant).numbers.map { UInt8($0 == 0 ? 0 : 1) }
      : [UInt8](repeating: 1, count: constant.type.count)
    let mask = ModelMasks.Mask(
      name: graph[weight.value].name, shape: constant.type.shape, flags: flags)
    add(Found(value: weight.value, mask: mask), before: cuts.count)
  }

  /// Adds the masks of weights that later passes moved elsewhere; only their channels are known.
  mutating func addLost() -> [String] {
    var names: [String] = []
    for (index, cut) in cuts.enumerated() where cut.isWeight {
      let isLast = !cuts[(index + 1)...].contains { $0.source == cut.value }
      guard isLast, places[origin(cut.value, before: index + 1)] == nil else { continue }
      let shape = cut.keptShape
      let mask = ModelMasks.Mask(
        name: cut.name, shape: shape,
        flags: [UInt8](repeating: 1, count: shape.reduce(1, *)))
      names.append(add(Found(value: cut.value, mask: mask), before: index + 1))
    }
    return names
  }

  /// The constant that one was cut from at first.
  private func origin(_ value: ValueID, before end: Int) -> ValueID {
    cuts[..<end].reversed().reduce(value) { $1.value == $0 ? $1.source : $0 }
  }

  /// Adds a mask with all cuts undone; copies of one constant keep what any of them keeps.
  @discardableResult private mutating func add(_ found: Found, before end: Int) -> String {
    var (value, mask) = (found.value, found.mask)
    for cut in cuts[..<end].reversed() where cut.value == value {
      guard mask.shape == cut.keptShape else { break }
      mask = cut.undone(mask)
      value = cut.source
    }
    if let place = places[value] {
      self.found[place].mask.keep(mask.flags)
    } else {
      places[value] = self.found.count
      self.found.append(Found(value: value, mask: mask))
    }
    return mask.name
  }
}

extension RemovedChannels.Cut {
  /// The shape of what is left.
  fileprivate var keptShape: [Int] {
    axes.reduce(into: shape) { $0[$1.axis] = $1.kept.count }
  }

  /// A mask of what is left, for the whole constant.
  fileprivate func undone(_ mask: ModelMasks.Mask) -> ModelMasks.Mask {
    var (shape, flags) = (mask.shape, mask.flags)
    for axis in axes.reversed() {
      flags = axis.undone(flags, shape)
      shape[axis.axis] = axis.extent
    }
    return ModelMasks.Mask(name: name, shape: shape, flags: flags)
  }
}

extension RemovedChannels.Axis {
  /// Flags along the whole axis, 0 where it was cut.
  fileprivate func undone(_ flags: [UInt8], _ shape: [Int]) -> [UInt8] {
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    var result = [UInt8](repeating: 0, count: outer * extent * inner)
    for row in 0..<outer {
      for (place, index) in kept.enumerated() {
        let (from, to) = ((row * kept.count + place) * inner, (row * extent + index) * inner)
        for step in 0..<inner { result[to + step] = flags[from + step] }
      }
    }
    return result
  }
}

extension DiagnosticMessage {
  fileprivate static func unnamed(_ names: [String]) -> Self {
    Self(
      "masks-unnamed",
      "\(names.count) masks have the names and the layout of the model, as nothing tells the"
        + " parameters of these weights",
      notes: names.map { "'\($0)'" } + [
        "name-weights{record=FILE} before what prunes finds them in a record or a saved state_dict"
      ])
  }

  fileprivate static func guessed(_ names: [String]) -> Self {
    Self(
      "masks-by-module",
      "\(names.count) masks are called by the modules in the names of operators, as exporters lost the"
        + " names of these weights",
      notes: names + ["name-weights{record=FILE} before what prunes makes sure of them"])
  }

  fileprivate static func lost(_ names: [String]) -> Self {
    Self(
      "masks-moved",
      "\(names.count) masks tell removed channels only, as passes after the removal made other"
        + " constants of these weights",
      notes: names.map { "'\($0)'" } + ["let pruning be the last that changes weights"])
  }
}
