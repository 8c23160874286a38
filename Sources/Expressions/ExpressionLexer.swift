/// A piece of an expression's text.
public struct ExpressionToken: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case number(Double)
    case name
    /// An operator, parenthesis or comma.
    case symbol
    case end
  }

  public let kind: Kind
  public let text: String
  /// Counted from 1.
  public let column: Int

  func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Cuts an expression into tokens.
public struct ExpressionLexer {
  private let characters: [Character]
  private var place = 0

  private init(_ source: String) { characters = Array(source) }

  /// The tokens, the last of which is the end.
  public static func tokens(of source: String) throws(ExpressionError) -> [ExpressionToken] {
    let length = source.utf8.count
    guard length <= ExpressionLimits.length else {
      throw ExpressionError(
        column: ExpressionLimits.length + 1, found: "",
        "the expression has \(length) bytes; at most \(ExpressionLimits.length)")
    }
    var lexer = ExpressionLexer(source)
    var tokens: [ExpressionToken] = []
    repeat { tokens.append(try lexer.next()) } while tokens[tokens.count - 1].kind != .end
    return tokens
  }

  private func character(_ offset: Int = 0) -> Character? {
    let index = place + offset
    return index < characters.count ? characters[index] : nil
  }

  private mutating func next() throws(ExpressionError) -> ExpressionToken {
    while let found = character(), found == " " || found == "\t" || found.isNewline { place += 1 }
    let start = place
    guard let first = character() else {
      return ExpressionToken(kind: .end, text: "", column: start + 1)
    }
    if ExpressionLexer.isDigit(first)
      || first == "." && character(1).map(ExpressionLexer.isDigit) ?? false
    {
      return try number(from: start)
    }
    if ExpressionLexer.isLetter(first) {
      while let found = character(),
        ExpressionLexer.isLetter(found) || ExpressionLexer.isDigit(found)
      {
        place += 1
      }
      return token(.name, from: start)
    }
    for length in [2, 1] {
      let end = min(start + length, characters.count)
      guard ExpressionLexer.symbols.contains(String(characters[start..<end])) else { continue }
      place = end
      return token(.symbol, from: start)
    }
    throw ExpressionError(
      column: start + 1, found: String(first), ExpressionLexer.advice(first))
  }

  public static let symbols: Set<String> = [
    "+", "-", "*", "/", "^", "**", "(", ")", ",", "<", "<=", ">", ">=", "==", "!=",
  ]

  private static func advice(_ character: Character) -> String {
    switch character {
    case "=": "a comparison is written =="
    case "&", "|", "!":
      "conditions are numbers, 1 and 0: their product is and, max(a, b) is or, 1 - a is not"
    case "?", ":": "a choice is written where(condition, a, b)"
    case "×", "·", "∗": "a product is written *"
    case "−", "–": "a minus is written -"
    case "%": "a remainder is written a - b * floor(a / b)"
    case "[", "{": "parentheses are round"
    default:
      "isn't part of the language; it has numbers, names, ( ) , and + - * / ^ < <= > >= == !="
    }
  }

  private mutating func number(from start: Int) throws(ExpressionError) -> ExpressionToken {
    skipDigits()
    if character() == "." {
      place += 1
      skipDigits()
    }
    if let mark = character(), mark == "e" || mark == "E" {
      let sign = character(1) == "+" || character(1) == "-" ? 1 : 0
      if let digit = character(1 + sign), ExpressionLexer.isDigit(digit) {
        place += 1 + sign
        skipDigits()
      }
    }
    let text = String(characters[start..<place])
    let value = Double(text.hasPrefix(".") ? "0" + text : text.hasSuffix(".") ? text + "0" : text)
    guard let value, value <= ExpressionLimits.number else {
      throw ExpressionError(
        column: start + 1, found: text,
        "the number is too large; at most \(ExpressionLimits.number)")
    }
    return ExpressionToken(kind: .number(value), text: text, column: start + 1)
  }

  private mutating func skipDigits() {
    while let found = character(), ExpressionLexer.isDigit(found) { place += 1 }
  }

  private func token(_ kind: ExpressionToken.Kind, from start: Int) -> ExpressionToken {
    ExpressionToken(kind: kind, text: String(characters[start..<place]), column: start + 1)
  }

  private static func isDigit(_ character: Character) -> Bool {
    ("0"..."9").contains(character) && character.isASCII
  }
  public static func isLetter(_ character: Character) -> Bool {
    character.isASCII && character.isLetter || character == "_"
  }
}
