import Digests
import SQLite

/// Whether the files of weights that clients brought are whole.
enum WeightsCheck {
  static let check = StoreCheck(name: "weights") { examination in
    let connection = examination.connection
    let files = try connection.query("SELECT id, size_bytes, sha256 FROM weights_file ORDER BY id")
    { row in (id: row.text(0), size: row.integer(1), sha256: row.text(2)) }
    var faults: [StoreFault] = []
    for file in files {
      let hash = SHA256()
      var size = 0
      _ = try connection.query(
        "SELECT data FROM weights_chunk WHERE weights = ? ORDER BY position", [.text(file.id)]
      ) { row in
        let data = row.blob(0)
        hash.update(data)
        size += data.count
      }
      let fault: String
      if size != file.size {
        fault = "have \(size) bytes, not \(file.size)"
      } else if hash.digest().hexadecimal != file.sha256 {
        fault = "haven't the SHA-256 \(file.sha256)"
      } else {
        continue
      }
      // They may have been deleted meanwhile, beside a server.
      let isThere =
        try connection.first("SELECT 1 FROM weights_file WHERE id = ?", [.text(file.id)]) { _ in
          true
        } ?? false
      guard isThere else { continue }
      faults.append(
        StoreFault("weights \(file.id)", fault, remedy: "upload them again"))
    }
    return faults
  }
}
