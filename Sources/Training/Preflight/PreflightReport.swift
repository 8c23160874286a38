import Foundation
import JSON
import NeuralNetworks

/// What the first step of a training looks like.
public struct PreflightReport: Sendable {
  /// A learned parameter.
  public struct Parameter: Sendable {
    public let name: String
    public let layer: String
    public let count: Int
    public let gradient: ParameterGradient
    public let update: ParameterUpdate

    /// `‖g‖ / √n`, so that layers of any size compare.
    var gradientRootMeanSquare: Double { gradient.norm / Double(max(count, 1)).squareRoot() }
  }

  public let loss: Double?
  public let parameters: [Parameter]
  public let activations: [ActivationRecord]
  public let noiseScale: Double?
  /// What the rules see in one step.
  public let findings: [Finding]
  /// Why no further step could be taken.
  public let failure: TrainingFailure?

  init(
    model: Model, block: StepBlock?, activations: [ActivationRecord], values: [SeriesValue],
    findings: [Finding], failure: TrainingFailure?
  ) {
    loss = block?.losses.first
    self.activations = activations
    self.failure = failure
    self.findings = findings
    noiseScale = values.last { $0.name == "gradient_noise_scale" }?.value
    guard let block, let gradients = block.gradients(at: 0) else {
      parameters = []
      return
    }
    parameters = zip(model.learnedParameters, zip(gradients, block.updates)).map {
      Parameter(
        name: $0.name, layer: $0.layer, count: $0.shape.count, gradient: $1.0, update: $1.1)
    }
  }

  /// The gradient norm of all parameters together.
  public var gradientNorm: Double {
    parameters.reduce(0) { $0 + $1.gradient.norm * $1.gradient.norm }.squareRoot()
  }

  /// The slope of `log10` of the weights' mean gradient from the output towards the input, in decades a layer: negative
  /// where gradients vanish on their way back. `nil` with fewer than four layers that learn.
  public var depthSlope: Double? {
    var layers: [(name: String, size: Double)] = []
    for parameter in parameters where parameter.gradientRootMeanSquare > 0 {
      let size = log10(parameter.gradientRootMeanSquare)
      guard size.isFinite else { continue }
      if let last = layers.last, last.name == parameter.layer {
        layers[layers.count - 1].size = max(last.size, size)
      } else {
        layers.append((parameter.layer, size))
      }
    }
    guard layers.count >= DepthSlope.fewestLayers else { return nil }
    // Layers are counted from the input, the slope towards it.
    return DepthSlope.slope(layers.map(\.size)).map { -$0 }
  }

  public var json: JSON {
    var object = JSONObject([
      ("loss", loss.map(JSON.number) ?? .null),
      ("gradient_norm", .number(gradientNorm)),
      ("depth_slope", depthSlope.map(JSON.number) ?? .null),
      ("gradient_noise_scale", noiseScale.map(JSON.number) ?? .null),
      ("layers", .array(activations.map(\.preflightJSON))),
      ("parameters", .array(parameters.map(\.json))),
      ("findings", .array(findings.map(\.json))),
    ])
    if let failure { object["failure"] = .string(failure.message) }
    return .object(object)
  }
}

extension PreflightReport.Parameter {
  fileprivate var json: JSON {
    [
      "parameter": .string(name), "layer": .string(layer),
      "gradient_norm": .number(gradient.norm), "gradient_rms": .number(gradientRootMeanSquare),
      "gradient_max_abs": .number(gradient.largest),
      "nonfinite": [
        "nan": .integer(gradient.nanCount), "pos_inf": .integer(gradient.positiveInfinityCount),
        "neg_inf": .integer(gradient.negativeInfinityCount),
      ],
      "weight_norm": .number(update.weightNorm), "update_norm": .number(update.updateNorm),
      "update_ratio": .number(update.ratio),
    ]
  }
}

extension ActivationRecord {
  fileprivate var preflightJSON: JSON {
    [
      "layer": .string(layer), "mean": .number(mean),
      "standard_deviation": .number(standardDeviation), "min": .number(minimum),
      "max": .number(maximum), "saturated_fraction": .number(saturatedFraction),
      "dead_fraction": .number(deadFraction), "effective_rank": .number(effectiveRank),
      "error_signal": .number(gradient.norm),
    ]
  }
}
