import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("Categories by the target, and as numbers of vectors")
struct CategoryEncodingTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// What scikit-learn makes of `target_codes.csv`: `make_target_codes.py`.
  private static let known: JSON = {
    guard let data = try? Data(contentsOf: Fixture.file("target_codes.json")),
      let json = try? JSON(parsing: data)
    else { preconditionFailure("run make_target_codes.py") }
    return json
  }()

  private static func rows(_ json: JSON?) -> [[Double]] {
    (json?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
  }

  private func imported(
    _ target: String, _ query: [String: String] = [:]
  ) throws -> Dataset {
    let ignored = ["price", "sold", "kind"].filter { $0 != target }.joined(separator: ",")
    let usual = [
      "categories": "target", "target": target, "ignore": ignored, "scale": "none",
    ]
    return try workspace.imported(
      Fixture.file("target_codes.csv"), usual.merging(query) { $1 })
  }

  /// The numbers of city and colour, the last column left out.
  private func codes(_ dataset: Dataset) -> [[Float]] {
    let width = dataset.inputShape.count
    let all = dataset.allInputs
    return (0..<dataset.examples).map { Array(all[$0 * width..<($0 + 1) * width - 1]) }
  }

  private func expectClose(
    _ found: [[Float]], _ known: [[Double]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == known.count && !known.isEmpty, sourceLocation: sourceLocation)
    for (found, known) in zip(found, known) {
      #expect(
        found.count == known.count
          && zip(found, known).allSatisfy { abs(Double($0) - $1) < 2e-5 * (1 + abs($1)) },
        "\(found) for \(known)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "the target's codes are scikit-learn's, by all rows and by those outside a row's fold",
    arguments: ["price", "sold", "kind"])
  func targets(name: String) throws {
    let dataset = try imported(name)
    let known = Self.known[name]
    #expect(dataset.inputShape == [name == "kind" ? 7 : 3])
    expectClose(codes(dataset), Self.rows(known?["codes"]))
    let folds = (Self.known["folds"]?.array ?? []).compactMap(\.integer)
    #expect((0..<dataset.examples).map(TargetCodes.fold) == folds)
    expectClose(codes(dataset.crossFitted(to: nil)), Self.rows(known?["others"]))
    let again = try DatasetDescription(dataset.description.json)
    #expect(again == dataset.description)
    // A scale of the target changes nothing.
    guard name == "price" else { return }
    let scaled = try imported(name, ["target_scale": "standard"])
    expectClose(codes(scaled), Self.rows(known?["codes"]))
  }

  @Test("a run finds them from what it trains on, and what validates is coded by all of that")
  func fitted() throws {
    let dataset = try imported("price")
    #expect(dataset.isFittedByRuns)
    let training = ExampleSet(0..<160)
    let adapted = try dataset.adapted(to: dataset.fitted(to: training))
    let known = Self.rows(Self.known["part"])
    expectClose(codes(adapted), known)
    let crossed = adapted.crossFitted(to: training)
    let found = codes(crossed)
    expectClose(Array(found[160...]), Array(known[160...]))
    #expect(zip(found[..<160], codes(adapted)[..<160]).contains { $0 != $1 })
    // No row of training is told its own target: another target of it changes nothing about it.
    var lines = try String(contentsOf: Fixture.file("target_codes.csv"), encoding: .utf8)
      .split(whereSeparator: \.isNewline).map(String.init)
    var fields = lines[8].split(separator: ",", omittingEmptySubsequences: false)
    fields[3] = "9999"
    lines[8] = fields.joined(separator: ",")
    let other = try workspace.imported(
      text: lines.joined(separator: "\n"),
      [
        "categories": "target", "target": "price", "ignore": "sold,kind", "scale": "none",
      ])
    func raw(_ dataset: Dataset) throws -> [Double] {
      let fitted = try dataset.adapted(to: dataset.fitted(to: training)).crossFitted(to: training)
      guard case .vector(_, _, _) = dataset.target else { return [] }
      let labels = dataset.allTargets(Float.self)[..<160].map(Double.init)
      let mean = labels.reduce(0, +) / 160
      let deviation = (labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 160).squareRoot()
      return codes(fitted)[7].map { Double($0) * deviation + mean }
    }
    for (one, two) in zip(try raw(dataset), try raw(other)) { #expect(abs(one - two) < 1e-2) }
  }

  @Test("a prediction and another dataset are coded by what was found, unknown values by nothing")
  func unknown() throws {
    let dataset = try imported("kind")
    let all = codes(dataset)
    let rows: [JSON] = [["city12", "green", 0], ["city3", "red", 1], ["nowhere", "red", 1]]
    let encoded = try dataset.encode(rows: rows).elements(of: Float.self)
    #expect(Array(encoded[..<6]) == all[0] && Array(encoded[7..<13]) == all[1])
    #expect(Array(encoded[14..<17]) == [0, 0, 0] && Array(encoded[17..<20]) == Array(all[1][3...]))
    let other = try workspace.imported(
      text: "color,number,city,kind\nred,1,city3,b\ngreen,0,city12,c\nred,2,atlantis,b\n",
      ["categories": "target", "scale": "none"])
    let adapted = try other.adapted(to: dataset.description)
    #expect(codes(adapted)[0] == all[1] && codes(adapted)[1] == all[0])
    #expect(Array(codes(adapted)[2][..<3]) == [0, 0, 0])
    let missing = try workspace.imported(
      text: "a,y\nu,1.5\n,2.5\nv,3.5\nu,4.5\n", ["categories": "target", "missing": "indicator"])
    #expect(missing.inputShape == [2])
    #expect(Array(missing.allInputs[2..<4]) == [0, 1] && missing.allInputs[1] == 0)
    #expect(try missing.encode(rows: [[.null]]).elements(of: Float.self) == [0, 1])
  }

  @Test("windows and targets that can't say it are refused")
  func refused() throws {
    let text = "a,y\n" + (0..<20).map { "\(["p", "q"][$0 % 2]),\($0)" }.joined(separator: "\n")
    let windows = try workspace.refusal(text: text, ["categories": "target", "window": "3"])
    #expect(windows?.code == .option && windows?.message.contains("window") == true)
    let classes =
      "a,y\n" + (0..<200).map { "\(["p", "q"][$0 % 2]),c\($0 % 70)" }.joined(separator: "\n")
    let many = try workspace.refusal(text: classes, ["categories": "target"])
    #expect(many?.code == .option && many?.message.contains("64") == true)
    // 3,000 values for 50 classes are 150,000 numbers.
    let wide = "a,y\n" + (0..<6_000).map { "v\($0 % 3_000),c\($0 % 50)" }.joined(separator: "\n")
    let large = try workspace.refusal(text: wide, ["categories": "target"])
    #expect(large?.code == .limitExceeded && large?.message.contains("131072") == true)
  }

  @Test("embedded ones are the numbers of their values, whatever another dataset's order")
  func embedded() throws {
    let options = [
      "schema": #"{"city": {"encoding": "embed"}}"#, "scale": "none", "missing": "most_frequent",
    ]
    let dataset = try workspace.imported(
      text: "size,city,colour,y\n1,rome,red,0.5\n2,oslo,blue,1.5\n3,,red,2.5\n4,oslo,red,3.5\n",
      options)
    #expect(dataset.inputShape == [4])
    #expect(dataset.allInputs == [1, 1, 0, 1, 2, 0, 1, 0, 3, 0, 0, 1, 4, 0, 0, 1])
    #expect(
      dataset.description.embeddedColumns == [.init(name: "city", place: 1, values: 2)])
    #expect(try DatasetDescription(dataset.description.json) == dataset.description)
    #expect(
      try dataset.encode(rows: [[1, "rome", "red"]]).elements(of: Float.self) == [1, 1, 0, 1])
    #expect(throws: Faults.self) { try dataset.encode(rows: [[1, "paris", "red"]]) }
    // Alone, rome comes first.
    let other = try workspace.imported(
      text: "size,city,colour,y\n7,rome,red,0.5\n8,rome,red,1.5\n", options)
    #expect(try other.adapted(to: dataset.description).allInputs == [7, 1, 0, 1, 8, 1, 0, 1])
    let third = try workspace.imported(
      text: "size,city,colour,y\n7,paris,red,0.5\n8,rome,red,1.5\n", options)
    let error = #expect(throws: DatasetError.self) {
      try third.adapted(to: dataset.description)
    }
    #expect(error?.columnName == "city")
    let plain = try workspace.imported(
      text: "size,city,colour,y\n7,rome,red,0.5\n8,oslo,red,1.5\n", ["scale": "none"])
    #expect(throws: DatasetError.self) { try plain.adapted(to: dataset.description) }
  }

  @Test("a column of more values than become one-hot is taken")
  func many() throws {
    let rows = (0..<1_500).map { "v\($0),\(Double($0) + 0.5)" }.joined(separator: "\n")
    #expect(try workspace.refusal(text: "a,y\n" + rows)?.code == .limitExceeded)
    let embedded = try workspace.imported(text: "a,y\n" + rows, ["categories": "embed"])
    #expect(embedded.inputShape == [1])
    #expect(embedded.description.embeddedColumns.first?.values == 1_500)
    let coded = try workspace.imported(text: "a,y\n" + rows, ["categories": "target"])
    // Each value occurs once: outside its own fold nothing is known of it.
    #expect(coded.crossFitted(to: nil).allInputs.allSatisfy { abs($0) < 0.2 })
  }

  @Test("values that are counted take room, whatever their text is, and are refused beyond it")
  func room() throws {
    var limits = ImportLimits()
    limits.categoryBytes = 10_000
    let rows = (0..<100).map { "v\($0),\($0).5" }.joined(separator: "\n")
    let file = try workspace.file("a,y\n" + rows)
    let error = workspace.refusal(file, limits: limits)
    #expect(error?.code == .limitExceeded && error?.column == 1)
    limits.categoryBytes = 20_000
    #expect(try workspace.imported(file, limits: limits).inputShape == [100])
  }

  @Test("options come back from their line")
  func canonical() throws {
    for name in ["embed", "target", "ordinal", "hash"] {
      let options = try ImportOptions(query: ["categories": name])
      #expect(try ImportOptions(canonical: options.canonical) == options)
    }
  }
}
