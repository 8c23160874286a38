import Foundation
import Tensors

/// The numbers of one input of a dataset, mapped into memory.
final class InputFile: Sendable {
  /// Numbers of one example as they are gathered.
  let width: Int
  private let file: MappedFile
  private let examples: Int
  /// Where the rows are that examples are windows of; `nil` where an example is a row.
  private let series: SeriesExamples?
  /// Rows of an example, and numbers of each as they are stored and as they are gathered.
  private let length: Int
  private let rowWidth: Int
  private let gatheredRowWidth: Int
  /// What each byte becomes, when the inputs are bytes.
  private let byteValues: [Float]
  /// How examples become those of another dataset's kind; `nil` when they stay what they are.
  private let adaptation: RowAdaptation?
  /// What stands behind shorter series as they are stored, and what takes its place; `nil` where there are no such.
  private let padding: (stored: StepPadding, gathered: StepPadding)?
  /// What is done to each row then.
  private let finish: RowFinish
  /// The same for examples that a model trains on, by their fold; `nil` where all are alike.
  private let training: (examples: ExampleSet, finishes: [RowFinish])?

  /// - Parameter columns: of a table, whose missing numbers are filled.
  init(
    _ file: URL, _ input: DatasetDescription.Input, columns: [Column] = [], examples: Int,
    series: SeriesExamples? = nil, padding: StepPadding? = nil
  ) throws(DatasetError) {
    self.padding = padding.map { ($0, $0) }
    self.file = try MappedFile(file)
    self.examples = examples
    self.series = series
    width = input.shape.count
    length = series?.windows.length ?? 1
    rowWidth = width / length
    gatheredRowWidth = rowWidth
    adaptation = nil
    finish = RowFinish(columns, lookups: ValueLookup.all(of: columns), isAdapted: false)
    training = nil
    if input.stored == .uint8 {
      let scaling = input.scalings.first ?? .identity
      byteValues = (0..<256).map { Float(scaling.encode(Double($0))) }
    } else {
      byteValues = []
    }
    try self.file.check(
      examples: series?.windows.rows ?? examples, bytes: rowWidth * input.stored.byteCount)
  }

  /// The same numbers, gathered as another dataset's would be.
  ///
  /// - Parameter columns: of the other dataset, if it's a table.
  init(
    _ other: InputFile, adaptation: RowAdaptation, columns: [Column] = [],
    padding: StepPadding? = nil
  ) {
    self.padding = other.padding.map { ($0.stored, padding ?? $0.gathered) }
    file = other.file
    examples = other.examples
    (series, length, rowWidth) = (other.series, other.length, other.rowWidth)
    byteValues = other.byteValues
    gatheredRowWidth = adaptation.width
    width = adaptation.width * length
    self.adaptation = adaptation
    finish = RowFinish(columns, lookups: adaptation.lookups, isAdapted: true)
    training = nil
  }

  /// The same numbers, where examples that a model trains on have lookups of their own.
  ///
  /// - Parameter lookups: by their fold.
  init(_ other: InputFile, training examples: ExampleSet, lookups: [[ValueLookup]]) {
    file = other.file
    self.examples = other.examples
    (series, length, rowWidth) = (other.series, other.length, other.rowWidth)
    (gatheredRowWidth, width) = (other.gatheredRowWidth, other.width)
    (byteValues, adaptation, padding) = (other.byteValues, other.adaptation, other.padding)
    finish = other.finish
    let finishes = lookups.map { lookups in
      var finish = other.finish
      finish.lookups = lookups
      return finish
    }
    training = (examples, finishes)
  }

  /// What stands in place of the numbers of categories' values.
  var lookups: [ValueLookup] { finish.lookups }

  /// Writes the chosen examples, one after the other, scaled.
  ///
  /// - Precondition: every index is one of an example, and the place is large enough.
  ///
  /// - Parameter isStored: whether numbers that are missing stay NaN, and those of categories' values what they are.
  func gather(
    indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutablePointer<Float>,
    isStored: Bool = false
  ) {
    guard let source = file.bytes.baseAddress else { return }
    byteValues.withUnsafeBufferPointer { values in
      for (place, index) in indices.enumerated() {
        let rows = rows(of: index)
        let output = destination + place * width
        gather(rows, from: source, values, into: output)
        if !isStored, !finish.isNothing {
          let finish = finish(of: index)
          for row in 0..<rows.count { finish.apply(to: output + row * gatheredRowWidth) }
        }
        if rows.count < length { pad(output, after: rows.count) }
        if let padding, adaptation != nil {
          for position in realCount(of: index)..<width {
            output[position] = padding.gathered.value
          }
        }
      }
    }
  }

  /// How many of an example's numbers aren't what stands behind a series that is shorter than others.
  func realCount(of example: Int) -> Int {
    guard let padding, byteValues.isEmpty, let source = file.bytes.baseAddress else { return width }
    let numbers = (source + example * rowWidth * 4).assumingMemoryBound(to: Float.self)
    return padding.stored.realCount(UnsafeBufferPointer(start: numbers, count: rowWidth))
  }

  /// Which rows an example is made of.
  private func rows(of example: Int) -> Range<Int> {
    precondition(example >= 0 && example < examples, "example \(example) of \(examples)")
    return series?.place(of: example).rows ?? example..<example + 1
  }

  /// Writes rows that follow each other.
  ///
  /// - Parameter values: what each byte becomes; empty where numbers are stored.
  @inline(__always)
  private func gather(
    _ rows: Range<Int>, from source: UnsafeRawPointer, _ values: UnsafeBufferPointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let first = rows.lowerBound * rowWidth
    if let adaptation {
      for row in 0..<rows.count {
        let (output, first) = (output + row * gatheredRowWidth, first + row * rowWidth)
        if values.isEmpty {
          adaptation.adapt(
            (source + first * 4).assumingMemoryBound(to: Float.self), into: output)
        } else {
          let bytes = (source + first).assumingMemoryBound(to: UInt8.self)
          adaptation.adapt(into: output) { values[Int(bytes[$0])] }
        }
      }
    } else if values.isEmpty {
      UnsafeMutableRawPointer(output)
        .copyMemory(from: source + first * 4, byteCount: rows.count * rowWidth * 4)
    } else {
      let bytes = (source + first).assumingMemoryBound(to: UInt8.self)
      for position in 0..<rows.count * rowWidth { output[position] = values[Int(bytes[position])] }
    }
  }

  private func finish(of example: Int) -> RowFinish {
    guard let training, training.examples.contains(example) else { return finish }
    return training.finishes[TargetCodes.fold(of: example)]
  }

  /// Writes what stands behind a series that is shorter than a window.
  private func pad(_ output: UnsafeMutablePointer<Float>, after rows: Int) {
    let padding = Float(series?.windows.entities?.padding ?? 0)
    for position in rows * gatheredRowWidth..<width { output[position] = padding }
  }

  /// Bytes of the file.
  var byteCount: Int { file.bytes.count }

  func readsAtRandom() { file.readsAtRandom() }

  /// Gives back the memory of what was read.
  func letGo() { file.letGo() }

  /// Has the disk begin to read an example.
  func readAhead(_ example: Int) {
    let bytes = byteValues.isEmpty ? 4 : 1
    let rows = rows(of: example)
    file.willNeed(rows.lowerBound * rowWidth * bytes, count: rows.count * rowWidth * bytes)
  }
}
