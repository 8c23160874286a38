import JSON

/// When a run ends by its training loss alone, step by step: the `stop` object.
public struct LossStopping: Hashable, Sendable {
  /// Ends a run whose loss no longer falls.
  ///
  /// After every `window` steps their mean is compared with the smallest such mean before. When it isn't smaller by at least
  /// `change` of that one's size `patience` times in a row, the run ends.
  public struct Plateau: Hashable, Sendable {
    public let window: Int
    public let change: Double
    public let patience: Int
  }

  /// Gives a run up whose loss grows.
  ///
  /// When the loss of `patience` steps in a row is above `factor` times a reference, the first loss or the smallest so far, the
  /// run fails. Of a reference `r` that isn't positive it is `r + (factor - 1) |r|`.
  public struct Divergence: Hashable, Sendable {
    public enum Reference: String, Hashable, Sendable, CaseIterable {
      case first, smallest
    }

    public let factor: Double
    public let reference: Reference
    public let patience: Int
  }

  public let plateau: Plateau?
  public let divergence: Divergence?

  init(_ training: inout ObjectReader) {
    guard var reader = training.reader("stop") else {
      (plateau, divergence) = (nil, nil)
      return
    }
    plateau = Self.plateau(&reader)
    divergence = Self.divergence(&reader)
    if reader.faults.isEmpty, plateau == nil, divergence == nil {
      training.fault("stop", "says nothing; give plateau or divergence, or leave it out")
    }
    training.add(reader.finish())
  }

  private static func plateau(_ reader: inout ObjectReader) -> Plateau? {
    guard var part = reader.reader("plateau") else { return nil }
    let window = part.integer("window_steps", in: 1...1_000_000)
    if part.faults.isEmpty, !part.has("window_steps") {
      part.fault("window_steps", "is missing; over how many steps a mean is taken")
    }
    let change = part.double("min_change", in: 0...1) ?? 0.001
    let patience = part.integer("patience", in: 1...1_000_000) ?? 1
    reader.add(part.finish())
    return Plateau(window: window ?? 1, change: change, patience: patience)
  }

  private static func divergence(_ reader: inout ObjectReader) -> Divergence? {
    guard var part = reader.reader("divergence") else { return nil }
    let factor = part.double("factor", in: 1.0001...1e12)
    if part.faults.isEmpty, !part.has("factor") {
      part.fault("factor", "is missing; how many times the reference is too much")
    }
    let references = Divergence.Reference.allCases.map(\.rawValue)
    let name = part.string("reference", in: references) ?? references[0]
    let patience = part.integer("patience", in: 1...1_000_000) ?? 5
    reader.add(part.finish())
    return Divergence(
      factor: factor ?? 10, reference: Divergence.Reference(rawValue: name) ?? .first,
      patience: patience)
  }
}

extension LossStopping {
  /// What has been seen of the loss so far.
  public struct State: Hashable, Sendable {
    /// The first loss that was seen.
    public var first: Double?
    public var smallest: Double?
    /// Steps in a row above the limit.
    public var above = 0
    /// The losses of the window under way.
    public var sum = 0.0
    public var count = 0
    public var bestMean: Double?
    /// Windows in a row without a fall.
    public var flat = 0

    public init() {}
  }

  public enum Verdict: Hashable, Sendable {
    case goOn
    /// It is time to end, for a reason in words.
    case stop(String)
    /// It can't go on, for a reason in words.
    case diverged(String)
  }

  /// Takes in the loss of a step, which is finite.
  public func observe(_ loss: Double, step: Int, _ state: inout State) -> Verdict {
    if let divergence {
      let reference = divergence.reference == .first ? state.first : state.smallest
      if state.first == nil { state.first = loss }
      state.smallest = min(state.smallest ?? loss, loss)
      if let reference {
        let limit = reference + (divergence.factor - 1) * abs(reference)
        state.above = loss > limit ? state.above + 1 : 0
        if state.above >= divergence.patience {
          state.above = 0
          return .diverged(
            "the loss at step \(step) is \(loss); it has been above \(Float(divergence.factor)) times the "
              + "\(divergence.reference.rawValue) one, \(reference), for \(divergence.patience) steps: lower "
              + "learning_rate, or set clip")
        }
      }
    }
    return plateau.map { observe(loss, step: step, $0, &state) } ?? .goOn
  }

  private func observe(
    _ loss: Double, step: Int, _ plateau: Plateau, _ state: inout State
  ) -> Verdict {
    state.sum += loss
    state.count += 1
    guard state.count >= plateau.window else { return .goOn }
    let mean = state.sum / Double(state.count)
    (state.sum, state.count) = (0, 0)
    guard let best = state.bestMean else {
      state.bestMean = mean
      return .goOn
    }
    state.flat = mean <= best - plateau.change * abs(best) ? 0 : state.flat + 1
    state.bestMean = min(best, mean)
    guard state.flat >= plateau.patience else { return .goOn }
    return .stop(
      "the mean training loss of \(plateau.window) steps, \(mean), is not \(Float(plateau.change)) smaller than "
        + "\(best), the smallest before, for \(state.flat) time\(state.flat == 1 ? "" : "s")")
  }
}
