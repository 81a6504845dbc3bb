/// Sums of a channel at neighbouring positions, over pairs of weights with a nonzero.
struct PairsProgram {
  /// Positions of a tile, four or five.
  let positions: Int
  /// Bytes between neighbouring results.
  let stride: Int
  let finish: ProgramFinish

  init(_ p: [Int]) {
    (positions, stride) = (p[0], p[1])
    finish = ProgramFinish(p[2...])
  }
}

/// Widens columns of four channels to two planes of channel pairs.
struct PlanesProgram {
  let columns: Int
  /// Bytes between columns.
  let step: Int
  /// Bytes between planes.
  let planeStride: Int
  let isSigned: Bool

  init(_ p: [Int]) {
    (columns, step, planeStride) = (p[0], p[1], p[2])
    isSigned = p[3] != 0
  }
}

extension AssemblyProgram {
  /// The last two arguments lie on the stack.
  ///
  /// A pair takes three instructions and one for each
  /// position; what a tile begins and ends with lies on the stack.
  mutating func pairs(_ p: PairsProgram) {
    emit("push {r4-r11, lr}")
    emit("ldr r4, [sp, #36]")
    emit("ldr r7, [sp, #40]")
    emit("ldm r1!, {r8, r9}")
    emit("add lr, r1, r4, lsl #3")
    emit("add r7, r3, r7, lsl #3")
    // Steps are taken by eights: so many of the first eight are left out.
    emit("rsb r10, r4, #0")
    emit("and r10, r10, #7")
    emit("mov r4, r8")
    move("r5", p.finish.zero)
    emit("mov r6, r2")
    emit("push {r4-r7}")
    // What a tile begins with is one load: a start for each sum.
    let records = 7 + p.positions
    emit("mov r4, r3")
    emit("mov r5, r0")
    emit("mov r6, r10")
    for register in 7..<records where register != 9 { emit("mov r\(register), r9") }
    emit("mov r\(records), r1")
    emit("push {r4-r\(records)}")
    let kept = 4 * (records - 3)
    let sums = (0..<p.positions).map { "r\(5 + $0)" }
    label(1)
    emit("ldm sp, {r0, r1, r2, r5-r\(4 + p.positions), r11}")
    emit("ldr r12, [r0]")
    emit("add r12, r12, r1")
    emit("tbb [pc, r2]")
    label(10)
    for step in 0..<8 { emit(".byte (\(step + 2)f - 10b) / 2") }
    for step in 0..<8 {
      label(step + 2)
      emit("ldrd r10, r4, [r11], #8")
      emit("add r4, r4, r12")
      emit("ldm r4, {r0-r\(p.positions - 1)}")
      for (number, sum) in sums.enumerated() { emit("smlad \(sum), r\(number), r10, \(sum)") }
    }
    emit("cmp r11, lr")
    emit("bne 2b")
    emit("ldr r12, [sp]")
    emit("add r11, sp, #\(kept)")
    emit("ldm r11, {r0-r3}")
    emit("ldr r4, [r12, #4]")
    emit("add r2, r2, r4")
    if p.finish.mode == .sums {
      for (number, sum) in sums.enumerated() { emit("str \(sum), [r2, #\(4 * number)]") }
    } else {
      requantize(sums.map { ($0, "r0") }, zero: "r1", p.finish)
      for (number, sum) in sums.enumerated() {
        storeByte(sum, "r2", number * p.stride, scratch: "r4")
      }
    }
    emit("add r12, r12, #8")
    emit("str r12, [sp]")
    emit("cmp r12, r3")
    emit("bne 1b")
    emit("add sp, sp, #\(kept + 16)")
    emit("pop {r4-r11, pc}")
  }

  mutating func planes(_ p: PlanesProgram) {
    let unrolled = Self.unrolling(p.columns, limit: 6)
    let extend = p.isSigned ? "sxtb16" : "uxtb16"
    emit("push {r4-r7, lr}")
    add("r4", "r1", p.planeStride, scratch: "r5")
    move("r12", p.columns / unrolled)
    label(1)
    for _ in 0..<unrolled {
      if p.step <= 255 {
        emit("ldr r2, [r0], #\(p.step)")
      } else {
        emit("ldr r2, [r0]")
        add("r0", "r0", p.step, scratch: "r3")
      }
      emit("\(extend) r5, r2")
      emit("\(extend) r6, r2, ror #8")
      emit("pkhbt r7, r5, r6, lsl #16")
      emit("pkhtb r6, r6, r5, asr #16")
      emit("str r7, [r1], #4")
      emit("str r6, [r4], #4")
    }
    emit("subs r12, r12, #1")
    emit("bne 1b")
    emit("pop {r4-r7, pc}")
  }
}
