/// Sums of two positions by two channels, `steps` times four inputs.
struct DotProgram {
  let steps: Int
  /// Bytes between the results of neighbouring channels.
  let channelStride: Int
  /// Bytes between the results of neighbouring positions.
  let positionStride: Int
  let finish: ProgramFinish

  init(_ p: [Int]) {
    (steps, channelStride, positionStride) = (p[0], p[1], p[2])
    finish = ProgramFinish(p[3...])
  }
}

extension AssemblyProgram {
  /// A step loads eight words in two instructions and does sixteen multiplications; so all registers
  /// but the stack's are taken, and what a tile ends with lies on the stack.
  mutating func dot(_ p: DotProgram) {
    let unrolled = Self.unrolling(p.steps, limit: 18)
    let isLooped = unrolled < p.steps
    emit("push {r4-r11, lr}")
    emit("ldrd r6, r7, [r1], #8")
    emit("mov r12, r0")
    move("r4", p.steps * 16)
    emit("mla r4, r3, r4, r0")
    emit("mov r5, r1")
    emit("mov r3, r2")
    if isLooped { add("r8", "r1", 16 + p.steps * 16, scratch: "r9") }
    emit("mov r0, r6")
    emit("mov r1, r7")
    move("r2", p.finish.zero)
    if isLooped { emit("mov r6, r8") }
    emit("push {r0-r\(isLooped ? 6 : 5)}")
    label(1)
    emit("mov lr, r5")
    emit("ldm lr!, {r8-r11}")
    label(2)
    for _ in 0..<unrolled { dotStep() }
    if isLooped {
      emit("ldr r0, [sp, #24]")
      emit("cmp lr, r0")
      emit("bne 2b")
    }
    emit("ldm sp, {r0-r5}")
    dotEnd(p.channelStride, p.positionStride, p.finish)
    emit("str r3, [sp, #12]")
    emit("cmp r12, r4")
    emit("bne 1b")
    emit("add sp, sp, #\(isLooped ? 28 : 24)")
    emit("pop {r4-r11, pc}")
  }

  mutating func dotStep() {
    emit("ldm r12!, {r0-r3}")
    emit("ldm lr!, {r4-r7}")
    for half in 0..<2 {
      for (sum, x, w) in [(8, 0, 4), (9, 0, 6), (10, 2, 4), (11, 2, 6)] {
        emit("smlad r\(sum), r\(x + half), r\(w + half), r\(sum)")
      }
    }
  }

  /// Stores the sums in r8 to r11 at r3, which goes on to the next two positions.
  mutating func dotEnd(_ channelStride: Int, _ positionStride: Int, _ finish: ProgramFinish) {
    if finish.mode == .sums { return emit("stm r3!, {r8-r11}") }
    requantize([("r8", "r0"), ("r9", "r1"), ("r10", "r0"), ("r11", "r1")], zero: "r2", finish)
    for (sum, offset) in [
      ("r8", 0), ("r9", channelStride), ("r10", positionStride),
      ("r11", channelStride + positionStride),
    ] { storeByte(sum, "r3", offset, scratch: "r6") }
    add("r3", "r3", 2 * positionStride, scratch: "r6")
  }

  /// The weights of two channels as halves, with their biases twice, once for each position.
  mutating func weights(steps: Int) {
    let unrolled = Self.unrolling(steps, limit: 4)
    emit("push {r4-r7, lr}")
    emit("ldm r0!, {r2-r5}")
    emit("stm r1!, {r2-r5}")
    emit("stm r1!, {r4, r5}")
    move("r12", steps / unrolled)
    label(1)
    for _ in 0..<unrolled {
      emit("ldm r0!, {r2, r3}")
      for (half, word) in [(4, 2), (6, 3)] {
        emit("sxtb16 r\(half), r\(word)")
        emit("sxtb16 r\(half + 1), r\(word), ror #8")
      }
      emit("stm r1!, {r4-r7}")
    }
    emit("subs r12, r12, #1")
    emit("bne 1b")
    emit("pop {r4-r7, pc}")
  }

  /// Sums of four rows of a product, which lie interleaved word by word.
  mutating func rows(steps: Int) {
    let unrolled = Self.unrolling(steps, limit: 6)
    emit("push {r4-r11, lr}")
    emit("push {r0, r2, r3}")
    emit("mov lr, r1")
    label(1)
    emit("ldm lr!, {r8-r11}")
    emit("ldr r12, [sp]")
    add("r7", "r12", steps * 8, scratch: "r6")
    label(2)
    for _ in 0..<unrolled {
      emit("ldrd r0, r1, [r12], #8")
      emit("ldm lr!, {r2-r5}")
      for row in 0..<4 {
        emit("sxtb16 r6, r\(row + 2)")
        emit("smlad r\(row + 8), r0, r6, r\(row + 8)")
        emit("sxtb16 r6, r\(row + 2), ror #8")
        emit("smlad r\(row + 8), r1, r6, r\(row + 8)")
      }
    }
    emit("cmp r12, r7")
    emit("bne 2b")
    emit("ldrd r0, r1, [sp, #4]")
    emit("stm r0!, {r8-r11}")
    emit("subs r1, r1, #1")
    emit("strd r0, r1, [sp, #4]")
    emit("bne 1b")
    emit("add sp, sp, #12")
    emit("pop {r4-r11, pc}")
  }
}
