extension KernelCode {
  /// A load of a real element.
  func loadReal(_ buffer: Buffer, _ index: @escaping IntegerCode) throws(DiagnosticMessage)
    -> RealCode
  {
    if let format = NarrowFloat(buffer.element) {
      let code = try loadInteger(buffer, index)
      return { Double(format.decoded(UInt16(truncatingIfNeeded: code()))) }
    }
    let memory = try memories.memory(of: buffer)
    let (base, count, memories) = (memory.base, UInt64(buffer.count), memories)
    if buffer.element == .float32 {
      return {
        let place = index()
        guard UInt64(bitPattern: place) < count else {
          memories.report(buffer, place, isStore: false)
          return 0
        }
        return Double(base.loadUnaligned(fromByteOffset: Int(place) &* 4, as: Float.self))
      }
    }
    return {
      let place = index()
      guard UInt64(bitPattern: place) < count else {
        memories.report(buffer, place, isStore: false)
        return 0
      }
      return base.loadUnaligned(fromByteOffset: Int(place) &* 8, as: Double.self)
    }
  }

  func storeReal(
    _ buffer: Buffer, _ index: @escaping IntegerCode, _ value: @escaping RealCode
  ) throws(DiagnosticMessage) -> ActionCode {
    if let format = NarrowFloat(buffer.element) {
      return try storeInteger(buffer, index, { Int64(format.encoded(Float(value()))) })
    }
    let memory = try writable(buffer)
    let (base, count, memories) = (memory.base, UInt64(buffer.count), memories)
    if buffer.element == .float32 {
      return {
        let (place, number) = (index(), value())
        guard UInt64(bitPattern: place) < count else {
          return memories.report(buffer, place, isStore: true)
        }
        base.storeBytes(of: Float(number), toByteOffset: Int(place) &* 4, as: Float.self)
      }
    }
    return {
      let (place, number) = (index(), value())
      guard UInt64(bitPattern: place) < count else {
        return memories.report(buffer, place, isStore: true)
      }
      base.storeBytes(of: number, toByteOffset: Int(place) &* 8, as: Double.self)
    }
  }

  /// A load of a whole number, or of the code of a narrow float.
  func loadInteger(
    _ buffer: Buffer, _ index: @escaping IntegerCode
  ) throws(DiagnosticMessage) -> IntegerCode {
    let memory = try memories.memory(of: buffer)
    switch (buffer.element.bits, buffer.element.isSigned) {
    case (64, _): return load(memory, index, as: Int64.self)
    case (32, true): return load(memory, index, as: Int32.self)
    case (32, false): return load(memory, index, as: UInt32.self)
    case (16, true): return load(memory, index, as: Int16.self)
    case (16, false): return load(memory, index, as: UInt16.self)
    case (8, true): return load(memory, index, as: Int8.self)
    case (8, false): return load(memory, index, as: UInt8.self)
    case (2, let signed), (4, let signed): return loadBits(memory, index, signed: signed)
    default: throw .fault("\(buffer.element) elements cannot be loaded")
    }
  }

  func storeInteger(
    _ buffer: Buffer, _ index: @escaping IntegerCode, _ value: @escaping IntegerCode
  ) throws(DiagnosticMessage) -> ActionCode {
    let memory = try writable(buffer)
    switch buffer.element.bits {
    case 64: return store(memory, index, value, as: Int64.self)
    case 32: return store(memory, index, value, as: UInt32.self)
    case 16: return store(memory, index, value, as: UInt16.self)
    case 8: return store(memory, index, value, as: UInt8.self)
    case 2, 4: return storeBits(memory, index, value)
    default: throw .fault("\(buffer.element) elements cannot be stored")
    }
  }

  func writable(_ buffer: Buffer) throws(DiagnosticMessage) -> Memory {
    let memory = try memories.memory(of: buffer)
    guard memory.isWritable else { throw .fault("buffer \(buffer.id) is constant but stored to") }
    return memory
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ memory: Memory, _ index: @escaping IntegerCode, as type: T.Type
  ) -> IntegerCode {
    let (base, buffer, memories) = (memory.base, memory.buffer, memories)
    let (count, size) = (UInt64(buffer.count), MemoryLayout<T>.size)
    return {
      let place = index()
      guard UInt64(bitPattern: place) < count else {
        memories.report(buffer, place, isStore: false)
        return 0
      }
      return Int64(base.loadUnaligned(fromByteOffset: Int(place) &* size, as: type))
    }
  }

  private func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ memory: Memory, _ index: @escaping IntegerCode, _ value: @escaping IntegerCode,
    as type: T.Type
  ) -> ActionCode {
    let (base, buffer, memories) = (memory.base, memory.buffer, memories)
    let (count, size) = (UInt64(buffer.count), MemoryLayout<T>.size)
    return {
      let (place, number) = (index(), value())
      guard UInt64(bitPattern: place) < count else {
        return memories.report(buffer, place, isStore: true)
      }
      base.storeBytes(
        of: T(truncatingIfNeeded: number), toByteOffset: Int(place) &* size, as: type)
    }
  }

  /// Elements narrower than a byte, low bits first.
  private func loadBits(
    _ memory: Memory, _ index: @escaping IntegerCode, signed: Bool
  ) -> IntegerCode {
    let (base, buffer, memories) = (memory.base, memory.buffer, memories)
    let bits = buffer.element.bits
    return {
      let place = index()
      guard UInt64(bitPattern: place) < UInt64(buffer.count) else {
        memories.report(buffer, place, isStore: false)
        return 0
      }
      let bit = Int(place) * bits
      let byte = base.load(fromByteOffset: bit / 8, as: UInt8.self)
      let value = Int64(byte >> UInt8(bit % 8)) & ((1 << Int64(bits)) - 1)
      return signed && value >> Int64(bits - 1) == 1 ? value - (1 << Int64(bits)) : value
    }
  }

  private func storeBits(
    _ memory: Memory, _ index: @escaping IntegerCode, _ value: @escaping IntegerCode
  ) -> ActionCode {
    let (base, buffer, memories) = (memory.base, memory.buffer, memories)
    let bits = buffer.element.bits
    return {
      let (place, number) = (index(), value())
      guard UInt64(bitPattern: place) < UInt64(buffer.count) else {
        return memories.report(buffer, place, isStore: true)
      }
      let bit = Int(place) * bits
      let mask = UInt8((1 << bits) - 1) << UInt8(bit % 8)
      let old = base.load(fromByteOffset: bit / 8, as: UInt8.self)
      let new = UInt8(truncatingIfNeeded: number) << UInt8(bit % 8)
      base.storeBytes(of: old & ~mask | new & mask, toByteOffset: bit / 8, as: UInt8.self)
    }
  }
}
