import Datasets
import NeuralNetworks

/// The batches of a run: which examples each step takes, and their copying into a program's slots.
///
/// A step's batch is a function of the seed and the step alone.
final class ExampleOrder {
  /// Examples of an epoch.
  let count: Int
  private let order: BatchOrder
  /// Whether row `i` of each batch goes on where that of the batch before ended.
  private let isInLanes: Bool
  private let assembler: BatchAssembler
  /// Which of the source's examples take part; `nil` for all.
  private let members: [Int]?
  private var shuffled: [Int] = []
  /// The examples of `epoch` in their order.
  private let sequence: UnsafeMutableBufferPointer<Int>
  private var epoch = -1

  init(
    source: any ExampleSource, examples: [Int]?, objectives: [Objective], model: Model,
    configuration: TrainingConfiguration
  ) throws(TrainingError) {
    count = examples?.count ?? source.examples
    members = examples
    order = BatchOrder(
      count: count, batchSize: configuration.batchSize, seed: configuration.seed,
      shuffle: configuration.shuffle, dropLast: configuration.dropLast || model.isStateful)
    isInLanes = model.isStateful
    assembler = try BatchAssembler(
      source: source, objectives: objectives, model: model,
      largestBatch: min(configuration.batchSize, count))
    shuffled.reserveCapacity(count)
    sequence = .allocate(capacity: count)
  }

  deinit { sequence.deallocate() }

  var batchesPerEpoch: Int { order.batches }

  /// The sizes that batches have: the full one, and that of a short last one.
  var batchSizes: [Int] {
    var sizes = [order.range(ofBatch: 0).count]
    let last = order.range(ofBatch: order.batches - 1).count
    if last != sizes[0] { sizes.append(last) }
    return sizes
  }

  /// The classes of the batch assembled last, by objective; `nil` when its targets are no classes.
  func classes(_ objective: Int) -> UnsafePointer<Int32>? { assembler.classes(objective) }

  /// The examples of the batch after `step` steps; valid until the next epoch's is asked for.
  func batch(_ step: Int) -> UnsafeBufferPointer<Int> {
    let (wanted, index) = step.quotientAndRemainder(dividingBy: order.batches)
    if wanted != epoch {
      epoch = wanted
      order.write(epoch: wanted, to: &shuffled)
      if isInLanes { Lanes(examples: count, rows: order.batchSize).arrange(&shuffled) }
      for position in 0..<count {
        sequence[position] = members?[shuffled[position]] ?? shuffled[position]
      }
    }
    return UnsafeBufferPointer(rebasing: sequence[order.range(ofBatch: index)])
  }

  func assemble(_ batch: UnsafeBufferPointer<Int>, into slots: BatchSlots) {
    assembler.assemble(batch, into: slots)
  }
}
