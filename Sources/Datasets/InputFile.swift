import Foundation
import Tensors

/// The numbers of one input of a dataset, mapped into memory.
final class InputFile: Sendable {
  /// Numbers of one example as they are gathered.
  let width: Int
  private let file: MappedFile
  private let examples: Int
  /// Numbers of one example as they are stored.
  private let storedWidth: Int
  /// What each byte becomes, when the inputs are bytes.
  private let byteValues: [Float]
  /// How examples become those of another dataset's kind; `nil` when they stay what they are.
  private let adaptation: InputAdaptation?

  init(
    _ file: URL, _ input: DatasetDescription.Input, examples: Int
  ) throws(DatasetError) {
    self.file = try MappedFile(file)
    self.examples = examples
    storedWidth = input.shape.count
    width = storedWidth
    adaptation = nil
    if input.stored == .uint8 {
      let scaling = input.scalings.first ?? .identity
      byteValues = (0..<256).map { Float(scaling.encode(Double($0))) }
    } else {
      byteValues = []
    }
    try self.file.check(examples: examples, bytes: storedWidth * input.stored.byteCount)
  }

  /// The same numbers, gathered as another dataset's would be.
  init(_ other: InputFile, adaptation: InputAdaptation) {
    file = other.file
    examples = other.examples
    storedWidth = other.storedWidth
    byteValues = other.byteValues
    width = adaptation.width
    self.adaptation = adaptation
  }

  /// Writes the chosen examples, one after the other, scaled.
  ///
  /// - Precondition: every index is one of an example, and the place is large enough.
  func gather(
    indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutablePointer<Float>
  ) {
    guard let source = file.bytes.baseAddress else { return }
    if let adaptation {
      gatherAdapted(indices, from: source, adaptation, into: destination)
      return
    }
    let isBytes = !byteValues.isEmpty
    let width = storedWidth
    byteValues.withUnsafeBufferPointer { values in
      for row in 0..<indices.count {
        let index = indices[row]
        precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
        let output = destination + row * width
        if isBytes {
          let bytes = (source + index * width).assumingMemoryBound(to: UInt8.self)
          for position in 0..<width { output[position] = values[Int(bytes[position])] }
        } else {
          UnsafeMutableRawPointer(output)
            .copyMemory(from: source + index * width * 4, byteCount: width * 4)
        }
      }
    }
  }

  private func gatherAdapted(
    _ indices: UnsafeBufferPointer<Int>, from source: UnsafeRawPointer,
    _ adaptation: InputAdaptation, into destination: UnsafeMutablePointer<Float>
  ) {
    let width = storedWidth
    byteValues.withUnsafeBufferPointer { values in
      for row in 0..<indices.count {
        let index = indices[row]
        precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
        let output = destination + row * adaptation.width
        if values.isEmpty {
          let numbers = (source + index * width * 4).assumingMemoryBound(to: Float.self)
          adaptation.adapt(into: output) { numbers[$0] }
        } else {
          let bytes = (source + index * width).assumingMemoryBound(to: UInt8.self)
          adaptation.adapt(into: output) { values[Int(bytes[$0])] }
        }
      }
    }
  }
}
