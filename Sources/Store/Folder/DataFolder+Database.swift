import Foundation
import SQLite

extension DataFolder {
  /// A connection that reads the folder's database, beside a server or without one.
  func reader() throws(SQLiteError) -> SQLiteConnection {
    let connection = try SQLiteConnection(
      path: database.path(percentEncoded: false), mode: .readOnly)
    try connection.execute(
      script: """
        PRAGMA query_only = ON;
        PRAGMA trusted_schema = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA temp_store = MEMORY;
        """)
    return connection
  }
}

extension SQLiteConnection {
  /// Writes the database as it is now into a file that isn't there yet, on disk for good once this returns.
  func copy(to file: URL) throws {
    try execute("VACUUM INTO ?", [.text(file.path(percentEncoded: false))])
    try Disk.synchronize(file)
  }
}
