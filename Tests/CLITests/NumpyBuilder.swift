import CoppiceTestSupport

/// npy files, written by hand from the format's description.
enum Npy {
  static func file(
    _ values: [Float], _ shape: String = "(2, 3)", type: String = "<f4", columns: Bool = false
  ) -> [UInt8] {
    let bytes = values.flatMap { value -> [UInt8] in
      let little = littleEndian(value.bitPattern)
      return type.hasPrefix(">") ? little.reversed() : little
    }
    return file(bytes: bytes, shape, type: type, columns: columns)
  }

  static func file(
    bytes: [UInt8], _ shape: String = "(2, 3)", type: String, columns: Bool = false,
    version: UInt8 = 1
  ) -> [UInt8] {
    let order = columns ? "True" : "False"
    var header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    let length = littleEndian(UInt16(header.utf8.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + bytes
  }
}
