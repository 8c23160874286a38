import JSON
import NeuralNetworks
import Tensors

/// Which of a file's tensors are parameters of a model.
///
/// A tensor is one when its name, as `WeightNames` has it, and its shape are those of a parameter. PyTorch's counters of
/// batches (`num_batches_tracked`), which no layer here has, are passed over.
public struct WeightsMatch: Sendable {
  public struct Mismatch: Hashable, Sendable {
    /// In the model.
    public let name: String
    /// Of the tensor.
    public let found: Shape
    /// Of the parameter.
    public let wanted: Shape
  }

  /// What was taken, under the model's names, in its order, in single precision.
  public let taken: [NamedTensor]
  /// Parameters that no tensor is called like.
  public let missing: [String]
  /// Tensors, under the file's names, that are no parameters.
  public let unexpected: [String]
  public let mismatched: [Mismatch]
  /// Tensors that a model never has use for.
  public let passedOver: [String]
  /// What can't be taken as it is, in words, by the name in the model: two tensors of one name, numbers that aren't finite.
  public let unusable: [(name: String, detail: String)]

  public init(_ tensors: [NamedTensor], names: WeightNames = WeightNames(), to model: Model) {
    var found: [String: NamedTensor] = [:]
    var unexpected: [String] = []
    var passedOver: [String] = []
    var unusable: [(name: String, detail: String)] = []
    let known = Set(model.parameters.map(\.name))
    for tensor in tensors {
      guard let name = names(tensor.name), known.contains(name) else {
        if tensor.name.hasSuffix("num_batches_tracked") {
          passedOver.append(tensor.name)
        } else {
          unexpected.append(tensor.name)
        }
        continue
      }
      if let other = found[name] {
        unusable.append(
          (name, "\"\(other.name)\" and \"\(tensor.name)\" would both be \"\(name)\""))
      }
      found[name] = tensor
    }
    var taken: [NamedTensor] = []
    var missing: [String] = []
    var mismatched: [Mismatch] = []
    for parameter in model.parameters {
      guard let source = found[parameter.name] else {
        missing.append(parameter.name)
        continue
      }
      guard source.tensor.shape == parameter.shape else {
        mismatched.append(
          Mismatch(name: parameter.name, found: source.tensor.shape, wanted: parameter.shape))
        continue
      }
      let single = source.tensor.inSinglePrecision
      let count = StoredTensor(name: "", type: "", tensor: single).nonFiniteCount
      if count > 0 {
        unusable.append(
          (
            parameter.name,
            "\"\(source.name)\" has \(count) numbers that aren't finite in single precision"
          ))
      }
      taken.append(NamedTensor(name: parameter.name, tensor: single))
    }
    self.taken = taken
    self.missing = missing
    self.unexpected = unexpected
    self.mismatched = mismatched
    self.passedOver = passedOver
    self.unusable = unusable
  }
}

extension WeightsMatch {
  /// Names that each list of a report has at most.
  public static let longestList = 100

  /// `matched`, `missing`, `unexpected`, `mismatched` and `passed_over`, each the first names and `counts` of all.
  public var json: JSON {
    func list(_ names: [String]) -> JSON {
      .array(names.prefix(Self.longestList).map(JSON.string))
    }
    return [
      "matched": list(taken.map(\.name)), "missing": list(missing),
      "unexpected": list(unexpected),
      "mismatched": .array(
        mismatched.prefix(Self.longestList).map {
          [
            "name": .string($0.name), "found": Self.json($0.found), "wanted": Self.json($0.wanted),
          ]
        }),
      "passed_over": list(passedOver),
      "counts": [
        "matched": .integer(taken.count), "missing": .integer(missing.count),
        "unexpected": .integer(unexpected.count), "mismatched": .integer(mismatched.count),
        "passed_over": .integer(passedOver.count),
      ],
    ]
  }

  private static func json(_ shape: Shape) -> JSON {
    .array(shape.dimensions.map { .integer($0) })
  }
}

extension Tensor {
  /// The same numbers as float32.
  fileprivate var inSinglePrecision: Tensor {
    switch element {
    case .float32: self
    case .float64: Tensor(elements(of: Double.self).map { Float($0) }, shape: shape)
    case .int32: Tensor(elements(of: Int32.self).map { Float($0) }, shape: shape)
    case .uint8: Tensor(elements(of: UInt8.self).map { Float($0) }, shape: shape)
    }
  }
}
