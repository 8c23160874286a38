import Datasets
import Foundation
import JSON
import Store

/// The splits of datasets: recipes in the store, and the parts that they make in the dataset's folder.
///
/// The parts follow from the dataset and the recipe, so that equal recipes share a file, and one that is missing is made anew.
public final class SplitLibrary: Sendable {
  /// Of a dataset.
  public static let most = 100

  private let store: Store
  private let datasets: DatasetLibrary

  public init(datasets: DatasetLibrary) {
    store = datasets.store
    self.datasets = datasets
  }

  /// What a client asks for with `POST /v1/splits`.
  private struct Request {
    let name: String?
    let dataset: DatasetID
    let recipe: SplitRecipe

    init(_ json: JSON) throws(Faults) {
      var reader = ObjectReader(json)
      reader.passOverSchema()
      name = RunRequest.name(&reader)
      var dataset: DatasetID?
      if reader.requiredValue("dataset") != nil, let text = reader.string("dataset") {
        dataset = DatasetID(text)
        if dataset == nil {
          reader.fault("dataset", "\"\(text.prefix(80))\" is no dataset's id; give ds_…")
        }
      }
      let recipe = SplitRecipe(from: &reader)
      // Without a type nothing says which of the other members belong there.
      if recipe == nil { throw reader.faults }
      try reader.finish().check()
      guard let dataset, let recipe else { throw reader.faults }
      (self.dataset, self.recipe) = (dataset, recipe)
    }
  }

  /// What is wrong with a request rather than with the server.
  private static let ofRequest: [DatasetError.Code] = [
    .option, .missingValue, .unsupported, .limitExceeded,
  ]

  /// Shares the examples of a dataset out, and keeps what came of it.
  ///
  /// - Throws: `Faults`, also where the dataset can't be shared out so; `StoreError.conflict` for too many.
  public func create(_ body: JSON) async throws -> SplitRecord {
    let request = try Request(body)
    guard let dataset = try await store.datasets.get(request.dataset) else {
      throw Faults([
        Fault(pointer: "/dataset", detail: "there is no dataset \"\(request.dataset)\"")
      ])
    }
    let parts: SplitParts
    do {
      parts = try await datasets.importing { try self.make(request.recipe, of: dataset) }
    } catch let error as DatasetError where Self.ofRequest.contains(error.code) {
      throw Faults([Fault(pointer: "/\(request.recipe.rule.place)", detail: error.description)])
    }
    let record = SplitRecord(
      name: request.name, dataset: dataset.id, recipe: "\(request.recipe.json)",
      counts: "\(JSON.array((parts.counts + [parts.leftOut]).map(JSON.integer)))",
      sizeBytes: parts.examples)
    do {
      try await store.splits.insert(record, limit: Self.most)
    } catch {
      await removeUnkept(record, dataset)
      throw error
    }
    return record
  }

  /// - Throws: `LibraryError.notFound`.
  public func record(_ id: SplitID) async throws -> SplitRecord {
    guard let record = try await store.splits.get(id) else {
      throw LibraryError(.notFound, "there is no split \"\(id)\"")
    }
    return record
  }

  public func list(
    of dataset: DatasetID?, limit: Int, before: SplitID?
  ) async throws -> [SplitRecord] {
    try await store.splits.list(of: dataset, limit: limit, before: before)
  }

  /// - Throws: `StoreError.notFound`, or `.conflict` while a run that isn't over uses it.
  public func delete(_ split: SplitRecord) async throws {
    let dataset = try await store.datasets.get(split.dataset)
    try await store.splits.delete(split.id)
    if let dataset { await removeUnkept(split, dataset) }
  }

  /// Removes the parts that no split needs any more.
  private func removeUnkept(_ split: SplitRecord, _ dataset: DatasetRecord) async {
    guard let recipe = try? recipe(split),
      (try? await store.splits.isKept(split.recipe, content: dataset.content)) == false
    else { return }
    try? FileManager.default.removeItem(at: file(of: recipe, dataset))
  }

  /// What made a split.
  public func recipe(_ record: SplitRecord) throws -> SplitRecipe {
    try SplitRecipe(JSON(parsing: record.recipe))
  }

  /// Where the parts of a split lie, a byte an example; they are made anew where they are missing.
  public func file(of record: SplitRecord, _ dataset: DatasetRecord) throws -> URL {
    let recipe = try recipe(record)
    let file = file(of: recipe, dataset)
    if !FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) {
      _ = try make(recipe, of: dataset)
    }
    return file
  }

  /// Which part each example is in.
  public func parts(of record: SplitRecord, _ dataset: DatasetRecord) throws -> SplitParts {
    let file = try file(of: record, dataset)
    let examples = try datasets.open(dataset).examples
    return try SplitParts(file, recipe: recipe(record), examples: examples)
  }

  private func file(of recipe: SplitRecipe, _ dataset: DatasetRecord) -> URL {
    datasets.folder(dataset).appending(path: "split-\(recipe.key).bin")
  }

  private func make(_ recipe: SplitRecipe, of dataset: DatasetRecord) throws -> SplitParts {
    let file = file(of: recipe, dataset)
    let opened = try datasets.open(dataset)
    if let known = try? SplitParts(file, recipe: recipe, examples: opened.examples) { return known }
    let upload = StagedUpload.file(for: nil, in: datasets.folder(dataset))
    let isWhole = FileManager.default.fileExists(atPath: upload.path(percentEncoded: false))
    let parts = try recipe.parts(
      of: SplitSource(opened, upload: isWhole ? upload : nil, limits: datasets.limits))
    let staged = try datasets.stage()
    defer { staged.discard() }
    let own = staged.directory.appending(path: "parts")
    try parts.write(to: own)
    do {
      // There whole or not at all, whoever looks at the folder meanwhile.
      guard rename(own.path(percentEncoded: false), file.path(percentEncoded: false)) == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
    } catch {
      throw LibraryError.storing("keep the split", error)
    }
    return parts
  }
}
