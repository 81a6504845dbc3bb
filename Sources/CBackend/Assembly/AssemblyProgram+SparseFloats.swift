/// Sums of neighbouring positions over the nonzeros of each channel.
struct PointsProgram {
  /// Positions of a tile, 18 at most.
  let positions: Int
  let isRectified: Bool
  let tables: EntryTables

  init(_ p: [Int]) {
    (positions, isRectified, tables) = (p[0], p[1] != 0, EntryTables(p[2...]))
  }
}

/// Sums of a tile of positions over the nonzeros of each channel's window.
struct FloatWindowsProgram {
  /// Rows and columns of a tile, 18 positions at most.
  let rows: Int
  let columns: Int
  let isRectified: Bool
  let tables: EntryTables

  init(_ p: [Int]) {
    (rows, columns, isRectified) = (p[0], p[1], p[2] != 0)
    tables = EntryTables(p[3...])
  }
}

/// The tables of rows with a column for each entry.
struct EntryTables {
  /// Bytes of an entry in the tables of starts and of columns.
  private let startBytes: Int
  private let columnBytes: Int

  init(_ parameters: some Collection<Int>) {
    let list = Array(parameters)
    (startBytes, columnBytes) = (list[0], list[1])
  }

  func start(_ register: String, _ place: String) -> String {
    "\(Self.load(startBytes)) \(register), [\(place)], #\(startBytes)"
  }

  func column(_ register: String, _ place: String) -> String {
    "\(Self.load(columnBytes)) \(register), [\(place)], #\(columnBytes)"
  }

  /// A number of entries as an operand that counts bytes of the table of columns.
  func bytes(_ register: String) -> String {
    columnBytes == 1 ? register : "\(register), lsl #\(columnBytes / 2)"
  }

  /// Bytes of some columns.
  func bytes(_ count: Int) -> Int { count * columnBytes }

  private static func load(_ bytes: Int) -> String {
    bytes == 1 ? "ldrb" : bytes == 2 ? "ldrh" : "ldr"
  }
}

extension AssemblyProgram {
  /// A nonzero meets all positions.
  ///
  /// Its column, its value and the activations are loaded, and the
  /// sums stay in registers. Rows follow each other in the tables.
  mutating func points(_ p: PointsProgram) {
    let sums = 32 - p.positions
    let base = p.isRectified ? 104 : 100
    beginFloats(isRectified: p.isRectified)
    emit("ldrd r4, r5, [sp, #\(base)]")
    emit("ldrd r6, r7, [sp, #\(base + 8)]")
    emit("mov r8, r2")
    emit(p.tables.start("lr", "r4"))
    label(1)
    spread(sums, p.positions, from: "r5")
    emit(p.tables.start("lr", "r4"))
    emit("add lr, r8, \(p.tables.bytes("lr"))")
    emit("b 3f")
    label(2)
    emit(p.tables.column("r12", "r2"))
    emit("mla r12, r12, r7, r0")
    emit("vldmia r1!, {s0}")
    meet(sums, p.positions, at: "r12")
    label(3)
    emit("cmp r2, lr")
    emit("bne 2b")
    if p.isRectified { emit("push {r0-r7}") }
    emit("mov r12, r3")
    storeTile(sums, p.positions, "r12", isRectified: p.isRectified)
    if p.isRectified { emit("pop {r0-r7}") }
    emit("ldr r12, [sp, #\(base + 16)]")
    emit("add r3, r3, r12")
    emit("subs r6, r6, #1")
    emit("bne 1b")
    endFloats(isRectified: p.isRectified)
  }

  /// The same for windows: a row has a group of entries for each tap, whose place is in a table.
  mutating func floatWindows(_ p: FloatWindowsProgram) {
    let sums = 32 - p.rows * p.columns
    let base = p.isRectified ? 104 : 100
    beginFloats(isRectified: p.isRectified)
    emit("ldrd r4, r5, [sp, #\(base)]")
    emit("ldr r7, [sp, #\(base + 16)]")
    emit("ldr r10, [sp, #\(base + 32)]")
    emit("mov r8, r2")
    emit(p.tables.start("lr", "r4"))
    label(1)
    emit("ldr r11, [sp, #\(base + 8)]")
    emit("ldr r6, [sp, #\(base + 24)]")
    spread(sums, p.rows * p.columns, from: "r5")
    label(2)
    emit(p.tables.start("lr", "r4"))
    emit("ldrh r9, [r11], #2")
    emit("add lr, r8, \(p.tables.bytes("lr"))")
    emit("cmp r2, lr")
    emit("beq 4f")
    emit("add r9, r0, r9, lsl #2")
    label(3)
    emit(p.tables.column("r12", "r2"))
    emit("mla r12, r12, r7, r9")
    emit("vldmia r1!, {s0}")
    for row in 0..<p.rows {
      if row > 0 { emit("add r12, r12, r10") }
      meet(sums + row * p.columns, p.columns, at: "r12", of: p.rows * p.columns)
    }
    emit("cmp r2, lr")
    emit("bne 3b")
    label(4)
    emit("subs r6, r6, #1")
    emit("bne 2b")
    floatWindowsEnd(p, sums, base)
  }

