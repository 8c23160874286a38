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
        On a fixed logarithmic grid of four steps an octave, so that counts are exact and histograms add up: over steps, \
        layers or both with `merge`. Fewer `bins` are runs of neighbours; `scale=linear` spreads the grid's counts \
        over equal bins, which is an estimate (`exact` is false). Zeros and what isn't finite are counted apart; \
        minimum, maximum, mean and variance are exact; quantiles are off by a factor of `quantile_bound` at most. \
        Without a step, those of the newest. As application/x-npy an array of rows \
        `[index, from_step, to_step, low, high, count]`, where the index counts the histograms of the JSON answer from 0.
        """,
      query: [quantity, layer, step, StepRange.first, StepRange.last, merge, bins, scale],
      answers: [
        Answer(
          status: 200, summary: "The histograms, by layer, parameter and step.",
          content: [
            (MediaType.json, .reference("Histograms")), (MediaType.csv, .string),
            (MediaType.npy, .bytes), (Pictures.svg, .string), (MediaType.text, .string),
          ])
      ], problems: [.notAcceptable]
    ) { service, call in
      let run = try await service.run(call)
      let type = try call.negotiate(
        [MediaType.json, MediaType.csv, MediaType.npy] + Pictures.types)
      let (limit, isLinear) = try call.query.read { reader in
        (reader.integer(bins.name, in: 1...1024), reader.choice(scale) == "linear")
      }
      let source = HistogramSource(
        store: service.store, run: run, request: try request(call.query))
      let shown = try await source.histograms()
      @Sendable func binned(_ histogram: ValueHistogram) -> HistogramBins {
        isLinear
          ? HistogramBins(linear: histogram, count: limit ?? 64)
          : HistogramBins(histogram, limit: limit)
      }
      switch type {
      case Pictures.svg, MediaType.text:
        // Equal bins are what a picture's axis has.
        let named = shown.prefix(mostPictured).map { one in
          (
            name: name(one, among: shown),
            bins: HistogramBins(linear: one.histogram, count: limit ?? 64)
          )
        }
        return Pictures.histograms(run, source.request.quantity, Array(named), type)
      case MediaType.csv:
        return .lines(type, columns: columns) { write in
          for histogram in shown {
            for row in rows(histogram, binned(histogram.histogram)) { try await write(row) }
          }
        }
      case MediaType.npy:
        return .npy(
          shown.enumerated().flatMap { index, histogram in
            numbers(index, histogram, binned(histogram.histogram))
          }, columns: 6)
      default:
        return .json([
          "histograms": .array(
            shown.map {
              json($0, quantity: source.request.quantity, binned($0.histogram), isExact: !isLinear)
            })
        ])
      }
    }
  ]

  /// Histograms of a picture at most.
  private static let mostPictured = 400

  /// What tells a histogram from the others of a picture.
  private static func name(_ one: ShownHistogram, among all: [ShownHistogram]) -> String {
    let place = one.parameter ?? one.layer ?? "all"
    let step = "step \(one.steps.lowerBound)"
    let places = Set(all.map { $0.parameter ?? $0.layer ?? "all" })
    if places.count == 1 { return all.count == 1 ? place : step }
    return Set(all.map(\.steps)).count == 1 ? place : "\(place), \(step)"
  }

  private static let quantity = Field(
    "quantity", .choice(HistogramRecord.Quantity.allCases.map(\.rawValue)), default: "gradient",
    "Of what.")
  private static let layer = Field(
    "layer", .described("names, separated by commas"), "Layers or parameters; all when left out.")
  private static let step = Field(
    "step", .integer(0...Int.max), "One step; excludes from_step and to_step.")
  private static let merge = Field(
    "merge", .choice(HistogramRequest.Merge.allCases.map(\.rawValue)), default: "none",
    "Over what histograms are added up.")
  private static let bins = Field(
    "bins", .integer(1...1024), "How many bins at most; of equal bins 64 when left out.")
  private static let scale = Field(
    "scale", .choice(["log", "linear"]), default: "log", "Bins of the grid, or equal ones.")
  private static let columns = [
    "layer", "parameter", "from_step", "to_step", "low", "high", "count",
  ]
  private static let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

  private static func request(_ query: Query) throws -> HistogramRequest {
    let range = try StepRange(query)
    let (quantity, merge, step) = try query.read { reader in
      (
        reader.choice(Self.quantity), reader.choice(Self.merge),
        reader.integer(Self.step.name, in: 0...Int.max)
      )
    }
    let hasRange = query[StepRange.first] != nil || query[StepRange.last] != nil
    if step != nil, hasRange {
      let detail = "excludes from_step and to_step; give one or the others"
      throw Problem(query: Faults([Fault(pointer: "/step", detail: detail)]))
    }
    let joined = HistogramRequest.Merge(rawValue: merge) ?? .none
    return HistogramRequest(
      quantity: quantity, names: query.names(layer),
      // All steps are meant when they are to be added up.
      steps: step.map { $0...$0 }
        ?? (hasRange || joined.joinsSteps ? range.from...range.through : nil),
      isOneStep: step != nil, merge: joined)
  }

  private static func rows(_ shown: ShownHistogram, _ bins: HistogramBins) -> [[JSON]] {
    bins.counts.indices.map { index in
      [
        shown.layer.map(JSON.string) ?? .null, shown.parameter.map(JSON.string) ?? .null,
        .integer(shown.steps.lowerBound), .integer(shown.steps.upperBound),
        .number(bins.edges[index]), .number(bins.edges[index + 1]), .integer(bins.counts[index]),
      ]
    }
  }

  private static func numbers(
    _ place: Int, _ shown: ShownHistogram, _ bins: HistogramBins
  ) -> [[Double]] {
    bins.counts.indices.map { index in
      [
        Double(place), Double(shown.steps.lowerBound), Double(shown.steps.upperBound),
        bins.edges[index], bins.edges[index + 1], Double(bins.counts[index]),
      ]
    }
  }

  private static func json(
    _ shown: ShownHistogram, quantity: String, _ bins: HistogramBins, isExact: Bool
  ) -> JSON {
    let histogram = shown.histogram
    let isEmpty = histogram.finiteCount == 0
    func number(_ value: Double) -> JSON { isEmpty ? .null : .number(value) }
    var object = JSONObject([
      ("quantity", .string(quantity)),
      ("layer", shown.layer.map(JSON.string) ?? .null),
      ("parameter", shown.parameter.map(JSON.string) ?? .null),
    ])
    if shown.steps.count == 1 { object["step"] = .integer(shown.steps.lowerBound) }
    object["from_step"] = .integer(shown.steps.lowerBound)
    object["to_step"] = .integer(shown.steps.upperBound)
    object["edges"] = .array(bins.edges.map(JSON.number))
    object["counts"] = .array(bins.counts.map(JSON.integer))
    object["exact"] = .bool(isExact)
    object["zero"] = .integer(histogram.zeroCount)
    object["nonfinite"] = [
      "nan": .integer(histogram.nanCount), "pos_inf": .integer(histogram.positiveInfinityCount),
      "neg_inf": .integer(histogram.negativeInfinityCount),
    ]
    object["count"] = .integer(histogram.count)
    object["min"] = number(histogram.minimum)
    object["max"] = number(histogram.maximum)
    object["mean"] = number(histogram.mean)
    object["variance"] = number(histogram.variance)
    object["quantiles"] = .object(
      JSONObject(
        shares.map { share in
          ("\(share)", HistogramBins.quantile(share, of: histogram).map(JSON.number) ?? .null)
        }))
    object["quantile_bound"] = .number(ValueHistogram.quantileBound)
    return .object(object)
  }
}
