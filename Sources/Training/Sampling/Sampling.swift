import Datasets
import JSON

/// Which examples make an epoch, where that isn't each of them once.
///
/// An epoch stays as long as there are examples. What it takes is a function of the seed and the epoch. A new way is a file
/// here, a line in `SamplingCatalog` and a test.
public protocol Sampling: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// What keeps it from sampling these examples: the member at fault, and why.
  func faults(_ source: any ExampleSource) -> [(member: String, detail: String)]

  /// - Parameter members: which of the source's examples take part; all when `nil`.
  /// - Precondition: it has no fault with the source.
  func sampler(of source: any ExampleSource, members: ExampleSet?, seed: UInt64) -> any Sampler
}

/// A way of sampling, bound to examples.
public protocol Sampler {
  /// Writes the positions, among those that take part, that an epoch takes in its order; as many as take part.
  func write(epoch: Int, to order: inout [Int])
}

extension Sampling {
  public static var type: String { documentation.type }

  /// The way as canonical JSON.
  public var json: JSON { .object(JSONObject([("type", .string(Self.type))] + configuration)) }
}
