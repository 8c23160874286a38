import JSON

/// A run that tries learning rates; its weights are those it began with in the end.
extension Trainer {
  /// Keeps the weights that the run goes back to.
  func beginRangeTest() {
    guard configuration.rangeTest != nil, bestWeights == nil else { return }
    bestWeights = engine.weights()
  }

  /// Looks at the loss of the step just taken, and ends the test when it diverges.
  ///
  /// - Parameter failure: why the step failed, if it did, which ends the test too.
  func observeRangeTest(_ failure: TrainingFailure?, _ observer: any TrainingObserver) {
    guard let test = configuration.rangeTest else { return }
    let rate = engine.learningRate(step: step)
    if let failure {
      endEarly("the range test ends at the rate \(rate): \(failure.message)", observer)
      return
    }
    let smoothed = progress.smoothing.add(progress.lastLoss, smoothing: test.smoothing)
    guard let factor = test.stopFactor, progress.smoothing.isDiverging(smoothed, factor: factor)
    else { return }
    endEarly(
      "the range test ends at the rate \(rate): the smoothed loss is \(smoothed), above \(Float(factor)) times "
        + "its smallest, \(progress.smoothing.best ?? smoothed)", observer)
  }
}
