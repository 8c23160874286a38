import Foundation

/// Why the libraries of datasets and models can't do what they were asked.
public struct LibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case notFound = "not_found"
    case diskFull = "disk_full"
    /// Nothing can be written now, and may be later.
    case unavailable
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
    guard let number = errorNumber(error) else {
      return LibraryError(.storage, "can't \(what): \(error)")
    }
    return LibraryError(what, number)
  }

  /// What the system's refusal to do something means.
  public init(_ what: String, _ number: Int32) {
    let reason = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT:
      self.init(.diskFull, "the disk is full; free some space and send it again")
    case EROFS, EMFILE, ENFILE, ENOMEM:
      self.init(.unavailable, "can't \(what) now: \(reason)")
    default:
      self.init(.storage, "can't \(what): \(reason)")
    }
  }

  private static func errorNumber(_ error: any Error) -> Int32? {
    if let error = error as? POSIXError { return error.code.rawValue }
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain { return Int32(error.code) }
    return (error.userInfo[NSUnderlyingErrorKey] as? any Error).flatMap(errorNumber)
  }
}
