import JSON
import Testing

/// Members of an object, whether they are few or many.
@Suite struct ObjectTests {
  @Test("members are found, replaced and removed as in a list of pairs, however many there are")
  func members() {
    var random = SystemRandomNumberGenerator()
    for most in [3, 16, 17, 18, 60] {
      var object = JSONObject()
      var expected: [(String, JSON)] = []
      var history: [String] = []
      for value in 0..<600 {
        let name = "n\(Int.random(in: 0..<most, using: &random))"
        let isRemoval = Int.random(in: 0..<4, using: &random) == 0
        history.append(isRemoval ? "-\(name)" : name)
        object[name] = isRemoval ? nil : .integer(value)
        let place = expected.firstIndex { $0.0 == name }
        switch (place, isRemoval) {
        case (let place?, true): expected.remove(at: place)
        case (let place?, false): expected[place].1 = .integer(value)
        case (nil, false): expected.append((name, .integer(value)))
        case (nil, true): break
        }
        #expect(object.names == expected.map(\.0), "after \(history)")
        #expect(expected.allSatisfy { object[$0.0] == $0.1 }, "after \(history)")
        #expect(object["other"] == nil)
      }
    }
  }

  @Test("objects are equal whatever the order of their members")
  func equality() {
    for count in [2, 16, 17, 40] {
      let pairs = (0..<count).map { ("n\($0)", JSON.integer($0)) }
      let (one, other) = (JSONObject(pairs), JSONObject(pairs.reversed()))
      #expect(one == other && one.hashValue == other.hashValue)
      #expect(one != JSONObject(pairs.dropLast() + [("x", 1)]))
    }
  }
}
