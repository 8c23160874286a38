import JSON

/// What stands behind the figures of an evaluation for one objective: who was taken for whom, and the curves.
///
/// Bounded, whatever the number of examples and classes.
public struct EvaluationDetails: Hashable, Sendable, Codable {
  /// The term of the loss; empty where there is one loss alone.
  public let term: String
  public let classes: Int
  /// `nil` where there are too many classes.
  public var confusion: ConfusionMatrix?
  /// Examples of each class whose outputs have a NaN.
  public var unanswered: [Int] = []
  /// Whether every score is a threshold of its own, rather than counted in bins.
  public var areScoresExact = true
  /// Answers with a NaN among their scores; there are no ranked curves then.
  public var unordered = 0
  /// One a class, where scores were kept.
  public var ranked: [RankedCurve] = []
  /// That of the likeliest class, and one a class.
  public var calibration: [CalibrationCurve] = []

  public init(term: String, classes: Int) {
    self.term = term
    self.classes = classes
  }

  var isEmpty: Bool {
    confusion == nil && ranked.isEmpty && calibration.isEmpty && unordered == 0
  }

  /// Points that are kept of a class's curve: all classes share 4,000, and each has 32 at least and 1,000 at most.
  static func points(ofEachOf classes: Int) -> Int { min(1_000, max(32, 4_000 / max(classes, 1))) }
}

// MARK: - JSON

extension EvaluationDetails {
  public var json: JSON {
    var object = JSONObject([("classes", .integer(classes))])
    if let confusion { object["confusion"] = .array(confusion.counts.map(JSON.integer)) }
    if !unanswered.isEmpty { object["unanswered"] = .array(unanswered.map(JSON.integer)) }
    object["exact"] = .bool(areScoresExact)
    if unordered > 0 { object["unordered"] = .integer(unordered) }
    if !ranked.isEmpty { object["ranked"] = .array(ranked.map(\.json)) }
    if !calibration.isEmpty { object["calibration"] = .array(calibration.map(\.json)) }
    return .object(object)
  }

  /// Reads what `json` wrote; what makes no sense is left out.
  public init(_ json: JSON, term: String) {
    self.init(term: term, classes: max(0, json["classes"]?.integer ?? 0))
    let counts = (json["confusion"]?.array ?? []).compactMap(\.integer)
    confusion = ConfusionMatrix(classes: classes, counts: counts)
    unanswered = (json["unanswered"]?.array ?? []).compactMap(\.integer)
    areScoresExact = json["exact"]?.bool ?? true
    unordered = json["unordered"]?.integer ?? 0
    ranked = (json["ranked"]?.array ?? []).compactMap(RankedCurve.init)
    calibration = (json["calibration"]?.array ?? []).compactMap(CalibrationCurve.init)
  }
}

extension RankedCurve {
  /// A point as three numbers.
  fileprivate var json: JSON {
    [
      "class": .integer(classIndex), "count": .integer(count),
      "roc_auc": rocArea.map(JSON.number) ?? .null, "pr_auc": .number(averagePrecision),
      "bound": .number(rocAreaBound),
      "points": .array(
        points.map {
          [.number($0.threshold), .integer($0.positives), .integer($0.negatives)]
        }),
    ]
  }

  fileprivate init?(_ json: JSON) {
    guard let index = json["class"]?.integer, index >= 0 else { return nil }
    let points = (json["points"]?.array ?? []).compactMap { point -> Point? in
      guard let row = point.array, row.count == 3, let positives = row[1].integer,
        let negatives = row[2].integer, positives >= 0, negatives >= 0
      else { return nil }
      return Point(
        threshold: row[0].double ?? .infinity, positives: positives, negatives: negatives)
    }
    self.init(
      classIndex: index, points: points, count: json["count"]?.integer ?? points.count,
      rocArea: json["roc_auc"]?.double, averagePrecision: json["pr_auc"]?.double ?? 0,
      rocAreaBound: json["bound"]?.double ?? 0)
  }
}

extension CalibrationCurve {
  fileprivate var json: JSON {
    [
      "class": classIndex.map(JSON.integer) ?? .null,
      "bins": .array(
        bins.map { [.integer($0.count), .number($0.predicted), .integer($0.right)] }),
    ]
  }

  fileprivate init?(_ json: JSON) {
    guard let rows = json["bins"]?.array else { return nil }
    self.init(
      classIndex: json["class"]?.integer,
      bins: rows.compactMap { bin in
        guard let row = bin.array, row.count == 3, let count = row[0].integer,
          let right = row[2].integer
        else { return nil }
        return Bin(count: count, predicted: row[1].double ?? 0, right: right)
      })
  }
}
