import Digests
import Foundation
import JSON

/// Decodes an upload that lies on disk into the form that `Dataset` maps.
///
/// The upload is streamed, several times where need be, so that memory stays bounded whatever its
/// size. A failure leaves nothing behind.
public struct DatasetImporter: Sendable {
  /// One part of an upload: the whole body, or a part of `multipart/form-data`.
  public struct Part: Sendable {
    /// `features`, `targets`, or a name that the options give; `nil` for a body without parts.
    public let name: String?
    public let file: URL

    public init(name: String? = nil, file: URL) {
      self.name = name
      self.file = file
    }
  }

  public let options: ImportOptions
  public let limits: ImportLimits

  public init(options: ImportOptions, limits: ImportLimits = ImportLimits()) {
    self.options = options
    self.limits = limits
  }

  /// What tells apart datasets that must not share a directory: 64 hexadecimal digits that are a
  /// function of the upload's bytes, the options and the version of the decoded form.
  ///
  /// - Parameter sha256: of the upload's bytes, part after part, in hexadecimal.
  public func storageKey(sha256: String) -> String {
    SHA256.digest(of: "chainrule dataset 1\n\(sha256)\n\(options.canonical)\n".utf8).hexadecimal
  }

  /// Decodes `parts` into `directory`, which is made when it isn't there.
  ///
  /// - Parameter sha256: of the parts' bytes, part after part, in hexadecimal, if it's known already.
  /// - Returns: the description, which also lies in the directory for `Dataset.open`.
  /// - Throws: `DatasetError` that names part, row, column and byte as far as there are any.
  public func run(
    parts: [Part], into directory: URL, sha256: String? = nil
  ) throws(DatasetError) -> DatasetDescription {
    let existed = FileManager.default.fileExists(atPath: directory.path)
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw DatasetError(.storage, "can't create \(directory.path): \(error)")
    }
    do throws(DatasetError) {
      return try decode(parts: parts, into: directory, sha256: sha256)
    } catch {
      for name in Dataset.FileName.all + ArrayImport.SpoolName.all {
        try? FileManager.default.removeItem(at: directory.appendingPathComponent(name))
      }
      if !existed { try? FileManager.default.removeItem(at: directory) }
      throw error
    }
  }

  private func decode(
    parts: [Part], into directory: URL, sha256: String?
  ) throws(DatasetError) -> DatasetDescription {
    guard let first = parts.first else {
      throw DatasetError(.empty, "the upload has no part; send a file as the body")
    }
    var size = 0
    for part in parts {
      let bytes = try FileSource(part.file).size
      if bytes == 0 {
        throw DatasetError(.empty, "the file is empty", part: part.name)
      }
      size += bytes
    }
    let format: DatasetFormat
    if let chosen = options.format {
      format = chosen
    } else if parts.contains(where: { $0.name == "edges" || $0.name == "content" }) {
      format = .graph
    } else {
      format = try FormatSniffer.sniff(first.file, limits: limits)
    }
    if format != .graph, let option = options.ofGraphs {
      throw DatasetError(.option, "\(option) is for graphs; leave it out, or say format=graph")
    }
    let decoded: DecodedParts
    switch format {
    case .csv, .jsonl, .libsvm, .arrow:
      decoded = try TableImport(
        file: only(parts).file, format: format, options: options, limits: limits
      ).run(into: directory)
    case .npz:
      decoded = try ArrayImport(options: options, limits: limits, directory: directory)
        .run(archive: NPZArchive(only(parts).file, limits: limits))
    case .safetensors:
      decoded = try ArrayImport(options: options, limits: limits, directory: directory)
        .run(archive: SafetensorsArchive(only(parts).file, limits: limits))
    case .imageZip, .imageTar:
      decoded = try ImageArchiveImport(
        file: only(parts).file, format: format, options: options, limits: limits
      ).run(into: directory)
    case .cifar:
      decoded = try CIFARImport(file: only(parts).file, limits: limits).run(into: directory)
    case .timeSeries:
      decoded = try SeriesArchiveImport(file: only(parts).file, options: options, limits: limits)
        .run(into: directory)
    case .text:
      decoded = try TextImport(options: options, limits: limits, directory: directory)
        .run(file: only(parts).file)
    case .graph:
      decoded = try GraphImport(options: options, limits: limits, directory: directory)
        .run(parts: parts)
    case .npy, .idx:
      decoded = try ArrayImport(options: options, limits: limits, directory: directory)
        .run(parts: parts)
    }
    let hash: String
    if let sha256 { hash = sha256 } else { hash = try digest(of: parts) }
    let description = DatasetDescription(
      format: format, examples: decoded.examples, input: decoded.input, target: decoded.target,
      columns: decoded.columns, sizeBytes: size, sha256: hash,
      options: options.canonical, arrays: decoded.arrays, graph: decoded.graph)
    let file = try OutputFile(directory.appendingPathComponent(Dataset.FileName.description))
    try file.append(description.json.encoded())
    try file.finish()
    return description
  }

  private func only(_ parts: [Part]) throws(DatasetError) -> Part {
    guard parts.count == 1 else {
      throw DatasetError(
        .unsupported, "this format is one file, but \(parts.count) parts came; join them")
    }
    return parts[0]
  }

  private func digest(of parts: [Part]) throws(DatasetError) -> String {
    let hash = SHA256()
    do {
      for part in parts { try hash.update(file: part.file) }
    } catch {
      throw DatasetError(.storage, "the upload can't be read: \(error)")
    }
    return hash.digest().hexadecimal
  }
}
