import HTTP
import JSON
import Runs
import Store
import Training

/// How gradients, weights and activations are spread.
enum HistogramEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/histograms", operationID: "getHistograms",
      tag: .observations, summary: "Histograms of gradients, weights, updates and activations",
      description: """
        On a fixed logarithmic grid of four steps an octave, so that counts are exact; fewer `bins` \
        are runs of neighbours. Zeros and what isn't finite are counted apart; minimum, maximum, \
        mean and variance are exact. Without a step, those of the newest.
        """,
      query: [quantity, layer, step, StepRange.first, StepRange.last, bins],
      answers: [
        Answer(
          status: 200, summary: "The histograms, by layer, parameter and step.",
          content: [(MediaType.json, .reference("Histograms")), (MediaType.csv, .string)])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let type = try call.negotiate([MediaType.json, MediaType.csv])
      let (wanted, layerName, limit) = try call.query.read { reader in
        (
          reader.choice(quantity), reader.string(layer.name),
          reader.integer(bins.name, in: 1...1024)
        )
      }
      let stored = try await records(run, quantity: wanted, layer: layerName, call, service)
      let histograms = stored.compactMap { record in
        ValueHistogram(encoded: record.data).map { (record, $0) }
      }
      if type == MediaType.csv {
        return .lines(type, columns: columns) { write in
          for (record, histogram) in histograms {
            for row in rows(record, HistogramBins(histogram, limit: limit)) { try await write(row) }
          }
        }
      }
      return .json([
        "histograms": .array(histograms.map { json($0, $1, limit: limit) })
      ])
    },
    Endpoint(
      method: .get, path: "/v1/runs/{id}/activations", operationID: "getActivations",
      tag: .observations, summary: "Mean, spread, saturated and dead fractions of layers' outputs",
      query: [layer, StepRange.first, StepRange.last],
      answers: [.json(200, "By layer and step.", .reference("Activations"))]
    ) { service, call in
      let run = try await service.run(call)
      let range = try StepRange(call.query)
      let stored = try await service.store.history.activations(
        run.id, layer: call.query[layer], from: range.from, through: range.through, limit: most)
      let rows = try stored.map { record -> JSON in
        var object = JSONObject([("layer", .string(record.layer)), ("step", .integer(record.step))])
        for (name, value) in try JSON(parsing: record.data).object?.members ?? [] {
          object[name] = value
        }
        return .object(object)
      }
      return .json(["activations": .array(rows)])
    },
  ]

  /// Rows of an answer at most.
  private static let most = 10_000

  private static let quantity = Field(
    "quantity", .choice(HistogramRecord.Quantity.allCases.map(\.rawValue)), default: "gradient",
    "Of what.")
  private static let layer = Field("layer", .described("a name"), "One layer; all when left out.")
  private static let step = Field(
    "step", .integer(0...Int.max), "One step; excludes from_step and to_step.")
  private static let bins = Field("bins", .integer(1...1024), "How many bins at most.")
  private static let columns = ["layer", "parameter", "step", "low", "high", "count"]
  private static let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

  private static func records(
    _ run: RunRecord, quantity: String, layer: String?, _ call: Call, _ service: Service
  ) async throws -> [StoredHistogram] {
    let range = try StepRange(call.query)
    var (from, through) = (range.from, range.through)
    if let step = try call.query.read({ $0.integer(step.name, in: 0...Int.max) }) {
      if call.query[StepRange.first] != nil || call.query[StepRange.last] != nil {
        let detail = "excludes from_step and to_step; give one or the others"
        throw Problem(query: Faults([Fault(pointer: "/step", detail: detail)]))
      }
      (from, through) = (step, step)
    } else if call.query[StepRange.first] == nil, call.query[StepRange.last] == nil {
      let taken = try await service.store.history.histogramRange(run.id, quantity: quantity)
      guard let newest = taken?.upperBound else { return [] }
      (from, through) = (newest, newest)
    }
    return try await service.store.history.histograms(
      run.id, quantity: quantity, layer: layer, from: from, through: through, limit: most)
  }

  private static func rows(_ record: StoredHistogram, _ bins: HistogramBins) -> [[JSON]] {
    bins.counts.indices.map { index in
      [
        .string(record.layer), record.parameter.map(JSON.string) ?? .null, .integer(record.step),
        .number(bins.edges[index]), .number(bins.edges[index + 1]), .integer(bins.counts[index]),
      ]
    }
  }

  private static func json(
    _ record: StoredHistogram, _ histogram: ValueHistogram, limit: Int?
  ) -> JSON {
    let bins = HistogramBins(histogram, limit: limit)
    let isEmpty = histogram.finiteCount == 0
    func number(_ value: Double) -> JSON { isEmpty ? .null : .number(value) }
    return [
      "quantity": .string(record.quantity),
      "layer": .string(record.layer),
      "parameter": record.parameter.map(JSON.string) ?? .null,
      "step": .integer(record.step),
      "edges": .array(bins.edges.map(JSON.number)),
      "counts": .array(bins.counts.map(JSON.integer)),
      "zero": .integer(histogram.zeroCount),
      "nonfinite": [
        "nan": .integer(histogram.nanCount), "pos_inf": .integer(histogram.positiveInfinityCount),
        "neg_inf": .integer(histogram.negativeInfinityCount),
      ],
      "count": .integer(histogram.count),
      "min": number(histogram.minimum),
      "max": number(histogram.maximum),
      "mean": number(histogram.mean),
      "variance": number(histogram.variance),
      "quantiles": .object(
        JSONObject(
          shares.map { share in
            ("\(share)", HistogramBins.quantile(share, of: histogram).map(JSON.number) ?? .null)
          })),
    ]
  }
}
