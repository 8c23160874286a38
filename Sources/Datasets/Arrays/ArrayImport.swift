import Foundation
import Tensors

/// Decodes arrays of features and targets: npy and idx in two parts, npz in one archive.
struct ArrayImport {
  /// Where arrays in Fortran order lie meanwhile.
  enum SpoolName {
    static let features = "features.spool"
    static let targets = "targets.spool"
    static let all = [features, targets]
  }

  let options: ImportOptions
  let limits: ImportLimits
  let directory: URL

  /// Decodes two parts, each npy or idx.
  func run(parts: [DatasetImporter.Part]) throws(DatasetError) -> DecodedParts {
    var features: UploadedArray?
    var targets: UploadedArray?
    for part in parts {
      switch part.name {
      case "features", "x":
        guard features == nil else { throw twice("features") }
        features = try array("features", part.file, SpoolName.features)
      case "targets", "y":
        guard targets == nil else { throw twice("targets") }
        targets = try array("targets", part.file, SpoolName.targets)
      default: break
      }
    }
    guard let features, let targets else {
      let found = parts.compactMap(\.name).map { "\"\($0.prefix(80))\"" }.joined(separator: ", ")
      throw DatasetError(
        .option,
        "an array is either features or targets, and both are needed: send "
          + "multipart/form-data with the parts features and targets, or an npz archive "
          + (found.isEmpty ? "(the body is one array)" : "(there's \(found))"))
    }
    if let format = options.format, features.header.format != format {
      throw DatasetError(
        .malformed, "is \(features.header.format.rawValue), not \(format.rawValue)",
        part: features.name)
    }
    return try decode(features, targets)
  }

  private func twice(_ name: String) -> DatasetError {
    DatasetError(.option, "there are several parts \(name); send one")
  }

  private func array(
    _ name: String, _ file: URL, _ spool: String
  ) throws(DatasetError) -> UploadedArray {
    let limits = self.limits
    let spoolFile = directory.appendingPathComponent(spool)
    return try UploadedArray(name: name, spoolFile: spoolFile, limits: limits) {
      () throws(DatasetError) in try openSource(file, limits: limits)
    }
  }

  /// Decodes two arrays of an archive.
  func run(archive file: URL) throws(DatasetError) -> DecodedParts {
    let archive = try NPZArchive(file, limits: limits)
    let limits = self.limits
    func array(_ name: String, _ spool: String) throws(DatasetError) -> UploadedArray {
      let spoolFile = directory.appendingPathComponent(spool)
      return try UploadedArray(name: "array \"\(name)\"", spoolFile: spoolFile, limits: limits) {
        () throws(DatasetError) in try archive.open(name)
      }
    }
    let name = try archive.features(options.features)
    let features = try array(name, SpoolName.features)
    let targets = try array(archive.targets(options.targets, besides: name), SpoolName.targets)
    return try decode(features, targets)
  }

  private func decode(
    _ features: UploadedArray, _ targets: UploadedArray
  ) throws(DatasetError) -> DecodedParts {
    try checkOptions()
    guard features.examples == targets.examples else {
      throw DatasetError(
        .malformed,
        "\(features.name) has \(features.examples) examples (shape "
          + "\(features.header.shape)) and \(targets.name) has \(targets.examples) (shape "
          + "\(targets.header.shape)); the first axis of both must be the same")
    }
    let shape = try inputShape(features)
    let inputs = try FeatureWriter(features, options: options).write(
      to: directory.appendingPathComponent(Dataset.FileName.inputs), shape: shape)
    let target = try TargetWriter(targets, options: options, limits: limits)
      .write(to: directory.appendingPathComponent(Dataset.FileName.targets))
    return DecodedParts(examples: features.examples, input: inputs, target: target, columns: [])
  }

  /// The shape asked for, else that of the array. Pictures of IDX get a channel axis.
  private func inputShape(_ features: UploadedArray) throws(DatasetError) -> Shape {
    let found = features.header.shape.rank == 1 ? [1] : features.header.shape.dropFirst()
    guard let shape = options.shape else {
      return features.header.format == .idx && found.rank == 2 ? found.prepending(1) : found
    }
    guard shape.count == found.count else {
      throw DatasetError(
        .option,
        "shape \(shape) has \(shape.count) numbers, but an example of \(features.name) "
          + "has shape \(found)")
    }
    return shape
  }

  private func checkOptions() throws(DatasetError) {
    let forTables: [(String, Bool)] = [
      ("target", !options.target.isEmpty), ("ignore", !options.ignore.isEmpty),
      ("categorical", !options.categorical.isEmpty), ("header", options.header != nil),
      ("delimiter", options.delimiter != nil), ("missing", options.missing != .refuse),
    ]
    if let (name, _) = forTables.first(where: \.1) {
      throw DatasetError(.option, "\(name) is for csv, and this is an array; leave it out")
    }
  }
}
