import CoppiceIR
import CoppiceTestSupport
import Testing

@Suite struct ProgramTextTests {
  static let sample = """
    program {
      buffer @0 "x" f32 16 input 0
      buffer @1 "w \\"packed\\"" f32 2 constant hex "0000803f00000040"
      buffer @2 "y" f32 16 output 0
      buffer @3 "t" i64 4 arena
      buffer @4 "n" u8 16 arena
      kernel "conv" for ["a", "b//c"] macs 32 16 scratch [@3] share @2 [@0] {
        variant 16 {
          loop %i.0 from 0 to 16 step 4 {
            let %x.1 : f32 x 4 = load x 4 @0[%i.0]
            var %a.2 : f32 x 4 = (%x.1 * splat(load @1[((%i.0 / 8) + 1)]) x 4)
            set %a.2 = max(%a.2, splat(-inf:f32) x 4)
            store @2[%i.0] = %a.2
            store @2[%i.0] = shuffle(%a.2, %x.1) [3, 4, 5, 6]
            store @2[%i.0] = pick(%a.2, %x.1, i32(load x 4 @4[%i.0]))
          }
        }
        variant 0 {
          comment "one by one"
          var %n.3 : index = rem(17, 16)
          while lt(%n.3, 16) {
            if and(ne(load @0[%n.3], nan:f32), lnot(isnan(exp(load @0[%n.3])))) {
              store @2[%n.3] = select(gt(pow(0.5:f32, 2.0:f32), 1.0:f32), 1.5:f32, neg(2.0:f32))
            }
            else {
              store @3[0] = (whole -9223372036854775808:i64 - i64(f32(%n.3)))
            }
            set %n.3 = (%n.3 + 1)
          }
        }
      }
    }

    """

  @Test func everyFormComesBackExactly() throws {
    #expect(try Program(parsing: Self.sample).text() == Self.sample)
  }

  @Test func packedIntegersAndProgramsComeBackExactly() throws {
    let text = """
      program {
        buffer @0 "x" u32 2 input 0
        buffer @1 "y" u32 8 output 0
        kernel "k" for [] {
          variant 0 {
            microkernel weights(1)(@0[0], @1[0]) {
              let %w.0 : u32 = load @0[0]
              store @1[0] = widen_even(%w.0)
              store @1[1] = widen_odd(%w.0)
              store @1[2] = extend_even(%w.0)
              store @1[3] = extend_odd(%w.0)
              store @1[4] = u32(dot2(%w.0, load @0[1], -3.0:i32))
              store @1[5] = pack2(-3.0:i32, 4.0:i32)
              store @1[6] = u32(requantize(i32(%w.0), 1073741824.0:i32, -5.0:i32))
            }
          }
        }
      }

      """
    #expect(try Program(parsing: text).text() == text)
  }

  @Test(arguments: [
    ("set %i.0 = (%x.1 + %i.0)", "text-name"), ("let %i.9 : f32 = 1", "text-type"),
    ("let %i.9 : f32 = (1.0:f32 + 1)", "text-type"), ("store @9[0] = 1.0:f32", "text-syntax"),
    ("store @2[1.0:f32] = 1.0:f32", "text-type"), ("let %i.9 : f16 = 1.0:f32", "text-type"),
    ("microkernel jump()() { }", "text-syntax"), ("microkernel dot(1)(@0[0]) { }", "text-syntax"),
    ("let %i.9 : u32 = widen_even(1)", "text-type"), ("let %i.9 : i32 = dot2(1, 2)", "text-syntax"),
    ("loop %i.0 from 0 to 4 step 0 { }", "text-syntax"), ("let %i : index = 1", "text-name"),
    ("let %i.9 : f32 = pow(1.0:f32)", "text-syntax"), ("jump", "text-syntax"),
    ("let %i.9 : f32 = exp()", "text-syntax"), ("let %i.9 : f32 x 3 = 1.0:f32", "text-type"),
    ("let %i.9 : bool = select(1, 2, 3)", "text-type"),
    ("let %i.9 : f32 = whole 99999999999999999999:f32", "text-syntax"),
  ])
  func whatCannotBeIsRefused(_ statement: String, _ id: String) throws {
    let text = """
      program {
        buffer @0 "x" f32 4 input 0
        buffer @1 "h" f16 4 input 1
        buffer @2 "y" f32 4 output 0
        kernel "k" for [] {
          variant 0 {
            \(statement)
          }
        }
      }
      """
    let error = #expect(throws: Diagnostic.self) { try Program(parsing: text) }
    #expect(error?.message.id == id)
  }

  @Test func deepNestingIsRefused() {
    let head = "program { buffer @0 \"x\" f32 4 output 0 kernel \"k\" for [] { variant 0 { "
    for open in [
      "store @0[0] = " + repeated("("), repeated("while eq(0, 0) { "),
      "store @0[" + repeated("neg("),
    ] {
      #expect(throws: Diagnostic.self) { try Program(parsing: head + open) }
    }
  }

  private func repeated(_ text: String) -> String { String(repeating: text, count: 100_000) }

  @Test func damagedTextsNeverTrap() {
    let marks = "%@(){}[],:=\"\\-9x_.*/ \n"
    for text in damagedTexts(Self.sample, rounds: 600, seed: 7, marks: marks) {
      if let program = try? CoppiceIR.Program(parsing: text) { _ = program.text() }
    }
  }
}
