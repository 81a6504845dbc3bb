/// Widens windows of bytes, word by word, to the even and the odd bytes as halves.
struct WindowsProgram {
  /// Rows of a window.
  let rows: Int
  /// Words of a row.
  let words: Int
  /// Bytes between rows.
  let rowStride: Int
  /// Bytes between neighbouring windows.
  let step: Int
  let isSigned: Bool
  /// Whether two neighbouring windows lie interleaved, two words of each in turn.
  let isPaired: Bool

  init(_ p: [Int]) {
    (rows, words, rowStride, step) = (p[0], p[1], p[2], p[3])
    (isSigned, isPaired) = (p[4] != 0, p[5] != 0)
  }
}

/// Widens the numbers of a channel into the inside of a plane of halves.
struct PlaneProgram {
  let width: Int
  let height: Int
  /// Bytes between the numbers of a row.
  let step: Int
  /// Bytes between rows.
  let rowStride: Int
  /// Bytes between rows of the plane.
  let planeStride: Int
  let isSigned: Bool

  init(_ p: [Int]) {
    (width, height, step, rowStride, planeStride) = (p[0], p[1], p[2], p[3], p[4])
    isSigned = p[5] != 0
  }
}

extension AssemblyProgram {
  mutating func windows(_ p: WindowsProgram) {
    let bytes = p.rows * p.words * 16
    emit("push {r4-r9, lr}")
    if p.isPaired {
      move("r9", bytes)
      emit("sub r4, r9, #8")
      emit("cmp r3, #0")
      emit("it ne")
      emit("movne r4, #8")
    }
    label(1)
    if p.rows * p.words <= 16, (p.rows - 1) * p.rowStride + p.words * 4 <= 4095 {
      for row in 0..<p.rows {
        for word in 0..<p.words { widen("[r0, #\(row * p.rowStride + word * 4)]", p) }
      }
    } else {
      windowRows(p)
    }
    add("r0", "r0", p.step, scratch: "r6")
    if p.isPaired {
      emit("sub r1, r1, r4")
      emit("sub r4, r9, r4")
    }
    emit("subs r2, r2, #1")
    emit("bne 1b")
    emit("pop {r4-r9, pc}")
  }

  private mutating func windowRows(_ p: WindowsProgram) {
    let unrolled = p.words <= 16 ? p.words : Self.unrolling(p.words, limit: 12)
    emit("mov r5, r0")
    if p.rows > 1 { move("r3", p.rows) }
    label(2)
    if unrolled < p.words {
      move("r12", p.words / unrolled)
      label(3)
      for _ in 0..<unrolled { widen("[r5], #4", p) }
      emit("subs r12, r12, #1")
      emit("bne 3b")
      add("r5", "r5", p.rowStride - p.words * 4, scratch: "r6")
    } else {
      for word in 0..<p.words { widen("[r5, #\(word * 4)]", p) }
      add("r5", "r5", p.rowStride, scratch: "r6")
    }
    if p.rows > 1 {
      emit("subs r3, r3, #1")
      emit("bne 2b")
    }
  }

  private mutating func widen(_ place: String, _ p: WindowsProgram) {
    let extend = p.isSigned ? "sxtb16" : "uxtb16"
    emit("ldr r6, \(place)")
    emit("\(extend) r7, r6")
    emit("\(extend) r8, r6, ror #8")
    emit("strd r7, r8, [r1], #\(p.isPaired ? 16 : 8)")
  }

  mutating func plane(_ p: PlaneProgram) {
    let load = p.isSigned ? "ldrsb" : "ldrb"
    emit("push {r4, r5, r6, lr}")
    move("r3", p.height)
    label(1)
    let chunk = p.width <= 24 && p.width * p.step <= 4095 ? p.width : min(p.width, 8)
    let isSplit = chunk < p.width
    if isSplit {
      emit("mov r4, r0")
      emit("mov r5, r1")
      move("r12", p.width / chunk)
      label(2)
    }
    let (source, target) = isSplit ? ("r4", "r5") : ("r0", "r1")
    func part(_ count: Int, _ program: inout AssemblyProgram) {
      for column in 0..<count {
        let offset = column * p.step
        if offset <= 4095 {
          program.emit("\(load) r2, [\(source), #\(offset)]")
        } else {
          program.move("r6", offset)
          program.emit("\(load) r2, [\(source), r6]")
        }
        program.emit("strh r2, [\(target), #\(column * 2)]")
      }
    }
    part(chunk, &self)
    if isSplit {
      add("r4", "r4", chunk * p.step, scratch: "r6")
      add("r5", "r5", chunk * 2, scratch: "r6")
      emit("subs r12, r12, #1")
      emit("bne 2b")
      part(p.width % chunk, &self)
    }
    add("r0", "r0", p.rowStride, scratch: "r6")
    add("r1", "r1", p.planeStride, scratch: "r6")
    emit("subs r3, r3, #1")
    emit("bne 1b")
    emit("pop {r4, r5, r6, pc}")
  }
}
