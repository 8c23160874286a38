import Foundation

/// Tells a format by the first bytes, decompressed when they are gzipped.
enum FormatSniffer {
  static func sniff(_ file: URL, limits: ImportLimits) throws(DatasetError) -> DatasetFormat {
    let head = try openSource(file, limits: limits).bytes(512)
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) { return .npy }
    if head.starts(with: Array("PK".utf8)) { return .npz }
    if head.count >= 4, head[0] == 0, head[1] == 0, (8...14).contains(head[2]), head[3] > 0 {
      return .idx
    }
    if head.isEmpty { throw DatasetError(.empty, "the file is empty") }
    if head.contains(0) || head.starts(with: [0x1F, 0x8B]) {
      throw DatasetError(
        .unsupported,
        "the format isn't one of csv, npy, npz, idx, or the file is damaged; "
          + "convert it, or say format=", byte: 0)
    }
    return .csv
  }
}
