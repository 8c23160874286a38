import HTTP
import JSON
import Runs

/// Takes the bytes of a part to its file of a staged upload.
final class PartSink {
  private let file: FileSink
  private let name: String?

  init(_ name: String?, in upload: StagedUpload) throws {
    self.name = name
    file = try FileSink(creating: upload.file(for: name))
  }

  var byteCount: Int { file.byteCount }

  func append(_ bytes: some Collection<UInt8>) throws { try file.append(bytes) }

  func finish() throws -> StagedUpload.Part {
    let digest = try file.finish()
    return StagedUpload.Part(name: name, byteCount: file.byteCount, digest: digest)
  }
}

extension Upload {
  /// The whole body as one file.
  static func receiveBody(
    _ call: Call, _ service: Service, into upload: StagedUpload, limit: Int = .max
  ) async throws -> StagedUpload.Part {
    try checkLength(call, service, limit: limit)
    let sink = try PartSink(nil, in: upload)
    for try await chunk in call.request.body {
      try sink.append(chunk)
      try check(sink.byteCount, service, limit: limit)
    }
    return try sink.finish()
  }

  /// Each part of `multipart/form-data` as a file of its own.
  static func receiveParts(
    _ call: Call, _ service: Service, into upload: StagedUpload, named names: [String]
  ) async throws -> [StagedUpload.Part] {
    try checkLength(call, service)
    var parser = try MultipartParser(contentType: call.header("Content-Type") ?? "")
    var parts: [StagedUpload.Part] = []
    var sink: PartSink?
    var total = 0
    for try await chunk in call.request.body {
      total += chunk.count
      try check(total, service)
      for event in try parser.feed(chunk) {
        switch event {
        case .part(let name):
          try checkName(name, among: parts.map(\.name), named: names)
          sink = try PartSink(name, in: upload)
        case .bytes(let bytes):
          try sink?.append(bytes)
        case .end:
          if let part = try sink?.finish() { parts.append(part) }
          sink = nil
        }
      }
    }
    try parser.finish()
    guard !parts.isEmpty else { throw Problem(.invalid, "the multipart body has no part") }
    return parts
  }

  /// - Throws: 422 for a part of a name that none has, or that came before.
  static func checkName(
    _ name: String, among parts: [String?], named names: [String]
  ) throws(Problem) {
    // A name becomes a part of a file's: it has nothing in it that a path could.
    let known = names.isEmpty ? StagedUpload.partNames : names.filter(StagedUpload.isPartName)
    guard known.contains(name) else {
      throw Problem(
        .invalid,
        "part \"\(name.prefix(80))\" is unknown\(nearest(name, among: known)); "
          + "one of: \(known.joined(separator: ", "))"
          + (names.isEmpty ? "; others are named by features= and targets=" : ""))
    }
    guard !parts.contains(name) else {
      throw Problem(.invalid, "part \"\(name)\" came twice")
    }
  }

  /// Refuses a body that says it is too large before any of it is read.
  private static func checkLength(
    _ call: Call, _ service: Service, limit: Int = .max
  ) throws(Problem) {
    try check(call.request.body.announcedLength ?? 0, service, limit: limit)
  }

  static func check(
    _ count: Int, _ service: Service, limit: Int = .max
  ) throws(Problem) {
    guard count <= limit else {
      throw Problem(.bodyTooLarge, "such an upload may have at most \(limit) bytes")
    }
    guard count <= service.uploadLimit else {
      throw Problem(
        .bodyTooLarge, "an upload may have at most \(service.uploadLimit) bytes; see --max-upload")
    }
  }
}
