import Foundation

/// The arrays of a zip archive as `numpy.savez` writes it.
struct NPZArchive {
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

  /// The bytes of one array, from their start.
  func open(_ name: String) throws(DatasetError) -> any ByteSource {
    let archive = try ArchiveSource(zip: file, size: size, limits: limits)
    while let entry = try archive.nextEntry() {
      if entry == name + ".npy" { return archive }
    }
    throw DatasetError(.malformed, "the archive has no array \"\(name)\"")
  }

  /// The arrays of features: those named, else `x` or the like.
  func features(_ chosen: [String]) throws(DatasetError) -> [String] {
    try find(
      chosen, option: "features", usual: ["x", "X", "features", "inputs", "data", "arr_0"],
      among: names)
  }

  /// The arrays of targets: those named, else `y` or the like.
  func targets(_ chosen: [String], besides features: [String]) throws(DatasetError) -> [String] {
    let others = names.filter { !features.contains($0) }
    return try find(
      chosen, option: "targets", usual: ["y", "Y", "targets", "labels", "target", "arr_1"],
      among: others)
  }

  private func find(
    _ chosen: [String], option: String, usual: [String], among candidates: [String]
  ) throws(DatasetError) -> [String] {
    let shown = names.prefix(20).joined(separator: ", ")
    if let unknown = chosen.first(where: { !candidates.contains($0) }) {
      let detail =
        names.contains(unknown) ? "names an array of features" : "names no array"
      throw DatasetError(
        .option, "\(option)=\(unknown.prefix(80)) \(detail); there are \(shown)")
    }
    if !chosen.isEmpty { return chosen }
    if let name = usual.first(where: candidates.contains) { return [name] }
    throw DatasetError(
      .option, "which array holds the \(option)? There are \(shown); say \(option)=NAME")
  }
}
