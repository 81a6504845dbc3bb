/// One channel of a depthwise convolution over a padded plane of halves, windows three wide.
struct DepthwiseProgram {
  /// Rows of the window, up to three.
  let rows: Int
  /// Columns between neighbouring windows, one or two.
  let stride: Int
  let width: Int
  let height: Int
  /// Bytes between rows of the plane.
  let planeStride: Int
  /// Bytes of the plane between rows of results.
  let rowStep: Int
  /// Bytes between neighbouring results.
  let positionStride: Int
  let finish: ProgramFinish

  init(_ p: [Int]) {
    (rows, stride, width, height) = (p[0], p[1], p[2], p[3])
    (planeStride, rowStep, positionStride) = (p[4], p[5], p[6])
    finish = ProgramFinish(p[7...])
  }
}

extension AssemblyProgram {
  mutating func depthwise(_ p: DepthwiseProgram) {
    emit("push {r4-r11, lr}")
    emit("mov r12, r0")
    emit("mov lr, r2")
    emit("ldm r1!, {r4, r6}")
    move("r5", p.finish.zero)
    move("r7", p.height)
    emit("push {r4-r7}")
    for row in 0..<p.rows {
      emit("ldr r10, [r1], #4")
      emit("sxtb16 r\(4 + row), r10")
      emit("sxtb16 r\(7 + row), r10, ror #8")
    }
    label(1)
    let (pairs, advance) = (p.width / 2, 4 * p.stride)
    if pairs > 4 { add("r3", "r12", pairs * advance, scratch: "r0") }
    if pairs > 4 { label(2) }
    for _ in 0..<(pairs > 4 ? 1 : pairs) { depthwisePair(p) }
    if pairs > 4 {
      emit("cmp r12, r3")
      emit("bne 2b")
    }
    if p.width % 2 == 1 { depthwiseSingle(p) }
    add("r12", "r12", p.rowStep - pairs * advance, scratch: "r0")
    emit("ldr r0, [sp, #12]")
    emit("subs r0, r0, #1")
    emit("str r0, [sp, #12]")
    emit("bne 1b")
    emit("add sp, sp, #16")
    emit("pop {r4-r11, pc}")
  }

  private mutating func depthwisePair(_ p: DepthwiseProgram) {
    emit("ldr r10, [sp, #8]")
    emit("mov r11, r10")
    for row in 0..<p.rows {
      let (first, last, advance) = (4 + row, 7 + row, 4 * p.stride)
      let offset = row * p.planeStride - advance
      emit(row == 0 ? "ldrd r0, r1, [r12], #\(advance)" : "ldrd r0, r1, [r12, #\(offset)]")
      if p.stride == 2 { emit("ldr r2, [r12, #\(row * p.planeStride)]") }
      emit("smlad r10, r0, r\(first), r10")
      emit(
        p.stride == 1
          ? "smlatb r11, r0, r\(first), r11" : "smlad r11, r1, r\(first), r11")
      emit("smlabt r10, r1, r\(last), r10")
      emit(
        p.stride == 1 ? "smlad r11, r1, r\(last), r11" : "smlabt r11, r2, r\(last), r11")
    }
    depthwiseEnd(["r10", "r11"], p)
  }

  private mutating func depthwiseSingle(_ p: DepthwiseProgram) {
    emit("ldr r10, [sp, #8]")
    for row in 0..<p.rows {
      emit("ldrd r0, r1, [r12, #\(row * p.planeStride)]")
      emit("smlad r10, r0, r\(4 + row), r10")
      emit("smlabt r10, r1, r\(7 + row), r10")
    }
    depthwiseEnd(["r10"], p)
  }

  private mutating func depthwiseEnd(_ sums: [String], _ p: DepthwiseProgram) {
    if p.finish.mode == .sums {
      for sum in sums { emit("str \(sum), [lr], #4") }
      return
    }
    emit("ldrd r0, r1, [sp]")
    requantize(sums.map { ($0, "r0") }, zero: "r1", p.finish)
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
