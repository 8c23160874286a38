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
  /// Numbers of one row, and from where one example begins to where the next does: an example has several rows where it's a window.
  private let rowWidth: Int
  private let step: Int
  /// What each byte becomes, when the inputs are bytes.
  private let byteValues: [Float]
  /// How examples become those of another dataset's kind; `nil` when they stay what they are.
  private let adaptation: InputAdaptation?
  /// What stands in place of NaN, by the position in an example as it is gathered.
  private let fills: [(position: Int, value: Float)]

  /// - Parameter columns: of a table, whose missing numbers are filled.
  init(
    _ file: URL, _ input: DatasetDescription.Input, columns: [Column] = [], examples: Int
  ) throws(DatasetError) {
    self.file = try MappedFile(file)
    self.examples = examples
    storedWidth = input.shape.count
    width = storedWidth
    rowWidth = storedWidth / (input.series?.length ?? 1)
    step = rowWidth * (input.series?.stride ?? 1)
    adaptation = nil
    fills = InputFile.fills(columns, isAdapted: false)
    if input.stored == .uint8 {
      let scaling = input.scalings.first ?? .identity
      byteValues = (0..<256).map { Float(scaling.encode(Double($0))) }
    } else {
      byteValues = []
    }
    try self.file.check(
      examples: input.series?.rows ?? examples, bytes: rowWidth * input.stored.byteCount)
  }

  /// The same numbers, gathered as another dataset's would be.
  ///
  /// - Parameter columns: of the other dataset, if it's a table.
  init(_ other: InputFile, adaptation: InputAdaptation, columns: [Column] = []) {
    file = other.file
    examples = other.examples
    storedWidth = other.storedWidth
    (rowWidth, step) = (other.rowWidth, other.step)
    byteValues = other.byteValues
    width = adaptation.width
    self.adaptation = adaptation
    fills = InputFile.fills(columns, isAdapted: true)
  }

  /// - Parameter isAdapted: whether numbers may be missing where the columns have none.
  private static func fills(
    _ columns: [Column], isAdapted: Bool
  ) -> [(position: Int, value: Float)] {
    var fills: [(position: Int, value: Float)] = []
    let features = columns.filter { $0.role == .feature }
    for (column, position) in zip(features, Column.places(of: features).offsets) {
      if case .number(let statistics, let scaling, let fill) = column.content,
        fill != nil || isAdapted
      {
        let value = column.treatment.value(fill ?? statistics.mean)
        fills.append((position, Float(scaling.encode(value))))
      }
    }
    return fills
  }

  /// Writes the chosen examples, one after the other, scaled.
  ///
  /// - Precondition: every index is one of an example, and the place is large enough.
  ///
  /// - Parameter keepsMissing: whether numbers that are missing stay NaN.
  func gather(
    indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutablePointer<Float>,
    keepsMissing: Bool = false
  ) {
    guard let source = file.bytes.baseAddress else { return }
    defer {
      if !keepsMissing, !fills.isEmpty { fill(destination, rows: indices.count) }
    }
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
          let bytes = (source + index * step).assumingMemoryBound(to: UInt8.self)
          for position in 0..<width { output[position] = values[Int(bytes[position])] }
        } else {
          UnsafeMutableRawPointer(output)
            .copyMemory(from: source + index * step * 4, byteCount: width * 4)
        }
      }
    }
  }

  /// Bytes of the file.
  var byteCount: Int { file.bytes.count }

  func readsAtRandom() { file.readsAtRandom() }

  /// Has the disk begin to read an example.
  func readAhead(_ example: Int) {
    let bytes = byteValues.isEmpty ? 4 : 1
    file.willNeed(example * step * bytes, count: storedWidth * bytes)
  }

  private func fill(_ rows: UnsafeMutablePointer<Float>, rows count: Int) {
    let length = storedWidth / max(1, rowWidth)
    for row in 0..<count * length {
      let output = rows + row * (width / length)
      for (position, value) in fills where output[position].isNaN { output[position] = value }
    }
  }

  private func gatherAdapted(
    _ indices: UnsafeBufferPointer<Int>, from source: UnsafeRawPointer,
    _ adaptation: InputAdaptation, into destination: UnsafeMutablePointer<Float>
  ) {
    byteValues.withUnsafeBufferPointer { values in
      for row in 0..<indices.count {
        let index = indices[row]
        precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
        let output = destination + row * adaptation.width
        if values.isEmpty {
          let numbers = (source + index * step * 4).assumingMemoryBound(to: Float.self)
          adaptation.adapt(numbers, into: output)
        } else {
          let bytes = (source + index * step).assumingMemoryBound(to: UInt8.self)
          adaptation.adapt(into: output) { values[Int(bytes[$0])] }
        }
      }
    }
  }
}
