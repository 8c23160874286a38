import JSON

/// As the document lists them.
public struct GivenSplit: SplitRule {
  /// Examples that a document may list.
  public static let mostListed = 1 << 20

  private static let field = Field(
    "indices", .described("an object of lists of integers"), isRequired: true,
    "Has `validation`, and perhaps `train` and `test`: the examples of each, counted from 0. Without `train` all that are in neither "
      + "of the others train.")

  public static let documentation = CatalogEntry(
    type: "given", summary: "As the document lists them, by their places in the file.",
    formula: "part = the list that the example is in", fields: [field],
    source: "As the index files that published datasets come with.")

  private let training: [Int]?
  private let validation: [Int]
  private let test: [Int]

  public init(from reader: inout ObjectReader) {
    _ = reader.requiredValue(Self.field.name)
    guard var part = reader.reader(Self.field.name) else {
      (training, validation, test) = (nil, [], [])
      return
    }
    func list(_ name: String) -> [Int]? {
      guard let values = part.array(name, count: 0...Self.mostListed) else { return nil }
      var all: [Int] = []
      for (index, value) in values.enumerated() {
        if let number = value.integer, number >= 0 {
          all.append(number)
        } else {
          part.fault(name, element: index, "expected an example's number, counted from 0")
          break
        }
      }
      return all
    }
    training = list("train")
    if part.requiredValue("validation") != nil {
      validation = list("validation") ?? []
    } else {
      validation = []
    }
    test = list("test") ?? []
    reader.add(part.finish())
  }

  public var place: String { Self.field.name }

  public static var ownShares: SplitShares? { .fractions(validation: 0, test: 0) }

  public var configuration: [(String, JSON)] {
    func list(_ name: String, _ members: [Int]) -> (String, JSON) {
      (name, .array(members.map(JSON.integer)))
    }
    let lists =
      (training.map { [list("train", $0)] } ?? [])
      + [list("validation", validation), list("test", test)]
    return [("indices", .object(JSONObject(lists)))]
  }

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    let examples = source.examples
    var parts = Array(repeating: training == nil ? 0 : SplitParts.none, count: examples)
    var isListed = Array(repeating: false, count: examples)
    for (part, members) in [training ?? [], validation, test].enumerated() {
      for member in members {
        guard member < examples else {
          throw DatasetError(
            .option, "there is no example \(member): there are \(examples), counted from 0")
        }
        guard !isListed[member] else {
          throw DatasetError(.option, "example \(member) is listed twice; it is in one part alone")
        }
        isListed[member] = true
        parts[member] = SplitParts.Part(part)
      }
    }
    return parts
  }
}
