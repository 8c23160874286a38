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
  /// What stands in place of the numbers of categories' values.
  let lookups: [ValueLookup]
  /// For examples that a model trains on, by their fold; `nil` where all are alike.
  private let training: (examples: ExampleSet, lookups: [[ValueLookup]])?
  /// Numbers that are clipped here, by their position in a row as it is gathered.
  private let clips: [(position: Int, range: ClosedRange<Float>)]
  /// What stands in place of NaN, by the position in a row as it is gathered.
  private let fills: [(position: Int, value: Float)]

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
    lookups = ValueLookup.all(of: columns)
    training = nil
    fills = InputFile.fills(columns, isAdapted: false)
    clips = InputFile.clips(columns, isAdapted: false)
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
    lookups = adaptation.lookups
    training = nil
    fills = InputFile.fills(columns, isAdapted: true)
    clips = InputFile.clips(columns, isAdapted: true)
  }

  /// The same numbers, where examples that a model trains on have lookups of their own.
  ///
  /// - Parameter lookups: by their fold.
  init(_ other: InputFile, training examples: ExampleSet, lookups: [[ValueLookup]]) {
    file = other.file
    self.examples = other.examples
    (series, length, rowWidth) = (other.series, other.length, other.rowWidth)
    (gatheredRowWidth, width) = (other.gatheredRowWidth, other.width)
    (byteValues, adaptation) = (other.byteValues, other.adaptation)
    (fills, clips, padding) = (other.fills, other.clips, other.padding)
    self.lookups = other.lookups
    training = (examples, lookups)
  }

  /// - Parameter isAdapted: whether numbers may not be clipped where the columns' are.
  private static func clips(
    _ columns: [Column], isAdapted: Bool
  ) -> [(position: Int, range: ClosedRange<Float>)] {
    let features = columns.filter { $0.role == .feature }
    return zip(features, Column.places(of: features).offsets).compactMap { column, position in
      guard isAdapted || column.treatment.findsClip, let clip = column.treatment.clip,
        case .number(_, let scaling, _) = column.content
      else { return nil }
      func encoded(_ end: Double) -> Float {
        Float(scaling.encode(column.treatment.value(end)))
      }
      let (low, high) = (encoded(clip.lowerBound), encoded(clip.upperBound))
      return low <= high ? (position, low...high) : nil
    }
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
        if !isStored {
          if !fills.isEmpty { fill(output, rows: rows.count) }
          if !clips.isEmpty { clip(output, rows: rows.count) }
          if !lookups.isEmpty { lookUp(output, rows: rows.count, of: index) }
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

  private func fill(_ output: UnsafeMutablePointer<Float>, rows: Int) {
    for row in 0..<rows {
      let numbers = output + row * gatheredRowWidth
      for (position, value) in fills where numbers[position].isNaN { numbers[position] = value }
    }
  }

  private func clip(_ output: UnsafeMutablePointer<Float>, rows: Int) {
    for row in 0..<rows {
      let numbers = output + row * gatheredRowWidth
      for (position, range) in clips {
        numbers[position] = min(max(numbers[position], range.lowerBound), range.upperBound)
      }
    }
  }

  private func lookUp(_ output: UnsafeMutablePointer<Float>, rows: Int, of example: Int) {
    var lookups = lookups
    if let training, training.examples.contains(example) {
      lookups = training.lookups[TargetCodes.fold(of: example)]
    }
    for row in 0..<rows {
      for lookup in lookups { lookup.apply(to: output + row * gatheredRowWidth) }
    }
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
