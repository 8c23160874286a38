import Datasets
import JSON
import Store

/// Which examples of a dataset a document means, by the split that it names.
extension RunService {
  /// What a split says of a dataset's examples.
  ///
  /// - Parameters:
  ///   - id: `nil` where the document names none.
  ///   - fold: the one that validates, of a split with folds.
  ///   - pointer: where `split` and `fold` stand.
  /// - Returns: `nil` without a split, and after a fault.
  func roles(
    of id: SplitID?, fold: Int?, dataset: DatasetID, at pointer: String, _ faults: inout Faults
  ) async throws -> SplitParts.Roles? {
    guard let id else { return nil }
    guard let split = try await store.splits.get(id) else {
      faults.add(pointer + "/split", "there is no split \"\(id)\"")
      return nil
    }
    guard split.dataset == dataset, let record = try await store.datasets.get(dataset) else {
      faults.add(
        pointer + "/split", "split \(id) is one of dataset \(split.dataset), not of \(dataset)")
      return nil
    }
    let parts = try splits.parts(of: split, record)
    guard let folds = parts.validatingFolds else {
      if fold != nil { faults.add(pointer + "/fold", "split \(id) has no folds; leave it out") }
      return parts.roles()
    }
    guard let fold, folds.contains(fold) else {
      let found = fold.map { "\($0) is none of them" } ?? "is missing"
      faults.add(
        pointer + "/fold",
        "\(found): split \(id) has folds, of which one from \(folds.lowerBound) to \(folds.upperBound) validates"
      )
      return nil
    }
    return parts.roles(fold: fold)
  }

  /// The part of a dataset that an evaluation is of: its members `split`, `part` and `fold`.
  public struct AskedPart {
    public static let names = ["train", "validation", "test"]

    let split: SplitID?
    let part: String
    let fold: Int?

    init(_ reader: inout ObjectReader) {
      let text = reader.string("split")
      split = text.flatMap { SplitID($0) }
      if let text, split == nil {
        reader.fault("split", "\"\(text.prefix(80))\" is no split's id; give spl_…")
      }
      part = reader.string("part", in: Self.names) ?? "test"
      fold = reader.integer("fold", in: 0...SplitShares.mostFolds - 1)
      for name in ["part", "fold"] where reader.has(name) && !reader.has("split") {
        reader.fault(name, "is one of a split's; name the split too")
      }
    }
  }

  /// The examples of a dataset that are asked for; `nil` for all.
  func examples(of asked: AskedPart, dataset: DatasetID) async throws -> ExampleSet? {
    var faults = Faults()
    let roles = try await roles(
      of: asked.split, fold: asked.fold, dataset: dataset, at: "", &faults)
    try faults.check()
    guard let roles else { return nil }
    let members =
      switch asked.part {
      case "train": roles.training
      case "validation": roles.validation
      default: roles.test
      }
    if members.isEmpty {
      throw Faults([
        Fault(
          pointer: "/part", detail: "the split has no example for \(asked.part); name another part")
      ])
    }
    return members
  }
}
