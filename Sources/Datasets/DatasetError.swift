import Foundation

/// Why an upload is no dataset, where, and what to do about it.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// There's nothing in it.
    case empty
    /// The bytes don't follow their format.
    case malformed
    /// A value that must be there is missing.
    case missingValue = "missing_value"
    /// Well-formed, but of a kind that isn't taken, such as pickled objects.
    case unsupported
    /// More than the server takes.
    case limitExceeded = "limit_exceeded"
    /// An option doesn't fit the data, such as a target column that isn't there.
    case option
    /// The disk has no room left.
    case diskFull = "disk_full"
    /// A file of the server can't be read or written.
    case storage
    /// It can't be now, for want of files, memory or a disk that takes it, and may be later.
    case unavailable
  }

  public let code: Code
  /// What's wrong and what would put it right, without the place.
  public let message: String
  /// The part of a multipart upload, or the array of an archive.
  public var part: String?
  /// Counted from 1, the header included; for arrays the example.
  public var row: Int?
  /// Counted from 1; for arrays the feature.
  public var column: Int?
  public var columnName: String?
  /// An offset into the (decompressed) bytes, counted from 0.
  public var byte: Int?

  public init(
    _ code: Code, _ message: String, part: String? = nil, row: Int? = nil, column: Int? = nil,
    columnName: String? = nil, byte: Int? = nil
  ) {
    self.code = code
    self.message = message
    self.part = part
    self.row = row
    self.column = column
    self.columnName = columnName
    self.byte = byte
  }

  /// The place and the message: `row 7, column 3 ("age"): …`.
  public var description: String {
    var places: [String] = []
    if let part { places.append(part) }
    if let row { places.append("row \(row)") }
    if let column {
      let name = columnName.map { " (\"\($0.prefix(80))\")" } ?? ""
      places.append("column \(column)\(name)")
    }
    if let byte { places.append("byte \(byte)") }
    return places.isEmpty ? message : "\(places.joined(separator: ", ")): \(message)"
  }

  /// What the system refused, told apart by whether it may do it later.
  static func system(_ number: Int32, _ message: String) -> DatasetError {
    switch number {
    case ENOSPC, EDQUOT:
      DatasetError(.diskFull, "the disk is full; free some space and upload again")
    case EMFILE, ENFILE, ENOMEM, EROFS:
      DatasetError(.unavailable, "\(message): \(String(cString: strerror(number)))")
    default: DatasetError(.storage, "\(message): \(String(cString: strerror(number)))")
    }
  }

  /// The same error, told to have happened in a part unless it says so already.
  func located(inPart name: String?) -> DatasetError {
    var copy = self
    if copy.part == nil { copy.part = name }
    return copy
  }
}
