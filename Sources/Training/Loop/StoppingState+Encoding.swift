import JSON
import Optimizers

/// What the rules that end a run, or cut its rate, remember, as a checkpoint holds it.
extension LossStopping.State {
  var json: JSON {
    var object = JSONObject([
      ("above", .integer(above)), ("sum", exact(sum)), ("count", .integer(count)),
      ("flat", .integer(flat)),
    ])
    object["first"] = first.map(exact)
    object["smallest"] = smallest.map(exact)
    object["best_mean"] = bestMean.map(exact)
    return .object(object)
  }

  /// - Parameter json: absent in what was written before there were such rules.
  init(_ json: JSON?) {
    self.init()
    guard let json else { return }
    first = double(json["first"])
    smallest = double(json["smallest"])
    above = json["above"]?.integer ?? 0
    sum = double(json["sum"]) ?? 0
    count = json["count"]?.integer ?? 0
    bestMean = double(json["best_mean"])
    flat = json["flat"]?.integer ?? 0
  }
}

extension PlateauRule.State {
  var json: JSON {
    var object = JSONObject([
      ("bad", .integer(bad)), ("resting", .integer(resting)), ("scale", exact(scale)),
    ])
    object["monitor"] = monitor.map { .string($0) }
    object["best"] = best.map(exact)
    return .object(object)
  }

  /// - Parameter json: absent in what was written before there was such a schedule.
  init(_ json: JSON?) {
    self.init()
    guard let json else { return }
    monitor = json["monitor"]?.string
    best = double(json["best"])
    bad = json["bad"]?.integer ?? 0
    resting = json["resting"]?.integer ?? 0
    scale = double(json["scale"]) ?? 1
  }
}

extension LossSmoothing {
  var json: JSON {
    var object = JSONObject([("mean", exact(mean)), ("count", .integer(count))])
    object["best"] = best.map(exact)
    return .object(object)
  }

  /// - Parameter json: absent in what was written before there were range tests.
  init(_ json: JSON?) {
    self.init()
    guard let json else { return }
    mean = double(json["mean"]) ?? 0
    count = json["count"]?.integer ?? 0
    best = double(json["best"])
  }
}
