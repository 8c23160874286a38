import Foundation

/// A file that holds arrays by their names.
protocol ArrayArchive {
  /// In the order of the file.
  var names: [String] { get }
  /// An array, whose elements are read as often as need be.
  ///
  /// - Parameter spool: where bytes may lie meanwhile.
  func array(_ name: String, spool: URL) throws(DatasetError) -> UploadedArray
}

extension ArrayArchive {
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
