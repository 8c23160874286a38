import Foundation
import JSON
import NeuralNetworks
import Store

/// The models that clients keep: checked before they are stored, and built again when needed.
public struct ModelLibrary: Sendable {
  public static let longestName = 200

  private let store: Store
  private let limits: DocumentLimits

  public init(store: Store, limits: DocumentLimits = DocumentLimits()) {
    self.store = store
    self.limits = limits
  }

  /// The model that a spec makes.
  ///
  /// - Throws: `Faults` with every fault of the spec.
  public func validate(_ spec: JSON) throws(Faults) -> Model {
    let model = try Model(ModelSpec(spec))
    if let name = model.name, name.count > ModelLibrary.longestName {
      let detail = "has \(name.count) characters; at most \(ModelLibrary.longestName)"
      throw Faults([Fault(pointer: "/name", detail: detail)])
    }
    try limits.faults(of: model, at: "").check()
    return model
  }

  /// Checks a spec and stores it, with every default written out.
  public func create(_ spec: JSON) async throws -> (record: ModelRecord, model: Model) {
    let model = try validate(spec)
    let record = ModelRecord(name: model.name, spec: "\(model.spec.json)")
    try await store.models.insert(record)
    return (record, model)
  }

  /// - Throws: `LibraryError.notFound`.
  public func record(_ id: ModelID) async throws -> ModelRecord {
    guard let record = try await store.models.get(id) else {
      throw LibraryError(.notFound, "there is no model \"\(id)\"")
    }
    return record
  }

  /// At most `limit` models, newest first, older than `before`.
  public func list(limit: Int, before: ModelID?) async throws -> [ModelRecord] {
    try await store.models.list(limit: limit, before: before)
  }

  /// The model that a stored spec makes.
  public func model(_ record: ModelRecord) throws -> Model {
    try Model(ModelSpec(JSON(parsing: record.spec)))
  }

  /// - Throws: `StoreError.notFound`.
  public func delete(_ id: ModelID) async throws {
    try await store.models.delete(id)
  }
}
