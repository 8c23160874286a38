import Testing

@testable import Training

@Suite struct EarlyStoppingTests {
  @Test("ends after so many values without an improvement by more than the delta")
  func patience() {
    let stopping = EarlyStopping(
      monitor: "validation_loss", mode: .minimum, patience: 2, minimumDelta: 0.1)
    var state = EarlyStopping.State()
    let losses = [1.0, 0.95, 0.8, 0.75, 0.71]
    // 0.95 is not more than 0.1 better than 1, nor is 0.71 than 0.8.
    let answers = losses.map { stopping.observe($0, &state) }
    #expect(answers.map(\.isBetter) == [true, false, true, false, false])
    #expect(answers.map(\.stops) == [false, false, false, false, true])
  }

  @Test("accuracy gets better by growing, and NaN is never an improvement")
  func maximum() {
    let stopping = EarlyStopping(monitor: "validation_accuracy", mode: .maximum, patience: 3)
    var state = EarlyStopping.State()
    let answers = [Double.nan, 0.5, 0.4, .nan, 0.5].map { stopping.observe($0, &state) }
    #expect(answers.map(\.isBetter) == [false, true, false, false, false])
    #expect(answers.map(\.stops) == [false, false, false, false, true])
  }
}
