import Foundation

/// The mean of the losses so far, the newer ones counting more, without the pull of the zero it began with.
///
/// `m = b m + (1 - b) loss`, and `m / (1 - b^n)` after `n` losses. Kingma and Ba 2014, arXiv:1412.6980, section 3.
public struct LossSmoothing: Hashable, Sendable {
  public internal(set) var mean = 0.0
  public internal(set) var count = 0
  /// The smallest smoothed loss.
  public internal(set) var best: Double?

  public init() {}

  /// Takes the next loss in; answers the smoothed one.
  public mutating func add(_ loss: Double, smoothing: Double) -> Double {
    mean = smoothing * mean + (1 - smoothing) * loss
    count += 1
    let smoothed = mean / (1 - pow(smoothing, Double(count)))
    if smoothed < best ?? .infinity { best = smoothed }
    return smoothed
  }

  /// Whether a smoothed loss is above so many times the best, of one below 0 by as much of its size.
  public func isDiverging(_ smoothed: Double, factor: Double) -> Bool {
    guard let best else { return !smoothed.isFinite }
    return !(smoothed <= best + (factor - 1) * abs(best))
  }
}
