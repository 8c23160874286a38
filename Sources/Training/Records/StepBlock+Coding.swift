import Foundation

/// A block's columns as bytes, for a process on the same machine.
extension StepBlock: Codable {
  private enum Key: String, CodingKey {
    case firstStep, losses, epochs, learningRates, seconds, measured, gradients, clipped, updates
    case termLosses, termWeights, own, parameterCount, termCount, ownCount
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    func encode<Value: BitwiseCopyable>(_ column: [Value], _ key: Key) throws {
      try values.encode(column.withUnsafeBytes { Data($0) }, forKey: key)
    }
    try values.encode(firstStep, forKey: .firstStep)
    try values.encode(parameterCount, forKey: .parameterCount)
    try values.encode(termCount, forKey: .termCount)
    try values.encode(ownCount, forKey: .ownCount)
    try encode(losses, .losses)
    try encode(epochs, .epochs)
    try encode(learningRates, .learningRates)
    try encode(seconds, .seconds)
    try encode(measured, .measured)
    try encode(gradients, .gradients)
    try encode(clippedGradients, .clipped)
    try encode(updates, .updates)
    try encode(termLosses, .termLosses)
    try encode(termWeights, .termWeights)
    try encode(own, .own)
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func column<Value: BitwiseCopyable>(_ key: Key) throws -> [Value] {
      let bytes = try values.decode(Data.self, forKey: key)
      guard bytes.count % MemoryLayout<Value>.stride == 0 else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "\(bytes.count) bytes are no whole column")
      }
      return [Value](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Value>.stride) {
        place, count in
        count = bytes.copyBytes(to: place) / MemoryLayout<Value>.stride
      }
    }
    self.init(
      parameterCount: try values.decode(Int.self, forKey: .parameterCount),
      termCount: try values.decode(Int.self, forKey: .termCount),
      ownCount: try values.decode(Int.self, forKey: .ownCount))
    firstStep = try values.decode(Int.self, forKey: .firstStep)
    losses = try column(.losses)
    epochs = try column(.epochs)
    learningRates = try column(.learningRates)
    seconds = try column(.seconds)
    measured = try column(.measured)
    gradients = try column(.gradients)
    clippedGradients = try column(.clipped)
    updates = try column(.updates)
    termLosses = try column(.termLosses)
    termWeights = try column(.termWeights)
    own = try column(.own)
  }
}
