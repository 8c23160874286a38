/// Why the libraries of datasets and models can't do what they were asked.
public struct LibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case notFound = "not_found"
    case diskFull = "disk_full"
    /// A file can't be read or written.
    case storage
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }

  /// The error of a file operation, told apart by whether the disk is full.
  static func storing(_ what: String, _ error: any Error) -> LibraryError {
    if let error = error as? LibraryError { return error }
    let text = "\(error)"
    if text.contains("No space left") || text.contains("ENOSPC") || text.contains("OutOfSpace") {
      return LibraryError(.diskFull, "the disk is full; free some space and send it again")
    }
    return LibraryError(.storage, "can't \(what): \(text)")
  }
}