  private mutating func floatWindowsEnd(_ p: FloatWindowsProgram, _ sums: Int, _ base: Int) {
    if p.rows > 1 { emit("ldr r11, [sp, #\(base + 36)]") }
    if p.isRectified { emit("push {r0-r7}") }
    emit("mov r9, r3")
    for row in 0..<p.rows {
      emit("mov r12, r9")
      storeTile(sums + row * p.columns, p.columns, "r12", isRectified: p.isRectified)
      if row < p.rows - 1 { emit("add r9, r9, r11") }
    }
    if p.isRectified { emit("pop {r0-r7}") }
    emit("ldr r12, [sp, #\(base + 20)]")
    emit("add r3, r3, r12")
    emit("ldr r12, [sp, #\(base + 28)]")
    emit("add r0, r0, r12")
    emit("ldr r12, [sp, #\(base + 12)]")
    emit("subs r12, r12, #1")
    emit("str r12, [sp, #\(base + 12)]")
    emit("bne 1b")
    endFloats(isRectified: p.isRectified)
  }

  /// Sums over the nonzeros of rows, four at a time.
  mutating func entries(_ tables: EntryTables) {
    emit("push {r4-r10, lr}")
    emit("ldrd r4, r5, [sp, #32]")
    emit("movs r10, #0")
    emit(tables.start("r6", "r4"))
    emit("sub r7, r2, \(tables.bytes("r6"))")
    label(1)
    emit(tables.start("r6", "r4"))
    emit("add r6, r7, \(tables.bytes("r6"))")
    emit("vmov s0, r10")
    emit("sub r12, r6, r2")
    emit("subs r12, r12, #\(tables.bytes(4))")
    emit("blt 3f")
    label(2)
    emit("vldmia r1!, {s4-s7}")
    for pair in [4, 6] {
      emit(tables.column("r8", "r2"))
      emit(tables.column("r9", "r2"))
      emit("ldr r8, [r0, r8, lsl #2]")
      emit("ldr r9, [r0, r9, lsl #2]")
      emit("vmov s2, s3, r8, r9")
      emit("vfma.f32 s0, s2, s\(pair)")
      emit("vfma.f32 s0, s3, s\(pair + 1)")
    }
    emit("subs r12, r12, #\(tables.bytes(4))")
    emit("bge 2b")
    label(3)
    emit("adds r12, r12, #\(tables.bytes(4))")
    emit("beq 5f")
    label(4)
    emit(tables.column("r8", "r2"))
    emit("vldmia r1!, {s4}")
    emit("ldr r8, [r0, r8, lsl #2]")
    emit("vmov s2, r8")
    emit("vfma.f32 s0, s2, s4")
    emit("cmp r2, r6")
    emit("bne 4b")
    label(5)
    emit("vstmia r3!, {s0}")
    emit("subs r5, r5, #1")
    emit("bne 1b")
    emit("pop {r4-r10, pc}")
  }

  /// Copies rows of a length that is known when the code is made.
  mutating func copy(columns: Int) {
    emit("push {r4, r5, r6, lr}")
    emit("ldr r4, [sp, #16]")
    label(1)
    emit("mov r5, r0")
    emit("mov r6, r1")
    let (parts, rest) = columns.quotientAndRemainder(dividingBy: 16)
    if parts > 2 { emit("mov r12, #\(parts)") }
    if parts > 2 { label(2) }
    for _ in 0..<(parts > 2 ? 1 : parts) {
      emit("vldmia r5!, {s0-s15}")
      emit("vstmia r6!, {s0-s15}")
    }
    if parts > 2 {
      emit("subs r12, r12, #1")
      emit("bne 2b")
    }
    if rest > 0 {
      emit("vldmia r5, {\(Self.registers(0, rest))}")
      emit("vstmia r6, {\(Self.registers(0, rest))}")
    }
    emit("add r0, r0, r3")
    emit("add r1, r1, r4")
    emit("subs r2, r2, #1")
    emit("bne 1b")
    emit("pop {r4, r5, r6, pc}")
  }
}

extension AssemblyProgram {
  /// Starts all sums of a tile from the next number.
  private mutating func spread(_ first: Int, _ count: Int, from place: String) {
    emit("vldmia \(place)!, {s\(first)}")
    for sum in (first + 1)..<(first + count) { emit("vmov.f32 s\(sum), s\(first)") }
  }

  /// Multiplies neighbouring activations by a weight, and adds them to their sums: all at once, or
  /// in two halves if registers do not suffice for those and `all` sums.
  private mutating func meet(_ first: Int, _ count: Int, at place: String, of all: Int? = nil) {
    let chunk = count + (all ?? count) < 32 ? count : (count + 1) / 2
    for start in stride(from: 0, to: count, by: chunk) {
      let part = min(chunk, count - start)
      let advance = start + part < count ? "!" : ""
      emit("vldmia \(place)\(advance), {\(Self.registers(1, part))}")
      for number in 0..<part {
        emit("vfma.f32 s\(first + start + number), s\(1 + number), s0")
      }
    }
  }

  /// Stores sums side by side, eight at a time by way of r0 to r7 where they are rectified.
  private mutating func storeTile(
    _ first: Int, _ count: Int, _ place: String, isRectified: Bool
  ) {
    let chunk = isRectified ? 8 : count
    for start in stride(from: 0, to: count, by: chunk) {
      storeFloats(
        first + start, min(chunk, count - start), "\(place)!", isRectified: isRectified)
    }
  }
}
