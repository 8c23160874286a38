import Foundation

/// The arrays of a zip archive as `numpy.savez` writes it.
struct NPZArchive: ArrayArchive {
  private let file: URL
  private let size: Int
  private let limits: ImportLimits
  /// Names without `.npy`, in the order of the archive.
  let names: [String]

  init(_ file: URL, limits: ImportLimits) throws(DatasetError) {
    self.file = file
    self.limits = limits
    size = try FileSource(file).size
    let archive = try ArchiveSource(zip: file, size: size, limits: limits)
    var names: [String] = []
    var entries = 0
    while let entry = try archive.nextEntry() {
      entries += 1
      guard entries <= limits.archiveEntries else {
        throw DatasetError(
          .limitExceeded, "the archive has more than \(limits.archiveEntries) entries")
      }
      guard entry.hasSuffix(".npy") else { continue }
      let name = String(entry.dropLast(4))
      guard !names.contains(name) else {
        throw DatasetError(.malformed, "the archive has two arrays \"\(name.prefix(80))\"")
      }
      names.append(name)
    }
    guard !names.isEmpty else {
      throw DatasetError(
        .empty, "the archive of \(entries) entries holds no .npy; write it with numpy.savez")
    }
    self.names = names
  }

  func array(_ name: String, spool: URL) throws(DatasetError) -> UploadedArray {
    try UploadedArray(name: "array \"\(name)\"", spoolFile: spool, limits: limits) {
      () throws(DatasetError) in try open(name)
    }
  }

  /// The bytes of one array, from their start.
  func open(_ name: String) throws(DatasetError) -> any ByteSource {
    let archive = try ArchiveSource(zip: file, size: size, limits: limits)
    while let entry = try archive.nextEntry() {
      if entry == name + ".npy" { return archive }
    }
    throw DatasetError(.malformed, "the archive has no array \"\(name)\"")
  }
}
