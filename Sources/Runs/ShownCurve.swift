import JSON
import Training

/// A curve of one class as an answer shows it.
public struct ShownCurve: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case roc
    case precisionRecall = "pr"
    case calibration

    /// What a row of points has.
    public var columns: [String] {
      switch self {
      case .roc: ["threshold", "fpr", "tpr"]
      case .precisionRecall: ["threshold", "recall", "precision"]
      case .calibration: ["low", "high", "count", "predicted", "frequency"]
      }
    }

    /// The metrics that lead to it.
    public var metrics: String {
      switch self {
      case .roc: "roc_auc or roc_curve"
      case .precisionRecall: "pr_auc or pr_curve"
      case .calibration: "expected_calibration_error or calibration_curve"
      }
    }
  }

  /// `nil` for the likeliest class of each example.
  public let index: Int?
  /// The class by its name, or its number where it has none.
  public let name: String?
  private let figures: [(String, JSON)]
  /// NaN where there is no number, as the threshold above all scores.
  public let points: [[Double]]
  /// The column that is a count.
  private let countColumn: Int?

  /// The curves of one kind; none where it wasn't counted.
  ///
  /// - Parameters:
  ///   - index: of the class; `nil` for those that are shown when nobody says: of two classes the second, else all.
  ///   - most: points of each at most.
  public static func all(
    _ kind: Kind, of details: EvaluationDetails, classNames: [String], index: Int?, most: Int
  ) -> [ShownCurve] {
    func isWanted(_ candidate: Int) -> Bool {
      index.map { $0 == candidate } ?? (details.classes != 2 || candidate == 1)
    }
    func name(_ index: Int) -> String {
      classNames.indices.contains(index) ? classNames[index] : "\(index)"
    }
    guard kind == .calibration else {
      return details.ranked.filter { isWanted($0.classIndex) }.map {
        ShownCurve($0, kind, name: name($0.classIndex), most: most)
      }
    }
    return details.calibration.filter { $0.classIndex.map(isWanted) ?? (index == nil) }.map {
      ShownCurve($0, name: $0.classIndex.map(name))
    }
  }

  private init(_ curve: RankedCurve, _ kind: Kind, name: String, most: Int) {
    index = curve.classIndex
    self.name = name
    countColumn = nil
    // One more point stands before the others.
    let thinned = curve.thinned(to: max(most - 1, 2))
    let (all, others) = (Double(curve.positives), Double(curve.negatives))
    let isROC = kind == .roc
    var figures: [(String, JSON)] = [
      ("positives", .integer(curve.positives)), ("negatives", .integer(curve.negatives)),
    ]
    let area = isROC ? curve.rocArea : curve.averagePrecision
    figures.append(("area", area.map { .number($0) } ?? .null))
    figures.append(("thresholds", .integer(curve.count)))
    if isROC { figures.append(("area_bound", .number(curve.rocAreaBound))) }
    self.figures = figures
    points =
      [[.nan, 0, isROC ? 0 : 1]]
      + thinned.points.map { point in
        let found = Double(point.positives)
        return isROC
          ? [point.threshold, Double(point.negatives) / others, found / all]
          : [point.threshold, found / all, point.precision]
      }
  }

  private init(_ curve: CalibrationCurve, name: String?) {
    index = curve.classIndex
    self.name = name
    countColumn = 2
    figures = [("examples", .integer(curve.bins.reduce(0) { $0 + $1.count }))]
    let step = 1 / Double(max(curve.bins.count, 1))
    points = curve.bins.enumerated().map { index, bin in
      let isEmpty = bin.count == 0
      return [
        Double(index) * step, Double(index + 1) * step, Double(bin.count),
        isEmpty ? .nan : bin.predicted, isEmpty ? .nan : Double(bin.right) / Double(bin.count),
      ]
    }
  }

  public var json: JSON {
    var object = JSONObject([
      ("class", name.map { .string($0) } ?? .null), ("index", index.map { .integer($0) } ?? .null),
    ])
    for (name, figure) in figures { object[name] = figure }
    object["points"] = .array(rows.map { .array($0) })
    return .object(object)
  }

  /// The points as JSON has them: null where there is no number.
  public var rows: [[JSON]] {
    points.map { point in
      point.enumerated().map { column, value in
        value.isNaN ? .null : column == countColumn ? .integer(Int(value)) : .number(value)
      }
    }
  }
}

extension EvaluationDetails {
  /// The matrix row after row, the right class by the row and the answer by the column; `nil` where there is none.
  public func matrixMembers(_ classNames: [String]) -> [(String, JSON)]? {
    guard let confusion else { return nil }
    let names = (0..<classes).map { classNames.indices.contains($0) ? classNames[$0] : "\($0)" }
    return [
      ("classes", .array(names.map { .string($0) })),
      (
        "matrix",
        .array(
          (0..<classes).map { right in
            .array((0..<classes).map { .integer(confusion[right, $0]) })
          })
      ),
      ("unanswered", .array(unanswered.map(JSON.integer))),
    ]
  }
}
