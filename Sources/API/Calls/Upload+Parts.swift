import Digests
import Foundation
import HTTP
import JSON
import Runs

/// Takes bytes to a file of a staged upload, and hashes them on the way.
final class PartSink {
  private let handle: FileHandle
  private let hash = SHA256()
  private let name: String?
  private(set) var byteCount = 0

  init(_ name: String?, in upload: StagedUpload) throws {
    self.name = name
    let path = upload.file(for: name).path(percentEncoded: false)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw PartSink.problem(errno) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func append(_ bytes: some Collection<UInt8>) throws {
    hash.update(bytes)
    byteCount += bytes.count
    let written = bytes.withContiguousStorageIfAvailable {
      PartSink.write($0, to: handle.fileDescriptor)
    }
    let result =
      written
      ?? Array(bytes).withUnsafeBufferPointer {
        PartSink.write($0, to: handle.fileDescriptor)
      }
    if result != 0 { throw PartSink.problem(result) }
  }

  func finish() throws -> StagedUpload.Part {
    try handle.close()
    return StagedUpload.Part(name: name, byteCount: byteCount, digest: hash.digest())
  }

  /// 0, or the error's number.
  private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = UnsafeRawBufferPointer(bytes)
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = Foundation.write(descriptor, start, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return 0
  }

  private static func problem(_ number: Int32) -> any Error {
    LibraryError("keep the upload", number)
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
          try checkName(name, among: parts, named: names)
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

  private static func checkName(
    _ name: String, among parts: [StagedUpload.Part], named names: [String]
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
    guard !parts.contains(where: { $0.name == name }) else {
      throw Problem(.invalid, "part \"\(name)\" came twice")
    }
  }

  /// Refuses a body that says it is too large before any of it is read.
  private static func checkLength(
    _ call: Call, _ service: Service, limit: Int = .max
  ) throws(Problem) {
    try check(call.request.body.announcedLength ?? 0, service, limit: limit)
  }

  private static func check(
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
