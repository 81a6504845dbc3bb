import CoppiceC
import CoppiceIR
import CoppiceLowering
import Foundation

/// Random layers by every form that applies to them, against plain loops in the interpreter; some of
/// each layer as C, with vectors, for `layers.py` to compile and run.
///
///     random-layers FOLDER [FIRST] [COUNT] [C-FILES-OF-EACH] [SEED]
///
/// Writes what differs to stdout, a line each, and to FOLDER/index.json what there is.
struct Run {
  let folder: URL
  let seed: Int
  let samples: Int
  private var index: [[String: String]] = []
  private var faults = 0
  private var written: [String: Int] = [:]
  private var seen: [String: Set<String>] = [:]

  init(_ folder: URL, seed: Int, samples: Int) {
    (self.folder, self.seed, self.samples) = (folder, seed, samples)
  }

  /// What the interpreter runs, and whether it is compiled here as well.
  private static let targets: [(Target, isCompiled: Bool)] = [
    (.generic, true), (.x86, true), (.cortexM4, true), (.aarch64, false), (.cortexM55, false),
  ]

  mutating func check(_ number: Int) throws {
    let layer = try LayerBuilder.drawn(seed, number)
    let expected = try layer.expected()
    var candidates: [Lowering] = []
    for (target, isCompiled) in Self.targets {
      for lowering in try layer.lowerings(target) {
        seen[target.name, default: []].formUnion(lowering.forms)
        for fault in lowering.faults(layer, expected) {
          faults += 1
          print("layer \(number), \(layer.told): \(lowering.told): \(fault)")
        }
        if isCompiled { candidates.append(lowering) }
      }
    }
    try write(rarest(candidates), of: layer, number, expected)
  }

  /// Those whose forms were written least often.
  private mutating func rarest(_ candidates: [Lowering]) -> [Lowering] {
    var (rest, chosen) = (candidates, [Lowering]())
    while chosen.count < samples, !rest.isEmpty {
      let place = rest.indices.min { count(rest[$0]) < count(rest[$1]) } ?? 0
      let next = rest.remove(at: place)
      written[key(next), default: 0] += 1
      chosen.append(next)
    }
    return chosen
  }

  private func key(_ lowering: Lowering) -> String { lowering.told }
  private func count(_ lowering: Lowering) -> Int { written[key(lowering), default: 0] }

  private mutating func write(
    _ lowerings: [Lowering], of layer: Layer, _ number: Int, _ expected: [Bytes]
  ) throws {
    for (place, lowering) in lowerings.enumerated() {
      let name = "layer\(number)_\(place)"
      let options = GenerationOptions(
        name: name, target: lowering.target,
        vectors: [TestVector(inputs: layer.inputs, outputs: expected)])
      for file in generate(lowering.model, options).files { try save(file.pieces, file.name) }
      try save([Bytes([UInt8(0)])] + layer.inputs, "\(name).in")
      try save(expected, "\(name).want")
      index.append([
        "name": name, "target": lowering.target.name, "told": "\(layer.told): \(lowering.told)",
      ])
    }
  }

  private func save(_ pieces: [Bytes], _ name: String) throws {
    var data = Data()
    for piece in pieces { piece.withUnsafeBytes { data.append(contentsOf: $0) } }
    try data.write(to: folder.appending(path: name))
  }

  /// Writes the index; gives the number of faults.
  func finish(_ count: Int) throws -> Int {
    try JSONEncoder().encode(index).write(to: folder.appending(path: "index.json"))
    for (target, forms) in seen.sorted(by: { $0.key < $1.key }) {
      print("# \(target): \(forms.sorted().joined(separator: " "))")
    }
    print("# \(count) layers, \(index.count) as C, \(faults) faults")
    return faults
  }
}

guard CommandLine.arguments.count > 1 else {
  print("usage: random-layers FOLDER [FIRST] [COUNT] [C-FILES-OF-EACH] [SEED]")
  exit(2)
}
let given = CommandLine.arguments.dropFirst(2).map { Int($0) ?? 0 }
let numbers = given + [0, 10, 2, 1].dropFirst(given.count)
var run = Run(
  URL(fileURLWithPath: CommandLine.arguments[1]), seed: numbers[3], samples: numbers[2])
for number in numbers[0]..<(numbers[0] + numbers[1]) { try run.check(number) }
exit(try run.finish(numbers[1]) == 0 ? 0 : 1)
