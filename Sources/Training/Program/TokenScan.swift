import NeuralNetworks

/// Looks for what isn't a token in examples that a model takes as tokens.
enum TokenScan {
  /// The first number that isn't whole, or not below the vocabulary; `nil` when there's none.
  static func fault(in source: any ExampleSource, vocabulary: Int) -> String? {
    let width = source.inputShape.count
    let targetWidth: Int =
      switch source.lossTarget {
      case .classes(_, let shape), .vector(let shape): max(shape.count, 1)
      }
    let rows = max(1, min(256, source.examples))
    let inputs = UnsafeMutablePointer<Float>.allocate(capacity: rows * width)
    let targets = UnsafeMutablePointer<Int32>.allocate(capacity: rows * targetWidth)
    defer {
      inputs.deallocate()
      targets.deallocate()
    }
    var start = 0
    while start < source.examples {
      let count = min(rows, source.examples - start)
      Array(start..<start + count).withUnsafeBufferPointer {
        source.gather(indices: $0, inputs: inputs, targets: UnsafeMutableRawPointer(targets))
      }
      for index in 0..<count * width {
        let number = inputs[index]
        if number >= 0, number < Float(vocabulary), number.rounded() == number { continue }
        return
          "example \(start + index / width + 1) has \(number) at position \(index % width + 1); "
          + "a token is a whole number from 0 to \(vocabulary - 1), as the input's vocabulary says"
      }
      start += count
    }
    return nil
  }
}
