import Foundation

/// Tells a format by the first bytes, decompressed when they are gzipped.
enum FormatSniffer {
  static func sniff(_ file: URL, limits: ImportLimits) throws(DatasetError) -> DatasetFormat {
    let head = try openSource(file, limits: limits).bytes(512)
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) { return .npy }
    if head.starts(with: ArrowReader.magic) || head.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]) {
      return .arrow
    }
    if head.starts(with: Array("PAR1".utf8)) {
      throw DatasetError(
        .unsupported,
        "is Parquet, which isn't read here; write it as Arrow, with pandas.DataFrame.to_feather or pyarrow.feather, or as CSV",
        byte: 0)
    }
    if head.starts(with: Array("PK".utf8)) { return try isNumPy(file, limits) ? .npz : .imageZip }
    if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) { return .imageTar }
    if head.count > 9, head[8] == UInt8(ascii: "{"), head[4..<8].allSatisfy({ $0 == 0 }) {
      return .safetensors
    }
    if head.count >= 4, head[0] == 0, head[1] == 0, (8...14).contains(head[2]), head[3] > 0 {
      return .idx
    }
    if head.isEmpty { throw DatasetError(.empty, "the file is empty") }
    if head.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return .jsonl }
    if let first = head.first, "@#%".utf8.contains(first) {
      // The description before may be long.
      let text = String(
        decoding: try openSource(file, limits: limits).bytes(1 << 16), as: UTF8.self)
      if text.lowercased().contains("@problemname") { return .timeSeries }
    }
    if head.contains(0) || head.starts(with: [0x1F, 0x8B]) {
      throw DatasetError(
        .unsupported,
        "the format isn't one of csv, jsonl, arrow, npy, npz, idx, or the file is damaged; "
          + "convert it, or say format=", byte: 0)
    }
    return .csv
  }

  /// Whether the first entry of a zip archive is an array of NumPy.
  private static func isNumPy(_ file: URL, _ limits: ImportLimits) throws(DatasetError) -> Bool {
    let archive = try ArchiveSource(zip: file, size: FileSource(file).size, limits: limits)
    while let name = try archive.nextEntry() {
      if !name.hasSuffix("/") { return name.hasSuffix(".npy") }
    }
    // An archive of nothing is told so where arrays are read.
    return true
  }
}
