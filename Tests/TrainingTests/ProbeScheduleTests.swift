import JSON
import Testing

@testable import Training

@Suite struct ProbeScheduleTests {
  private func schedule(budget: Double?) -> ProbeSchedule {
    var observation = ObservationConfiguration(
      histogramsEvery: 10, activationsEvery: 0, termGradientsEvery: 0, gradientStatisticsEvery: 25)
    observation.budgetPercent = budget
    return ProbeSchedule(observation)
  }

  /// Steps of a millisecond, with histograms of so many seconds; adapts after each.
  private func run(_ schedule: inout ProbeSchedule, _ steps: ClosedRange<Int>, histograms: Double) {
    for step in steps {
      let isDue = schedule.isDue(.histograms, at: step)
      // The first use has memory to make ready.
      let cost = isDue ? (step == 1 ? 50 * histograms : histograms) : 0
      schedule.spend(cost, on: .histograms)
      schedule.ended(0.001 + cost) { $0 == .histograms && isDue }
      _ = schedule.adapt()
    }
  }

  @Test("without a budget the intervals are those asked for, whatever it costs")
  func noBudget() {
    var schedule = schedule(budget: nil)
    run(&schedule, 1...100, histograms: 1)
    #expect(schedule.stretch == 1)
    #expect((1...40).filter { schedule.isDue(.histograms, at: $0) } == [1, 10, 20, 30, 40])
    #expect(!schedule.isDue(.activations, at: 1))
  }

  @Test("intervals double until the cost is within the budget, and stay multiples")
  func doubles() {
    // 0.8 ms every 10 ms are 8 %; 2 % are every 40 steps.
    var schedule = schedule(budget: 2)
    run(&schedule, 1...20, histograms: 0.0008)
    #expect(schedule.stretch == 4)
    #expect(schedule.interval(.histograms) == 40)
    #expect(schedule.interval(.gradientStatistics) == 100)
    #expect((21...120).filter { schedule.isDue(.histograms, at: $0) } == [40, 80, 120])
    #expect(abs(schedule.expectedPercent(stretch: 1) - 8) < 0.01)
  }

  @Test("they shorten again when probes have become cheap, no further than asked for")
  func shortens() {
    var schedule = schedule(budget: 2)
    run(&schedule, 1...20, histograms: 0.0008)
    run(&schedule, 21...4000, histograms: 0.000_01)
    #expect(schedule.stretch == 1)
  }

  @Test("what it says they cost is what they took")
  func reports() {
    var schedule = schedule(budget: 1000)
    for step in 1...100 {
      let isDue = schedule.isDue(.histograms, at: step)
      schedule.spend(isDue ? 0.002 : 0, on: .histograms)
      schedule.ended(0.001 + (isDue ? 0.002 : 0)) { $0 == .histograms && isDue }
    }
    // 11 times 2 ms in 100 ms of steps.
    #expect(abs(schedule.percent(of: .histograms) - 22) < 1e-6)
    #expect(schedule.percent(of: .gradientStatistics) == 0)
  }

  @Test("a pass that was observed costs what it took beyond a plain one")
  func passes() {
    var schedule = schedule(budget: 1000)
    schedule.passed(0.001, for: nil)
    schedule.ended(0.001) { _ in false }
    schedule.passed(0.0015, for: .histograms)
    schedule.ended(0.0015) { $0 == .histograms }
    #expect(abs(schedule.percent(of: .histograms) - 25) < 1e-6)
  }

  @Test("a run within a budget observes less and learns the same bits")
  func trains() throws {
    func train(budget: Double?) throws -> (Outcome, RecordingObserver) {
      var observation = ObservationConfiguration(
        histogramsEvery: 1, activationsEvery: 1, gradientStatisticsEvery: 1)
      observation.budgetPercent = budget
      let trainer = try Trainer(
        model: Spiral.model(), data: TrainingData(training: Spiral.examples(300)),
        configuration: Spiral.configuration(JSONObject([("epochs", 100)])),
        observation: observation)
      let observer = RecordingObserver()
      return (try trainer.run(observer: observer), observer)
    }
    let (free, everything) = try train(budget: nil)
    // No machine takes a histogram in a ten-thousandth of a step.
    let (bound, less) = try train(budget: 0.01)
    #expect(bound.weights?.bits == free.weights?.bits)
    #expect(everything.values(of: "observation_percent").isEmpty)
    #expect(Set(less.histograms.map(\.step)).count < 1500)
    #expect(Set(everything.histograms.map(\.step)).count == 1500)
    let every = try #require(less.values(of: "observation_every.histograms").last)
    #expect(every > 1)
    #expect(try #require(less.values(of: "observation_percent").last) > 0)
    #expect(less.logs.contains { $0.message.contains("0.01 %") })
  }

  @Test("a budget is read, bounded, and excludes what findings lead to")
  func decodes() throws {
    #expect(try ObservationConfiguration(["budget_percent": 2]).budgetPercent == 2)
    #expect(try ObservationConfiguration([:]).budgetPercent == nil)
    #expect(throws: Faults.self) { try ObservationConfiguration(["budget_percent": 0]) }
    do throws(Faults) {
      _ = try ObservationConfiguration([
        "budget_percent": 2, "on_finding": ["exploding_gradient": "clip"],
      ])
      Issue.record("should have been refused")
    } catch {
      #expect(error.all.map(\.pointer) == ["/budget_percent"])
      #expect(error.all[0].detail.contains("on_finding"))
    }
  }
}
