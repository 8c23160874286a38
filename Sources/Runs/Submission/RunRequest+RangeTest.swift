import JSON
import Training

/// The `mode` of a run: `train`, or `lr_range_test`.
extension RunRequest {
  public static let modes = ["train", LearningRateRange.mode]

  /// Which rates a run tries, when its mode says that it is there for that.
  static func rangeTest(_ reader: inout ObjectReader) -> LearningRateRange? {
    let mode = reader.string("mode", in: modes) ?? modes[0]
    let value = reader.value(LearningRateRange.mode)
    guard mode == LearningRateRange.mode else {
      if value != nil {
        reader.fault(
          LearningRateRange.mode, "changes nothing unless mode is \"\(LearningRateRange.mode)\"")
      }
      return nil
    }
    do throws(Faults) {
      return try LearningRateRange(
        value ?? [:], pointer: reader.pointer(to: LearningRateRange.mode))
    } catch {
      reader.add(error)
      // What contradicts the mode is to be found all the same.
      return try? LearningRateRange([:])
    }
  }

  /// Finds what contradicts a range test beside `training`, and leaves the diagnosis out unless it is asked for: a loss
  /// that diverges is what the test is for.
  static func check(
    _ observation: inout ObservationConfiguration, _ datasets: Datasets?,
    _ reader: inout ObjectReader
  ) {
    func contradicts(_ pointer: String, _ reason: String) {
      reader.add(
        Faults([
          Fault(
            pointer: pointer,
            detail: "contradicts the mode \(LearningRateRange.mode): \(reason); leave it out")
        ]))
    }
    if datasets?.validates == true {
      contradicts("/dataset/validation", "nothing is validated in it")
    }
    if datasets?.test != nil { contradicts("/dataset/test", "its weights are not for use") }
    if !observation.onFinding.isEmpty {
      let isInside = reader.object["on_finding"] == nil
      contradicts(
        isInside ? "/observe/on_finding" : "/on_finding", "the test itself changes the rate")
    }
    if reader.object["observe"]?["diagnosis"]?.bool != true { observation.diagnoses = false }
  }
}
