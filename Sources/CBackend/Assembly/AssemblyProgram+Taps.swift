/// One channel of a depthwise convolution over planes of halves, two neighbouring results at once.
struct TapsProgram {
  /// Rows of the window.
  let rows: Int
  /// Words of four taps in a row of the window.
  let words: Int
  let width: Int
  let height: Int
  /// Bytes between rows of the plane.
  let planeStride: Int
  /// Bytes of the plane between rows of results.
  let rowStep: Int
  /// Bytes from the window of a result to that of its neighbour, which begins with a word too.
  let second: Int
  /// Bytes of the plane between every second result.
  let advance: Int
  /// Bytes between neighbouring results.
  let positionStride: Int
  let finish: ProgramFinish

  init(_ p: [Int]) {
    (rows, words, width, height) = (p[0], p[1], p[2], p[3])
    (planeStride, rowStep, second, advance) = (p[4], p[5], p[6], p[7])
    positionStride = p[8]
    finish = ProgramFinish(p[9...])
  }
}

extension AssemblyProgram {
  /// The weights of a word meet two results before the next is read.
  mutating func taps(_ p: TapsProgram) {
    emit("push {r4-r11, lr}")
    emit("mov r12, r0")
    emit("mov lr, r2")
    emit("ldm r1!, {r4, r5}")
    move("r6", p.finish.zero)
    move("r0", p.height)
    emit("push {r0, r1}")
    label(1)
    let pairs = p.width / 2
    if pairs > 0 {
      move("r7", pairs)
      label(2)
      tapsOf(["r8", "r9"], p)
      add("r12", "r12", p.advance, scratch: "r0")
      emit("subs r7, r7, #1")
      emit("bne 2b")
    }
    if p.width % 2 == 1 { tapsOf(["r8"], p) }
    add("r12", "r12", p.rowStep - pairs * p.advance, scratch: "r0")
    emit("ldr r0, [sp]")
    emit("subs r0, r0, #1")
    emit("str r0, [sp]")
    emit("bne 1b")
    emit("add sp, sp, #8")
    emit("pop {r4-r11, pc}")
  }

  private mutating func tapsOf(_ sums: [String], _ p: TapsProgram) {
    for sum in sums { emit("mov \(sum), r5") }
    for row in 0..<p.rows {
      for word in 0..<p.words {
        emit("ldr r10, [r1, #\((row * p.words + word) * 4)]")
        emit("sxtb16 r11, r10")
        emit("sxtb16 r10, r10, ror #8")
        for (half, weights) in [(0, "r11"), (4, "r10")] {
          let place = row * p.planeStride + word * 8 + half
          for (number, sum) in sums.enumerated() {
            emit("ldr r\(2 + number), [r12, #\(place + number * p.second)]")
            emit("smlad \(sum), r\(2 + number), \(weights), \(sum)")
          }
        }
      }
    }
    if p.finish.mode == .sums {
      for sum in sums { emit("str \(sum), [lr], #4") }
      return
    }
    requantize(sums.map { ($0, "r4") }, zero: "r6", p.finish)
    for sum in sums {
      if p.positionStride <= 255 {
        emit("strb \(sum), [lr], #\(p.positionStride)")
      } else {
        emit("strb \(sum), [lr]")
        add("lr", "lr", p.positionStride, scratch: "r0")
      }
    }
  }
}
