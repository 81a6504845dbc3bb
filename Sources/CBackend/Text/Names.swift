/// Words that a C or C++ compiler, or a common macro, already means something by.
private let reservedWords: Set<String> = [
  "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class",
  "compl", "complex", "const", "continue", "default", "delete", "do", "double", "else", "enum",
  "errno", "explicit", "export", "extern", "false", "final", "float", "for", "friend", "goto", "if",
  "imaginary", "inline", "int", "linux", "long", "main", "mutable", "namespace", "new", "not",
  "operator", "or", "override", "private", "protected", "public", "register", "restrict", "return",
  "short", "signed", "sizeof", "static", "stderr", "stdin", "stdout", "struct", "switch",
  "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union",
  "unix", "unsigned", "using", "virtual", "void", "volatile", "while", "xor",
]

/// Functions of the C library that a local name would shadow.
private let libraryNames: Set<String> = [
  "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cbrt", "ceil", "cos", "cosh", "div",
  "erf", "erfc", "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod",
  "frexp", "gamma", "hypot", "index", "isinf", "isnan", "j0", "j1", "jn", "ldexp", "lgamma", "log",
  "log10", "log1p", "log2", "logb", "modf", "pow", "printf", "rand", "remainder", "rint", "round",
  "scalb", "significand", "signbit", "sin", "sinh", "sqrt", "tan", "tanh", "tgamma", "time",
  "trunc",
  "y0", "y1", "yn", "exit", "free", "malloc", "memcpy", "memset", "mem", "weights", "arena",
]

/// Headers of the C library, which `NAME.h` on the include path would hide.
private let libraryHeaders: Set<String> = [
  "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits", "locale",
  "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint",
  "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads", "time", "uchar", "unistd",
  "wchar", "wctype",
]

/// Text as an identifier: ASCII letters, digits and single underscores, in lower case.
///
/// - Parameters:
///   - text: Any text, such as a tensor's name.
///   - limit: The most characters.
/// - Returns: May be empty.
func identifier(_ text: String, limit: Int = 32) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    let isWord = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
    if isWord {
      result.unicodeScalars.append(scalar)
    } else if !result.isEmpty, result.last != "_" {
      result.append("_")
    }
    if result.utf8.count >= limit { break }
  }
  while result.last == "_" { result.removeLast() }
  return result.lowercased()
}

/// Whether a text can be the name of a model: what all symbols start with.
///
/// - Parameter text: The wanted name.
/// - Returns: Whether it is a plain C identifier that no compiler reserves.
package func isModelName(_ text: String) -> Bool {
  guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
  func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
  guard isLetter(first), !reservedWords.contains(text), !libraryNames.contains(text),
    !libraryHeaders.contains(text.lowercased())
  else { return false }
  return text.utf8.allSatisfy { isLetter($0) || $0 == 0x5F || ($0 >= 0x30 && $0 <= 0x39) }
}

/// Gives out names that are unique in one function.
struct NameScope {
  private var taken: Set<String> = []
  private var next: [String: Int] = [:]
  /// What the printer itself numbers: `in0`, `w3`.
  private static let numbered = ["in", "out", "w", "tmp", "io"]

  init() {}

  /// A free name close to the wanted one.
  mutating func unique(_ hint: String) -> String {
    var base = identifier(hint)
    if base.isEmpty { base = "v" }
    if base.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) ?? false { base = "v" + base }
    if !isReserved(base), taken.insert(base).inserted { return base }
    if base.last?.isNumber ?? false || Self.numbered.contains(base) { base += "_" }
    var number = next[base] ?? 1
    while true {
      let name = "\(base)\(number)"
      number += 1
      if !isReserved(name), taken.insert(name).inserted {
        next[base] = number
        return name
      }
    }
  }

  private func isReserved(_ name: String) -> Bool {
    if reservedWords.contains(name) || libraryNames.contains(name) { return true }
    return Self.numbered.contains { prefix in
      name.hasPrefix(prefix) && name.utf8.count > prefix.utf8.count
        && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
  }
}

/// Text as it may stand in a block comment.
func commentText(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F && scalar != "\\" && scalar != "?"
    if !isPlain {
      result.append("_")
    } else if result.last == "*" && scalar == "/" || result.last == "/" && scalar == "*" {
      result.append(" ")
      result.unicodeScalars.append(scalar)
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}
