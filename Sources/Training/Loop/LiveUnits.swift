import JSON

/// Which units of each layer weren't zero in the observed batches of late; from it follows which are dead.
public struct LiveUnits: Hashable, Sendable {
  /// By layer one entry a batch, the newest last, with 1 or 0 a unit.
  var layers: [String: [[UInt8]]] = [:]

  init() {}

  /// A string of 0 and 1 a batch.
  var json: JSON {
    .object(
      JSONObject(
        layers.sorted { $0.key < $1.key }.map { layer, batches in
          (
            layer,
            .array(batches.map { .string(String(decoding: $0.map { $0 + 0x30 }, as: UTF8.self)) })
          )
        }))
  }

  init(_ json: JSON?) {
    for (layer, batches) in json?.object?.members ?? [] {
      layers[layer] = (batches.array ?? []).compactMap { $0.string?.utf8.map { $0 & 1 } }
    }
  }
}
