import Datasets
import NeuralNetworks

/// The batches of a run: which examples each step takes, and their copying into a program's slots.
///
/// A step's batch is a function of the seed and the step alone.
final class ExampleOrder {
  /// Examples of an epoch.
  let count: Int
  private let order: BatchOrder
  /// In place of an order of all examples.
  private let sampler: (any Sampler)?
  /// Where passes are as long as their sequences; `nil` where all are of one length.
  private let lengths: ExampleLengths?
  /// Examples that pass at once.
  private let partSize: Int
  /// Whether row `i` of each batch goes on where that of the batch before ended.
  private let isInLanes: Bool
  private let assembler: BatchAssembler
  private let augmenter: Augmenter?
  /// Which of the source's examples take part; `nil` for all.
  private let members: ExampleSet?
  private var shuffled: [Int] = []
  /// Whether the order of an epoch is too long to be held: then each batch is looked up by itself.
  private let isComputed: Bool
  /// The examples of `epoch` in their order, or those of one batch.
  private let sequence: UnsafeMutableBufferPointer<Int>
  private var epoch = -1
  private let ahead: ReadAhead?
  /// Whether the source is still to be told that examples come in no order.
  private var isRandom: Bool

  init(
    source: any ExampleSource, examples: ExampleSet?, objectives: [Objective], model: Model,
    configuration: TrainingConfiguration, keepsNumbers: Bool = false
  ) throws(TrainingError) {
    count = examples?.count ?? source.examples
    members = examples
    order = BatchOrder(
      count: count, batchSize: configuration.examplesPerStep, seed: configuration.seed,
      shuffle: configuration.shuffle, dropLast: configuration.dropLast || model.isStateful)
    isInLanes = model.isStateful
    partSize = configuration.batchSize
    let lengths = configuration.buckets.map {
      ExampleLengths(source, model: model, buckets: $0)
    }
    self.lengths = lengths
    if let lengths, let buckets = configuration.buckets {
      sampler = LengthOrder(
        lengths: examples.map { $0.map { lengths.lengths[$0] } } ?? lengths.lengths,
        batchSize: configuration.examplesPerStep, pool: buckets.pool, seed: configuration.seed)
    } else {
      sampler = configuration.sampling?.sampler(
        of: source, members: examples, seed: configuration.seed)
    }
    assembler = try BatchAssembler(
      source: source, objectives: objectives, model: model,
      largestBatch: min(configuration.batchSize, count), keepsNumbers: keepsNumbers)
    augmenter = Augmenter(
      configuration.augmentations, model: model, source: source, objectives: objectives,
      seed: configuration.seed, largestPass: min(configuration.batchSize, count))
    isComputed = sampler == nil && !isInLanes && !order.isListed
    if !isComputed { shuffled.reserveCapacity(count) }
    sequence = .allocate(capacity: isComputed ? min(count, order.batchSize) : count)
    ahead = ReadAhead(source)
    isRandom = order.shuffle || sampler != nil
  }

  deinit { sequence.deallocate() }

  var batchesPerEpoch: Int { order.batches }

  /// The sizes that passes have: the full one, and those of short last ones.
  var passSizes: [Int] {
    var sizes: [Int] = []
    for batch in [0, order.batches - 1] {
      let count = order.range(ofBatch: batch).count
      for size in [min(count, partSize), count % partSize] where size > 0 && !sizes.contains(size) {
        sizes.append(size)
      }
    }
    return sizes
  }

  /// The lengths that passes have beside that of the model; none where all are of that.
  var shortLengths: [Int] { lengths.map { Array($0.passLengths.dropLast()) } ?? [] }

  /// How long a pass over some examples is; `nil` for as long as the model's input.
  func length(of rows: UnsafeBufferPointer<Int>) -> Int? {
    guard let lengths else { return nil }
    let length = lengths.passLength(rows)
    return length == lengths.longest ? nil : length
  }

  /// How many passes a batch takes.
  func parts(of batch: UnsafeBufferPointer<Int>) -> Int {
    (batch.count + partSize - 1) / partSize
  }

  /// The examples of one of them.
  func part(_ index: Int, of batch: UnsafeBufferPointer<Int>) -> UnsafeBufferPointer<Int> {
    let start = index * partSize
    return UnsafeBufferPointer(rebasing: batch[start..<min(batch.count, start + partSize)])
  }

  /// The classes of the batch assembled last, by objective; `nil` when its targets are no classes.
  func classes(_ objective: Int) -> UnsafePointer<Int32>? { assembler.classes(objective) }

  /// The targets of the batch assembled last, by objective; `nil` when they are no numbers, or aren't kept.
  func numbers(_ objective: Int) -> UnsafePointer<Float>? { assembler.numbers(objective) }

  /// Has the examples read of a batch that comes after one of this epoch.
  private func readAhead(of batch: Int) {
    let next = batch + ReadAhead.batches
    guard let ahead else { return }
    // Not before the first batch: until then some look at all of it in its order.
    if isRandom { assembler.source.readsAtRandom() }
    isRandom = false
    guard next < order.batches else { return }
    if isComputed {
      let (order, members, epoch) = (order, members, epoch)
      ahead.want {
        order.batch(epoch: epoch, index: next).map { position in members?[position] ?? position }
      }
    } else {
      let examples = Array(sequence[order.range(ofBatch: next)])
      ahead.want { examples }
    }
  }

  /// The examples of the batch after `step` steps; valid until the next one is asked for.
  func batch(_ step: Int) -> UnsafeBufferPointer<Int> {
    let (wanted, index) = step.quotientAndRemainder(dividingBy: order.batches)
    if isComputed {
      epoch = wanted
      readAhead(of: index)
      let batch = order.batch(epoch: wanted, index: index)
      for (position, example) in batch.enumerated() {
        sequence[position] = members?[example] ?? example
      }
      return UnsafeBufferPointer(rebasing: sequence[..<batch.count])
    }
    if wanted != epoch {
      epoch = wanted
      if let sampler {
        sampler.write(epoch: wanted, to: &shuffled)
      } else {
        order.write(epoch: wanted, to: &shuffled)
      }
      if isInLanes { Lanes(examples: count, rows: order.batchSize).arrange(&shuffled) }
      for position in 0..<count {
        sequence[position] = members?[shuffled[position]] ?? shuffled[position]
      }
    }
    readAhead(of: index)
    return UnsafeBufferPointer(rebasing: sequence[order.range(ofBatch: index)])
  }

  /// Lays a part of a step's batch out for its pass.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - part: which one it is.
  func assemble(
    _ rows: UnsafeBufferPointer<Int>, into slots: BatchSlots, step: Int, part: Int = 0
  ) {
    assembler.assemble(rows, into: slots)
    augmenter?.apply(to: slots, rows: rows.count, first: part * partSize, step: step)
  }
}
