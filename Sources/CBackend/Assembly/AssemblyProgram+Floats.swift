extension AssemblyProgram {
  mutating func clear() {
    emit("movs r2, #0")
    for number in stride(from: 0, to: 16, by: 2) { emit("vmov s\(number), s\(number + 1), r2, r2") }
    label(1)
    emit("vstmia r0!, {s0-s15}")
    emit("subs r1, r1, #1")
    emit("bne 1b")
    emit("bx lr")
  }

  /// Rows of runs, eight at a time, whose places in the panel lie sixteen bytes apart.
  mutating func gather() {
    emit("push {r4-r8, lr}")
    emit("cmp r2, #0")
    emit("ble 6f")
    emit("cmp r3, #0")
    emit("ble 6f")
    emit("ldrd r4, r5, [sp, #24]")
    label(1)
    emit("mov r6, r0")
    emit("mov r7, r1")
    emit("subs r12, r2, #8")
    emit("blt 3f")
    label(2)
    emit("vldmia r6!, {s0-s7}")
    for number in 0..<8 { emit("vstr s\(number), [r7, #\(16 * number)]") }
    emit("add r7, r7, #128")
    emit("subs r12, r12, #8")
    emit("bge 2b")
    label(3)
    emit("adds r12, r12, #8")
    emit("beq 5f")
    label(4)
    emit("ldr lr, [r6], #4")
    emit("str lr, [r7], #16")
    emit("subs r12, r12, #1")
    emit("bne 4b")
    label(5)
    emit("add r0, r0, r4")
    emit("add r1, r1, r5")
    emit("subs r3, r3, #1")
    emit("bne 1b")
    label(6)
    emit("pop {r4-r8, pc}")
  }

  /// Two inputs of four positions meet those of four channels: two loads for 32 products.
  mutating func panel(isRectified: Bool) {
    // It is called where memory is scarcest, so that few registers are saved.
    let saved = "r4, r5, r7"
    beginFloats(isRectified: isRectified, saving: saved)
    emit("ldrd r4, r5, [sp, #\(isRectified ? 84 : 80)]")
    label(1)
    for position in 0..<4 {
      let first = 16 + 4 * position
      emit("vldmia r1\(position == 3 ? "!" : ""), {s\(first)-s\(first + 3)}")
    }
    emit("mov r7, r0")
    emit("mov r12, r4")
    label(2)
    emit(".rept 2")
    emit("vldmia r7!, {s0-s7}")
    emit("vldmia r1!, {s8-s15}")
    for half in [0, 4] {
      for position in 0..<4 {
        for channel in 0..<4 {
          let sum = 16 + 4 * position + channel
          emit("vfma.f32 s\(sum), s\(half + position), s\(8 + half + channel)")
        }
      }
    }
    emit(".endr")
    emit("subs r12, r12, #1")
    emit("bne 2b")
    emit("mov r7, r2")
    for position in 0..<4 {
      storePosition(16 + 4 * position, isRectified: isRectified)
      if position < 3 { emit("add r7, r7, r3") }
    }
    emit("add r2, r2, #16")
    emit("subs r5, r5, #1")
    emit("bne 1b")
    endFloats(isRectified: isRectified, saving: saved)
  }

  /// Stores four sums at r7.
  private mutating func storePosition(_ first: Int, isRectified: Bool) {
    guard isRectified else { return emit("vstmia r7, {\(Self.registers(first, 4))}") }
    for half in [0, 2] {
      emit("vmov r12, lr, s\(first + half), s\(first + half + 1)")
      for register in ["r12", "lr"] { emit("bic \(register), \(register), \(register), asr #31") }
      emit("strd r12, lr, [r7, #\(4 * half)]")
    }
  }

  /// Four inputs meet eight channels.
  mutating func row() {
    emit("push {r4, r5, r6, lr}")
    emit("vpush {s16-s31}")
    emit("ldr r4, [sp, #80]")
    emit("movs r12, #0")
    label(1)
    for number in stride(from: 0, to: 8, by: 2) {
      emit("vmov s\(number), s\(number + 1), r12, r12")
    }
    emit("mov r5, r0")
    emit("mov r6, r3")
    label(2)
    emit("vldmia r5!, {s8-s11}")
    for x in [8, 10] {
      emit("vldmia r1!, {s16-s31}")
      for number in 0..<16 {
        emit("vfma.f32 s\(number % 8), s\(x + number / 8), s\(16 + number)")
      }
    }
    emit("subs r6, r6, #1")
    emit("bne 2b")
    emit("vstmia r2!, {s0-s7}")
    emit("subs r4, r4, #1")
    emit("bne 1b")
    emit("vpop {s16-s31}")
    emit("pop {r4, r5, r6, pc}")
  }
}

extension AssemblyProgram {
  mutating func beginFloats(isRectified: Bool, saving saved: String = "r4-r11") {
    emit("push {\(saved), lr}")
    emit("vpush {s16-s31}")
    guard isRectified else { return }
    // NaN becomes the default one, whose sign is clear, so that clamping keeps it.
    emit("vmrs r12, fpscr")
    emit("push {r12}")
    emit("orr r12, r12, #0x2000000")
    emit("vmsr fpscr, r12")
  }

  mutating func endFloats(isRectified: Bool, saving saved: String = "r4-r11") {
    if isRectified {
      emit("pop {r12}")
      emit("vmsr fpscr, r12")
    }
    emit("vpop {s16-s31}")
    emit("pop {\(saved), pc}")
  }

  /// Stores sums side by side; negative ones become zero if they are rectified, by way of the first
  /// core registers.
  mutating func storeFloats(_ first: Int, _ count: Int, _ place: String, isRectified: Bool) {
    guard isRectified else {
      return emit("vstmia \(place), {\(Self.registers(first, count))}")
    }
    for number in stride(from: 0, to: count - 1, by: 2) {
      emit("vmov r\(number), r\(number + 1), s\(first + number), s\(first + number + 1)")
    }
    if count % 2 == 1 { emit("vmov r\(count - 1), s\(first + count - 1)") }
    for register in 0..<count { emit("bic r\(register), r\(register), r\(register), asr #31") }
    if count == 1 { return emit("str r0, [\(place.prefix { $0 != "!" })], #4") }
    emit("stmia \(place), {r0-r\(count - 1)}")
  }

  static func registers(_ first: Int, _ count: Int) -> String {
    count == 1 ? "s\(first)" : "s\(first)-s\(first + count - 1)"
  }
}
