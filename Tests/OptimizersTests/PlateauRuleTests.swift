import JSON
import Testing

@testable import Optimizers

@Suite struct PlateauRuleTests {
  static let cases: [JSON] = ScheduleTests.fixture["plateaus"]?.array ?? []

  @Test("rates after each value are those of PyTorch's ReduceLROnPlateau", arguments: cases)
  func matchesPyTorch(expected: JSON) throws {
    let schedule = try ScheduleCatalog.decode(#require(expected["schedule"]), pointer: "")
    let rule = try #require(schedule.plateau)
    let name = try #require(expected["metric"]?.string)
    let values = try #require(ScheduleTests.fixture["metrics"]?[name]?.array)
    let rates = Fixture.numbers(expected["rates"])
    let rate = try #require(expected["rate"]?.double)
    #expect(rates.count == values.count && rates.count > 20)
    var state = PlateauRule.State()
    var cuts = 0
    for (index, value) in values.enumerated() {
      let isCut = rule.observe(
        value.double ?? .nan, of: "loss", isLarger: rule.mode == .maximum, rate: rate, &state)
      if isCut { cuts += 1 }
      #expect(abs(rate * state.scale - rates[index]) <= 1e-14, "value \(index)")
    }
    #expect(cuts == Set(rates).subtracting([rate]).count)
  }

  @Test("another series is judged anew, at the rate that there is")
  func otherSeries() {
    var rule = PlateauRule()
    rule.patience = 0
    var state = PlateauRule.State()
    for value in [1.0, 1.0] {
      _ = rule.observe(value, of: "train_loss", isLarger: false, rate: 1, &state)
    }
    #expect(state.scale == 0.1 && state.best == 1)
    // Larger by far than the best loss, and the first of its own.
    let isCut = rule.observe(0.3, of: "train_accuracy", isLarger: true, rate: 1, &state)
    #expect(!isCut && state.best == 0.3 && state.scale == 0.1)
  }
}
