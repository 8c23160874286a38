/// Why a file isn't taken as the archive of a run.
public struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
