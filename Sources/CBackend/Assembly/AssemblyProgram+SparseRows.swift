extension AssemblyProgram {
  /// Sums of rows of a sparse product: a word holds the weights of two pairs.
  ///
  /// The number of rows lies on the stack.
  mutating func rowPairs(indexBytes: Int) {
    emit("push {r4-r11, lr}")
    emit("ldr r12, [sp, #36]")
    label(1)
    emit("ldm r1!, {r4, r5}")
    bySteps("r5") {
      $0.emit("ldr r6, [r1], #4")
      for register in ["r7", "r8"] { $0.index(register, bytes: indexBytes) }
      for register in ["r7", "r8"] { $0.emit("ldr \(register), [r0, \(register), lsl #2]") }
      $0.emit("sxtb16 r9, r6")
      $0.emit("smlad r4, r7, r9, r4")
      $0.emit("sxtb16 r9, r6, ror #8")
      $0.emit("smlad r4, r8, r9, r4")
    }
    emit("str r4, [r3], #4")
    emit("subs r12, r12, #1")
    emit("bne 1b")
    emit("pop {r4-r11, pc}")
  }

  /// Sums of two rows of a sparse product at once: four inputs meet the weights of both.
  mutating func rowBlocks(indexBytes: Int) {
    emit("push {r4-r11, lr}")
    emit("ldr r12, [sp, #36]")
    label(1)
    emit("ldm r1!, {r4, r5, r6}")
    bySteps("r6") {
      $0.index("r7", bytes: indexBytes)
      $0.emit("add r7, r0, r7, lsl #3")
      $0.emit("ldrd r8, r9, [r7]")
      $0.emit("ldrd r10, r11, [r1], #8")
      for (sum, weights) in [("r4", "r10"), ("r5", "r11")] {
        $0.emit("sxtb16 r7, \(weights)")
        $0.emit("smlad \(sum), r8, r7, \(sum)")
        $0.emit("sxtb16 r7, \(weights), ror #8")
        $0.emit("smlad \(sum), r9, r7, \(sum)")
      }
    }
    emit("stm r3!, {r4, r5}")
    emit("subs r12, r12, #1")
    emit("bne 1b")
    emit("pop {r4-r11, pc}")
  }

  /// The next place among the activations.
  private mutating func index(_ register: String, bytes: Int) {
    emit("\(bytes == 1 ? "ldrb" : "ldrh") \(register), [r2], #\(bytes)")
  }

  /// Steps by twos, as often as a register says; an odd number begins with the second of two.
  private mutating func bySteps(_ count: String, _ step: (inout AssemblyProgram) -> Void) {
    emit("add \(count), \(count), #1")
    emit("lsrs \(count), \(count), #1")
    emit("beq 4f")
    emit("bcc 3f")
    label(2)
    step(&self)
    label(3)
    step(&self)
    emit("subs \(count), \(count), #1")
    emit("bne 2b")
    label(4)
  }
}
