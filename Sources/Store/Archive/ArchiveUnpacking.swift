import Digests
import Foundation
import JSON

/// Takes an archive apart into a folder: only what its list names, and nothing that isn't as the list says.
struct ArchiveUnpacking {
  let file: URL
  let folder: URL
  /// Bytes that all files together may have.
  let limit: Int

  /// Room on the disk that is left to others, in bytes.
  private static let spareBytes = 16 << 20

  /// - Throws: `ArchiveError` for what is wrong with it, `StoreError.diskFull`.
  func run() throws -> ArchiveManifest {
    let reader = try TarReader(file)
    let manifest = try manifest(reader)
    try checkRoom(for: manifest)
    var missing = Dictionary(
      manifest.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    while let member = try reader.next() {
      guard let listed = missing.removeValue(forKey: member.name) else {
        let isKnown = manifest.files.contains { $0.path == member.name }
        throw ArchiveError(
          "its member \"\(member.name.prefix(200))\" \(isKnown ? "came twice" : "isn't in its list")"
        )
      }
      guard member.size == listed.sizeBytes else {
        throw ArchiveError(
          "\(listed.path) has \(member.size) bytes, and its list says \(listed.sizeBytes)")
      }
      try write(listed, reader)
    }
    if let path = missing.keys.min() { throw ArchiveError("it lacks \(path)") }
    return manifest
  }

  private func manifest(_ reader: TarReader) throws -> ArchiveManifest {
    guard let first = try reader.next(), first.name == ArchiveManifest.name else {
      throw ArchiveError("it doesn't begin with \(ArchiveManifest.name)")
    }
    guard first.size <= ArchiveManifest.longest else {
      throw ArchiveError("its \(first.name) has more than \(ArchiveManifest.longest) bytes")
    }
    var bytes: [UInt8] = []
    try reader.read(first.size) { bytes.append(contentsOf: $0) }
    do {
      return try ArchiveManifest(JSON(parsing: bytes))
    } catch let error as JSONSyntaxError {
      throw ArchiveError("its \(first.name) is no JSON: \(error)")
    }
  }

  /// Refuses what is too large before any of it is unpacked.
  private func checkRoom(for manifest: ArchiveManifest) throws {
    var total = 0
    for file in manifest.files {
      let (sum, overflow) = total.addingReportingOverflow(file.sizeBytes)
      guard !overflow, sum <= limit else {
        throw ArchiveError("it unfolds into more than \(limit) bytes; see --max-upload")
      }
      total = sum
    }
    let free = try Disk.freeBytes(at: folder)
    guard total + Self.spareBytes <= free else {
      throw StoreError(
        .diskFull, "the archive unfolds into \(total) bytes, and the disk has \(free); free some")
    }
  }

  private func write(_ listed: ListedFile, _ reader: TarReader) throws {
    // The path is one of the list, which has none that leads out of the folder.
    let place = folder.appending(path: listed.path)
    try Disk.makeFolder(place.deletingLastPathComponent())
    let output = try Disk.Output(place)
    let hash = SHA256()
    try reader.read(listed.sizeBytes) { bytes in
      hash.update(bytes)
      try output.append(bytes)
    }
    guard hash.digest().hexadecimal == listed.sha256 else {
      throw ArchiveError("\(listed.path) hasn't the SHA-256 that its list says")
    }
    try output.finish()
  }
}
