import JSON
import Testing

@testable import API

@Suite struct YAMLTests {
  @Test("objects are blocks, arrays of scalars stay on one line")
  func blocks() {
    let json: JSON = [
      "a": 1, "b": ["c": true, "d": [1, 2.5, "x"]], "e": [], "f": [:],
      "g": [["h": "i", "j": ["k": nil]], ["l": "m"]],
    ]
    let expected = """
      a: 1
      b:
        c: true
        d: [1, 2.5, x]
      e: []
      f: {}
      g:
        - h: i
          j:
            k: null
        - l: m

      """
    #expect(YAML.text(json) == expected)
  }

  @Test(
    "what a reader could take for something else is quoted",
    arguments: [
      ("true", "\"true\""), ("No", "\"No\""), ("200", "\"200\""), ("1.5", "\"1.5\""),
      ("a: b", "\"a: b\""), ("", "\"\""), ("#x", "\"#x\""), ("a\nb", "\"a\\nb\""),
      ("$ref", "\"$ref\""), ("/v1/runs/{id}", "/v1/runs/{id}"), ("plain", "plain"),
      ("text/csv", "text/csv"), ("é", "\"é\""),
    ])
  func quoting(text: String, expected: String) {
    #expect(YAML.text(["key": .string(text)]) == "key: \(expected)\n")
  }
}
