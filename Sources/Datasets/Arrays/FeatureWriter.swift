import CTables
import Foundation
import Tensors

/// Writes an array of features as a model sees them.
///
/// Bytes stay bytes, scaled when gathered; anything else becomes `float32`, scaled here.
struct FeatureWriter {
  private let array: UploadedArray
  private let method: ScalingMethod
  private let keepsBytes: Bool
  /// Whether each feature has its own scaling: those of a vector do, those of a picture share one.
  private let isPerFeature: Bool

  /// Most features with a scaling of their own.
  private static let scaledFeatures = 16_384

  init(_ array: UploadedArray, options: ImportOptions) throws(DatasetError) {
    self.array = array
    let kind = array.header.element.kind
    method = options.scale ?? (kind == .uint8 ? .unit : .none)
    if method.isOfTables {
      throw DatasetError(
        .option,
        "scale=\(method.rawValue) is for tables; of arrays one of: none, standard, min_max, unit",
        part: array.name)
    }
    keepsBytes = (kind == .uint8 || kind == .bool) && (method == .unit || method == .none)
    isPerFeature =
      array.header.shape.rank == 2 && options.shape == nil
      && (method == .standard || method == .minMax)
    if isPerFeature, array.width > FeatureWriter.scaledFeatures {
      throw DatasetError(
        .limitExceeded,
        "\(array.width) features are too many for a scaling each; say shape= to "
          + "give them one scaling, or scale=none", part: array.name)
    }
  }

  func write(to file: URL, shape: Shape) throws(DatasetError) -> DatasetDescription.Input {
    let output = try OutputFile(file)
    let total = try statistics(writingTo: method == .standard || method == .minMax ? nil : output)
    let scalings: [Scaling]
    if method == .standard || method == .minMax {
      scalings = total.map { method.scaling(for: $0.summary) }
      try writeScaled(scalings, to: output)
    } else {
      scalings = method == .none ? [] : [.unit]
    }
    try output.finish()
    var all = RunningStatistics()
    for statistics in total { all.merge(statistics) }
    return .init(
      shape: shape, stored: keepsBytes ? .uint8 : .float32, scalings: scalings,
      statistics: all.summary)
  }

  /// Takes the statistics of every feature or of all together, and writes the numbers on the way
  /// when their scaling doesn't depend on them.
  private func statistics(writingTo output: OutputFile?) throws(DatasetError) -> [RunningStatistics]
  {
    if keepsBytes, let output, !array.header.isFortran { return [try copyBytes(to: output)] }
    let scaling = RunScaling([method == .unit ? .unit : .identity])
    let sums = RunSums(places: isPerFeature ? array.width : 1)
    let encoder = RunEncoder(keepsBytes: keepsBytes)
    try array.forEachRun { (position, run) throws(DatasetError) in
      if let index = sums.add(run, at: position) {
        throw notFinite(run[index], at: position + index)
      }
      if let output {
        if method == .unit, !keepsBytes { scaling.apply(to: run, at: position) }
        try write(run, at: position, with: encoder, to: output)
      }
    }
    return sums.statistics
  }

  /// Writes bytes as they come.
  private func copyBytes(to output: OutputFile) throws(DatasetError) -> RunningStatistics {
    var statistics = ByteStatistics()
    let isBool = array.header.element.kind == .bool
    try array.forEachRunOfBytes { (bytes) throws(DatasetError) in
      if isBool { for index in bytes.indices where bytes[index] != 0 { bytes[index] = 1 } }
      statistics.add(UnsafeRawBufferPointer(bytes))
      try output.append(UnsafeRawBufferPointer(bytes))
    }
    return statistics.whole
  }

  private func writeScaled(_ scalings: [Scaling], to output: OutputFile) throws(DatasetError) {
    let scaling = RunScaling(scalings)
    let encoder = RunEncoder(keepsBytes: false)
    try array.forEachRun { (position, run) throws(DatasetError) in
      scaling.apply(to: run, at: position)
      try write(run, at: position, with: encoder, to: output)
    }
  }

  private func write(
    _ run: UnsafeMutableBufferPointer<Double>, at position: Int, with encoder: RunEncoder,
    to output: OutputFile
  ) throws(DatasetError) {
    if let index = try encoder.write(run, at: position, to: output) {
      throw place(
        "\(run[index]) is too large for a 32-bit float; scale it down", at: position + index)
    }
  }

  private func notFinite(_ value: Double, at position: Int) -> DatasetError {
    let remedy =
      value.isNaN
      ? "NaN, which stands for a missing value; fill it in or leave the example out"
      : "\(value); correct it or leave the example out"
    return place(remedy, at: position)
  }

  private func place(_ message: String, at position: Int) -> DatasetError {
    DatasetError(
      .malformed, message, part: array.name, row: position / array.width + 1,
      column: position % array.width + 1)
  }
}

/// Writes runs of numbers as bytes or as 32-bit floats.
final class RunEncoder {
  private let keepsBytes: Bool
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)

  init(keepsBytes: Bool) { self.keepsBytes = keepsBytes }

  deinit { buffer.deallocate() }

  /// Writes a run whose first element has this position; answers which one is no finite float.
  ///
  /// - Precondition: values that are kept as bytes are whole and of 0…255.
  func write(
    _ run: UnsafeMutableBufferPointer<Double>, at position: Int, to output: OutputFile
  ) throws(DatasetError) -> Int? {
    let size = keepsBytes ? 1 : 4
    if buffer.count < run.count * size {
      buffer.deallocate()
      buffer = .allocate(byteCount: run.count * size, alignment: 64)
    }
    if keepsBytes {
      for index in run.indices { buffer[index] = UInt8(run[index]) }
    } else {
      let floats = buffer.bindMemory(to: Float.self)
      let found = tb_round(run.baseAddress, run.count, floats.baseAddress)
      if found >= 0 { return found }
    }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(run.count * size)])
    try output.write(bytes, at: position * size)
    return nil
  }
}
