import NeuralNetworks

/// Looks for what isn't a token in examples that a model takes as tokens.
enum TokenScan {
  /// The first number of one of the source's inputs that isn't whole, or not below the vocabulary; `nil`
  /// when there's none.
  static func fault(in source: any ExampleSource, input: Int, vocabulary: Int) -> String? {
    let array = source.inputs[input]
    let width = array.shape.count
    let rows = max(1, min(256, source.examples))
    // Numbers and tokens are of four bytes each.
    let numbers = UnsafeMutablePointer<Float>.allocate(capacity: rows * width)
    defer { numbers.deallocate() }
    var places = [UnsafeMutableRawPointer?](repeating: nil, count: source.inputs.count)
    places[input] = UnsafeMutableRawPointer(numbers)
    let noTargets = [UnsafeMutableRawPointer?](repeating: nil, count: source.targets.count)
    var start = 0
    while start < source.examples {
      let count = min(rows, source.examples - start)
      Array(start..<start + count).withUnsafeBufferPointer {
        source.gather(indices: $0, inputs: places, targets: noTargets)
      }
      for index in 0..<count * width {
        let number =
          array.element == .int32
          ? Double(Int32(bitPattern: numbers[index].bitPattern)) : Double(numbers[index])
        if number >= 0, number < Double(vocabulary), number.rounded() == number { continue }
        let shown = array.element == .int32 ? "\(Int(number))" : "\(Float(number))"
        return
          "example \(start + index / width + 1) has \(shown) at position \(index % width + 1); "
          + "a token is a whole number from 0 to \(vocabulary - 1), as the input's vocabulary says"
      }
      start += count
    }
    return nil
  }
}
