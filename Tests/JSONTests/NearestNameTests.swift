import Testing

@testable import JSON

@Suite struct NearestNameTests {
  @Test(
    "a name within two edits is proposed, the nearest first",
    arguments: [
      ("relu", "relu"), ("rleu", "relu"), ("elu", "elu"), ("reluu", "relu"), ("re", "relu"),
      ("tan", "tanh"), ("softmacks", nil), ("", nil), ("leaky_rel", "leaky_relu"),
      ("laeky_rlu", nil), ("xleaky_relux", "leaky_relu"), ("eaky_rel", "leaky_relu"),
      (String(repeating: "a", count: 65), nil),
    ] as [(String, String?)])
  func proposes(name: String, expected: String?) {
    let known = ["leaky_relu", "relu", "elu", "tanh", "softmax"]
    let hint = expected.map { " (did you mean \"\($0)\"?)" } ?? ""
    #expect(nearest(name, among: known) == hint)
  }

  /// The whole table of Wagner and Fischer 1974, doi:10.1145/321796.321811.
  private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var table = [[Int]](
      repeating: [Int](repeating: 0, count: right.count + 1), count: left.count + 1)
    for i in 0...left.count {
      for j in 0...right.count {
        if i == 0 || j == 0 {
          table[i][j] = max(i, j)
        } else {
          let replaced = table[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
          table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, replaced)
        }
      }
    }
    return table[left.count][right.count]
  }

  @Test("the banded distance is the whole table's up to its limit")
  func banded() {
    var state: UInt64 = 3
    func word() -> [UInt8] {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let bits = state >> 20
      return (0..<Int(bits % 7)).map { UInt8(97 + (bits >> (8 + 2 * UInt64($0))) % 2) }
    }
    for _ in 0..<3000 {
      let (left, right) = (word(), word())
      let whole = distance(left, right)
      #expect(editDistance(left, right, limit: 2) == (whole <= 2 ? whole : nil), "\(left) \(right)")
    }
  }

  @Test("a document of too many faults is answered with the first thousand")
  func manyFaults() {
    let members = (0..<100_000).map { ("name\($0)", JSON.integer($0)) }
    var reader = ObjectReader(.object(JSONObject(members)))
    _ = reader.integer("nam", in: 0...1)
    let faults = reader.finish()
    #expect(faults.all.count == 1001)
    #expect(faults.all.last?.detail == "more than 1000 faults; these are the first")
  }
}
