/// Widens columns of bytes, each to its place and beside the column that a neighbour begins with.
struct ColumnsProgram {
  /// Words of bytes in a column.
  let words: Int
  /// Bytes between columns.
  let step: Int
  /// Bytes from a widened column back to the one that it lies beside.
  let back: Int
  let isSigned: Bool

  init(_ p: [Int]) {
    (words, step, back) = (p[0], p[1], p[2])
    isSigned = p[3] != 0
  }
}

/// Sums of two positions by two channels, from rows of widened columns.
struct DotRowsProgram {
  /// Four inputs each that a row of a window has.
  let steps: Int
  /// Rows of a window.
  let rows: Int
  /// Bytes of a widened row.
  let rowBytes: Int
  /// Bytes between what two pairs of positions begin with.
  let pairBytes: Int
  /// Widened rows between rows of positions.
  let rowStep: Int
  /// Bytes between the results of neighbouring channels, positions and rows.
  let channelStride: Int
  let positionStride: Int
  let rowStride: Int
  let finish: ProgramFinish

  init(_ p: [Int]) {
    (steps, rows, rowBytes, pairBytes, rowStep) = (p[0], p[1], p[2], p[3], p[4])
    finish = ProgramFinish(p[8...])
    let size = finish.mode == .sums ? 4 : 1
    (channelStride, positionStride, rowStride) = (p[5] * size, p[6] * size, p[7] * size)
  }
}

extension AssemblyProgram {
  mutating func columns(_ p: ColumnsProgram) {
    let extend = p.isSigned ? "sxtb16" : "uxtb16"
    emit("push {r4, r5, r6, lr}")
    label(1)
    for word in 0..<p.words {
      emit("ldr r4, [r0, #\(4 * word)]")
      emit("\(extend) r5, r4")
      emit("\(extend) r6, r4, ror #8")
      emit("strd r5, r6, [r1, #\(16 * word)]")
      emit("strd r5, r6, [r1, #\(16 * word + 8 - p.back)]")
    }
    add("r0", "r0", p.step, scratch: "r4")
    add("r1", "r1", 16 * p.words, scratch: "r4")
    emit("subs r2, r2, #1")
    emit("bne 1b")
    emit("pop {r4, r5, r6, pc}")
  }

  /// The number of rows lies on the stack.
  ///
  /// A turn of the loop is a row of a window. What a tile and a row of positions end with lies on the
  /// stack, as all other registers are taken.
  mutating func dotRows(_ p: DotRowsProgram) {
    emit("push {r4-r11, lr}")
    emit("ldr r11, [sp, #36]")
    emit("ldrd r6, r7, [r1], #8")
    emit("mov r12, r0")
    move("r4", p.pairBytes)
    emit("mul r4, r3, r4")
    move("r9", p.rowStep * p.rowBytes)
    emit("sub r9, r9, r4")
    emit("add r4, r4, r0")
    move("r8", 2 * p.positionStride)
    move("r10", p.rowStride)
    emit("mls r10, r3, r8, r10")
    emit("mov r5, r1")
    emit("mov r3, r2")
    emit("mov r0, r6")
    add("r6", "r1", 16 + p.steps * p.rows * 16, scratch: "r8")
    emit("mov r1, r7")
    move("r2", p.finish.zero)
    emit("push {r0-r6, r9-r11}")
    label(1)
    emit("mov lr, r5")
    emit("ldm lr!, {r8-r11}")
    label(2)
    for _ in 0..<p.steps { dotStep() }
    if p.rows > 1 {
      add("r12", "r12", p.rowBytes - p.steps * 16, scratch: "r0")
      emit("ldr r0, [sp, #24]")
      emit("cmp lr, r0")
      emit("bne 2b")
    }
    emit("ldm sp, {r0-r5}")
    dotEnd(p.channelStride, p.positionStride, p.finish)
    let read = p.rows > 1 ? p.rows * p.rowBytes : p.steps * 16
    add("r12", "r12", p.pairBytes - read, scratch: "r6")
    emit("str r3, [sp, #12]")
    emit("cmp r12, r4")
    emit("bne 1b")
    emit("ldrd r6, r7, [sp, #28]")
    emit("add r12, r12, r6")
    emit("add r3, r3, r7")
    add("r4", "r4", p.rowStep * p.rowBytes, scratch: "r6")
    emit("strd r3, r4, [sp, #12]")
    emit("ldr r6, [sp, #36]")
    emit("subs r6, r6, #1")
    emit("str r6, [sp, #36]")
    emit("bne 1b")
    emit("add sp, sp, #40")
    emit("pop {r4-r11, pc}")
  }
}
