internal import CoppiceIR
internal import CoppicePassManager

/// A storage for a constant, with what it costs and why it was taken.
struct StorageChoice {
  let kind: StorageKind
  let rowAxis: Int
  let nonzeros: Int
  let elements: Int
  let denseBytes: Int
  let bytes: Int
  let time: Double
  let reason: String

  init(
    _ constant: Constant, _ kind: StorageKind, rowAxis: Int = 0, nonzeros: Int? = nil,
    bytes: Int? = nil, time: Double = 1, reason: String
  ) {
    self.kind = kind
    self.rowAxis = rowAxis
    self.nonzeros = nonzeros ?? constant.nonzeroCount
    elements = constant.type.count
    denseBytes = constant.type.byteCount
    self.bytes = bytes ?? (kind == .uniform ? constant.type.element.bits / 8 : denseBytes)
    self.time = time
    self.reason = reason
  }

  func changes(_ storage: Storage) -> Bool {
    kind != storage.kind || !(storage.format?.isCanonical(rowAxis: rowAxis) ?? true)
  }

  func apply(to constant: Constant) -> Constant { constant.stored(as: kind, rowAxis: rowAxis) }
}

/// Compares the storages of one weight on a target.
struct StorageJudge {
  private let constant: Constant
  private let rowAxis: Int
  private let use: WeightUse
  private let target: any TargetCost
  private let shape: WeightShape

  init(_ constant: Constant, _ site: WeightSite, _ target: any TargetCost) {
    self.constant = constant
    self.target = target
    rowAxis = site.rowAxis
    use = site.use
    shape = WeightShape(
      constant, rowAxis: site.matrix == nil ? site.rowAxis : 0, as: site.matrix)
  }

  func forced(_ kind: StorageKind) -> StorageChoice {
    choice(kind, time(kind) ?? 1, "storage=\(kind.rawValue)")
  }

  func best(_ preference: Sparsify.Preference) -> StorageChoice {
    let kinds = StorageKind.sparse.filter { time($0) != nil }
    let scores = kinds.map { ($0, score($0, preference)) }
    let denseScore = score(.dense, preference)
    guard let (kind, score) = scores.min(by: { $0.1 < $1.1 }), let time = time(kind) else {
      return choice(.dense, 1, "\(target.name) has no sparse kernel for it")
    }
    let saved = bytes(kind)
    if score < denseScore, saved < bytes(.dense) || preference == .time {
      return choice(kind, time, "\(percent(zeros)) zeros: \(compared(kind, time))")
    }
    return choice(.dense, 1, "\(percent(zeros)) zeros: \(kind.rawValue) \(compared(kind, time))")
  }

  private var zeros: Double {
    1 - Double(shape.nonzeros) / Double(max(constant.type.count, 1))
  }

  private func compared(_ kind: StorageKind, _ time: Double) -> String {
    let part = Double(bytes(kind)) / Double(max(bytes(.dense), 1))
    return "\(percent(part)) of the bytes, \(percent(time)) of the time"
  }

  private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

  private func bytes(_ kind: StorageKind) -> Int { target.packedBytes(kind, shape) }

  private func time(_ kind: StorageKind) -> Double? {
    target.relativeTime(kind, shape, use)
  }

  private func score(_ kind: StorageKind, _ preference: Sparsify.Preference) -> Double {
    let (bytes, time) = (Double(bytes(kind)), time(kind) ?? .infinity)
    return switch preference {
    case .balanced: bytes * time
    case .bytes: bytes
    case .time: time
    }
  }

  private func choice(_ kind: StorageKind, _ time: Double, _ reason: String) -> StorageChoice {
    StorageChoice(
      constant, kind, rowAxis: rowAxis, nonzeros: shape.nonzeros, bytes: bytes(kind), time: time,
      reason: reason)
  }
}
