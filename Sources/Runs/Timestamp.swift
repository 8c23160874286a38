/// Times as clients see them.
public enum Timestamp {
  /// ISO 8601 in UTC with milliseconds: `2026-11-23T21:00:00.123Z`.
  ///
  /// A page of runs has hundreds of them, for which Foundation's formatter takes longer than all else.
  public static func text(_ milliseconds: Int) -> String {
    let (seconds, rest) = milliseconds.flooredDivision(by: 1000)
    let (days, second) = seconds.flooredDivision(by: 86_400)
    let (year, month, day) = date(ofDay: days)
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
      + "T\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
      + ".\(digits(rest, 3))Z"
  }

  /// The date of a day since 1970 in the Gregorian calendar; years begin with March, so that leap days end them.
  private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    // Eras of 400 years have 146,097 days each.
    let (era, ofEra) = (day + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * ofYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * march + 2) / 5 + 1
    )
  }
}

extension Int {
  /// Quotient and remainder, the latter never negative.
  fileprivate func flooredDivision(by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
