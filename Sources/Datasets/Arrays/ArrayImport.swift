import Foundation
import Tensors

/// Decodes arrays of features and targets: npy and idx in parts, npz in one archive.
struct ArrayImport {
  /// Where arrays in Fortran order lie meanwhile.
  enum SpoolName {
    static func features(_ index: Int) -> String { "features-\(index).spool" }
    static func targets(_ index: Int) -> String { "targets-\(index).spool" }
    static let all = (0..<DatasetDescription.mostArrays).flatMap { [features($0), targets($0)] }
  }

  /// An array by the name that it has in the upload.
  private struct Named {
    let name: String
    let array: UploadedArray
  }

  let options: ImportOptions
  let limits: ImportLimits
  let directory: URL

  /// Decodes parts, each npy or idx: `features` and `targets`, or those that the options name.
  func run(parts: [DatasetImporter.Part]) throws(DatasetError) -> DecodedParts {
    try checkNames()
    let features = try arrays(
      options.features, usual: ["features", "x"], parts, SpoolName.features)
    let targets = try arrays(options.targets, usual: ["targets", "y"], parts, SpoolName.targets)
    guard !features.isEmpty, !targets.isEmpty else {
      let found = parts.compactMap(\.name).map { "\"\($0.prefix(80))\"" }.joined(separator: ", ")
      throw DatasetError(
        .option,
        "an array is either features or targets, and both are needed: send "
          + "multipart/form-data with the parts features and targets, or an npz archive "
          + (found.isEmpty ? "(the body is one array)" : "(there's \(found))"))
    }
    let known = (features + targets).map(\.name)
    if let part = parts.compactMap(\.name).first(where: { !known.contains($0) }) {
      throw DatasetError(
        .option,
        "the part \"\(part.prefix(80))\" is neither features nor targets; name it in features= or "
          + "targets=, or leave it out")
    }
    if let format = options.format {
      for feature in features where feature.array.header.format != format {
        throw DatasetError(
          .malformed, "is \(feature.array.header.format.rawValue), not \(format.rawValue)",
          part: feature.array.name)
      }
    }
    return try decode(features, targets)
  }

  /// The parts of the names asked for, or the one of a usual name; none when there is none.
  private func arrays(
    _ wanted: [String], usual: [String], _ parts: [DatasetImporter.Part],
    _ spool: (Int) -> String
  ) throws(DatasetError) -> [Named] {
    var arrays: [Named] = []
    if wanted.isEmpty {
      let found = parts.filter { $0.name.map(usual.contains) == true }
      guard found.count <= 1 else {
        throw DatasetError(.option, "there are several parts \(usual[0]); send one")
      }
      for part in found {
        arrays.append(
          Named(name: part.name ?? usual[0], array: try array(usual[0], part.file, spool(0))))
      }
      return arrays
    }
    for (index, name) in wanted.enumerated() {
      guard let part = parts.first(where: { $0.name == name }) else {
        let found = parts.compactMap(\.name).map { "\"\($0.prefix(80))\"" }.joined(separator: ", ")
        throw DatasetError(
          .option, "\(usual[0])= names the part \"\(name.prefix(80))\"; there's \(found)")
      }
      arrays.append(Named(name: name, array: try array(name, part.file, spool(index))))
    }
    return arrays
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

  /// Decodes arrays of an archive.
  func run(archive: any ArrayArchive) throws(DatasetError) -> DecodedParts {
    try checkNames()
    func array(_ name: String, _ spool: String) throws(DatasetError) -> Named {
      Named(
        name: name, array: try archive.array(name, spool: directory.appendingPathComponent(spool)))
    }
    let names = try archive.features(options.features)
    var features: [Named] = []
    for (index, name) in names.enumerated() {
      features.append(try array(name, SpoolName.features(index)))
    }
    var targets: [Named] = []
    for (index, name) in try archive.targets(options.targets, besides: names).enumerated() {
      targets.append(try array(name, SpoolName.targets(index)))
    }
    return try decode(features, targets)
  }

  private func decode(
    _ features: [Named], _ targets: [Named]
  ) throws(DatasetError) -> DecodedParts {
    try checkOptions()
    let all = features + targets
    guard let first = all.first?.array else {
      throw DatasetError(.empty, "the upload has no array")
    }
    for other in all.dropFirst().map(\.array) where other.examples != first.examples {
      throw DatasetError(
        .malformed,
        "\(first.name) has \(first.examples) examples (shape "
          + "\(first.header.shape)) and \(other.name) has \(other.examples) (shape "
          + "\(other.header.shape)); the first axis of both must be the same")
    }
    var inputs: [DatasetDescription.NamedArrays.NamedInput] = []
    for (index, named) in features.enumerated() {
      let options = options.ofArray(named.name)
      let shape = try inputShape(named.array, options)
      let file = directory.appendingPathComponent(Dataset.FileName.inputs(index))
      let input = try FeatureWriter(named.array, options: options).write(to: file, shape: shape)
      inputs.append(.init(name: named.name, input: input))
    }
    var outputs: [DatasetDescription.NamedArrays.NamedTarget] = []
    for (index, named) in targets.enumerated() {
      let file = directory.appendingPathComponent(Dataset.FileName.targets(index))
      let target = try TargetWriter(
        named.array, options: options.ofArray(named.name), limits: limits
      ).write(to: file)
      outputs.append(.init(name: named.name, target: target))
    }
    return DecodedParts(
      examples: first.examples, input: inputs[0].input, target: outputs[0].target, columns: [],
      arrays: all.count > 2 ? .init(inputs: inputs, targets: outputs) : nil)
  }

  /// The shape asked for, else that of the array. Pictures of IDX get a channel axis.
  private func inputShape(
    _ features: UploadedArray, _ options: ImportOptions
  ) throws(DatasetError) -> Shape {
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

  /// For tables `features` are columns, so that only here it's known what they must be.
  private func checkNames() throws(DatasetError) {
    guard options.features.count <= DatasetDescription.mostArrays else {
      throw DatasetError(
        .limitExceeded, "features names more than \(DatasetDescription.mostArrays) arrays")
    }
    guard Set(options.features).count == options.features.count else {
      throw DatasetError(.option, "features names an array twice")
    }
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
