import CoppiceIR
import CoppiceLowering

/// The loops of a step with its buffers numbered in order of use: equal ones print the same function.
struct KernelPattern: Hashable {
  private var variants: [Kernel.Variant] = []
  private var roles: [Role] = []
  /// The step's own buffers, by their number here.
  let buffers: [Buffer]
  /// Those of them that the step writes.
  let written: Set<Buffer>

  /// What decides the name of a parameter.
  private enum Role: Hashable {
    case read, written, constant, scratch
  }

  init(_ step: Program.Step, _ program: Program) {
    let access = step.access
    let written = Set(access.writes)
    self.written = written
    buffers = access.reads.filter { !written.contains($0) } + access.writes
    var numbered: [Buffer: Buffer] = [:]
    for (number, buffer) in buffers.enumerated() {
      numbered[buffer] = Buffer(id: number, element: buffer.element, count: buffer.count)
      var role = written.contains(buffer) ? Role.written : .read
      if case .constant = program.slots[buffer.id].role { role = .constant }
      if step.scratch.contains(buffer) { role = .scratch }
      roles.append(role)
    }
    variants = step.kernel.variants.map { variant in
      Kernel.Variant(
        vectorBytes: variant.vectorBytes,
        body: variant.body.map { $0.mapBuffers { numbered[$0] ?? $0 } })
    }
  }

  static func == (a: Self, b: Self) -> Bool { a.roles == b.roles && a.variants == b.variants }

  func hash(into hasher: inout Hasher) {
    hasher.combine(roles)
    hasher.combine(variants)
  }
}
