import JSON

/// What is done to gradients between the backward pass and the optimizer, in this order: centralised, clipped, noise added.
///
/// - `centralize`: of every parameter with two axes or more the mean over all axes but the first is taken off the
///   gradient; Yong et al. 2020, arXiv:2004.01461.
public struct GradientTreatment: Hashable, Sendable {
  public var clip: Clip?
  public var centralizes = false
  public var noise: GradientNoise?

  public init(clip: Clip? = nil, centralizes: Bool = false, noise: GradientNoise? = nil) {
    self.clip = clip
    self.centralizes = centralizes
    self.noise = noise
  }

  /// Reads the members `clip` and `gradients` of a `training` object.
  public init(_ reader: inout ObjectReader) {
    if let value = reader.value("clip") {
      do throws(Faults) {
        clip = try Clip(value, pointer: reader.pointer(to: "clip"))
      } catch {
        reader.add(error)
      }
    }
    guard var part = reader.reader("gradients") else { return }
    centralizes = part.bool("centralize") ?? false
    if var member = part.reader("noise") {
      noise = GradientNoise(from: &member)
      part.add(member.finish())
    }
    reader.add(part.finish())
  }

  /// Whether a treated gradient needs memory of its own, as large as the parameters.
  public var copies: Bool {
    if case .adaptive = clip { return true }
    return centralizes || noise != nil
  }

  public var isNothing: Bool { self == GradientTreatment() }
}
