import NeuralNetworks
import Tensors

/// How long each example is without the padding at its end, and how long a pass over some is.
struct ExampleLengths {
  /// Of every example of the source; 0 for padding only.
  let lengths: [Int32]
  /// The lengths that passes have, the shortest first; the last is the model's own.
  let passLengths: [Int]
  /// The model's own.
  let longest: Int

  /// Looks at every example once.
  ///
  /// - Precondition: the model's only input has padding, and the source has an array for it.
  init(_ source: any ExampleSource, model: Model, buckets: LengthBuckets) {
    let input = model.inputs[0]
    let longest = input.shape[0]
    var passLengths: [Int] = []
    for place in 1...buckets.buckets {
      let length = (longest * place + buckets.buckets - 1) / buckets.buckets
      if length > passLengths.last ?? 0 { passLengths.append(length) }
    }
    self.passLengths = passLengths
    self.longest = longest
    lengths = Self.scan(source, input, among: model.inputs)
  }

  /// The length of a pass over some examples.
  func passLength(_ examples: UnsafeBufferPointer<Int>) -> Int {
    var longest: Int32 = 0
    // By places: an iterator allocates where nothing is specialized.
    var place = 0
    while place < examples.count {
      let length = lengths[examples[place]]
      if length > longest { longest = length }
      place += 1
    }
    var index = 0
    while passLengths[index] < Int(longest) { index += 1 }
    return passLengths[index]
  }

  private static func scan(
    _ source: any ExampleSource, _ input: InputSpec, among inputs: [InputSpec]
  ) -> [Int32] {
    guard let index = source.index(of: input, among: inputs), let padding = input.padding else {
      return []
    }
    let array = source.inputs[index]
    let width = input.shape.count
    let features = width / max(input.shape[0], 1)
    let rows = max(1, min(256, source.examples))
    // Numbers and tokens are of four bytes each.
    let numbers = UnsafeMutablePointer<Float>.allocate(capacity: rows * width)
    defer { numbers.deallocate() }
    var places = [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count)
    places[index] = UnsafeMutableRawPointer(numbers)
    let noTargets = [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count)
    // A token that the source holds as a number is one too.
    let isToken = array.element == .int32
    let filler = isToken ? Float(bitPattern: UInt32(bitPattern: Int32(padding))) : Float(padding)
    var lengths: [Int32] = []
    lengths.reserveCapacity(source.examples)
    var start = 0
    while start < source.examples {
      let count = min(rows, source.examples - start)
      Array(start..<start + count).withUnsafeBufferPointer {
        source.gather(indices: $0, inputs: places, targets: noTargets)
      }
      for row in 0..<count {
        var end = width
        while end > 0, isEqual(numbers[row * width + end - 1], filler, asBits: isToken) { end -= 1 }
        lengths.append(Int32((end + features - 1) / max(features, 1)))
      }
      start += count
    }
    return lengths
  }

  private static func isEqual(_ one: Float, _ other: Float, asBits: Bool) -> Bool {
    asBits ? one.bitPattern == other.bitPattern : one == other
  }
}
