import CoppicePassManager
import Testing

@Suite struct ExactDecimalTests {
  @Test(arguments: [
    ("0.29", 100, 29, 29), ("0.7", 10, 7, 7), ("0.1", 3, 0, 1), ("1", 7, 7, 7), ("0", 7, 0, 0),
    (".5", 5, 2, 3), ("1e-3", 2999, 2, 3), ("2.5e1", 4, 100, 100),
    ("0.35", 500_000_000_000, 175_000_000_000, 175_000_000_000),
    ("1e-300", 5, 0, 1), ("+0.50", 2, 1, 1), ("-1", 5, 0, 0), ("1e30", 5, Int.max, Int.max),
    ("0.333333333333333333", 3, 0, 1), ("1/3", 3, 1, 1), ("2/3", 4, 2, 3), ("0/7", 9, 0, 0),
    ("18446744073709551615/18446744073709551614", 7, 7, 8), ("9/2", 3, 13, 14),
  ])
  func multipliesExactly(_ text: String, _ count: Int, _ floor: Int, _ ceiling: Int) throws {
    let number = try #require(ExactDecimal(text))
    #expect(number.floor(times: count) == floor)
    #expect(number.ceiling(times: count) == ceiling)
    #expect(number.text == text)
  }

  @Test(arguments: [
    "", ".", "-", "1e", "e3", "0x10", "inf", "nan", "1.2.3", "1 ", " 1", "1e999",
    "0.1234567890123456789", "1e+", "٣", "1/0", "1/", "/2", "1/2/3", "0.5/2", "-1/2", "1/-2",
    "18446744073709551616/3",
  ])
  func refusesOtherText(_ text: String) {
    #expect(ExactDecimal(text) == nil)
  }

  @Test(arguments: ["0.1", "0.8", "123.456", "5e-324", "1.7976931348623157e308", "-2.5"])
  func givesTheNearestDouble(_ text: String) {
    #expect(ExactDecimal(text)?.double == Double(text))
  }
}
