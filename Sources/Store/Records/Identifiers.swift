import Digests
import Foundation
import Synchronization

/// A public id: a prefix and a ULID, so that ids sort by creation.
public protocol ResourceID: RawRepresentable<String>, Hashable, Sendable, CustomStringConvertible,
  Comparable
{
  static var prefix: String { get }
  init(trusted: String)
}

extension ResourceID {
  /// The id that a text is, or `nil` when it's none of this kind.
  public init?(_ text: String) { self.init(rawValue: text) }

  public init?(rawValue: String) {
    guard rawValue.hasPrefix(Self.prefix), ULID.isValid(rawValue.dropFirst(Self.prefix.count))
    else {
      return nil
    }
    self.init(trusted: rawValue)
  }

  /// A new one, later than every other of this process.
  public static func make() -> Self { Self(trusted: prefix + ULID.next()) }
  public var description: String { rawValue }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

public struct DatasetID: ResourceID {
  public static let prefix = "ds_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct ModelID: ResourceID {
  public static let prefix = "mdl_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct WeightsID: ResourceID {
  public static let prefix = "wts_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct RunID: ResourceID {
  public static let prefix = "run_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct UploadID: ResourceID {
  public static let prefix = "upl_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct SweepID: ResourceID {
  public static let prefix = "swp_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct SplitID: ResourceID {
  public static let prefix = "spl_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct BackupID: ResourceID {
  public static let prefix = "bak_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct KeyID: ResourceID {
  public static let prefix = "key_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}

public struct WebhookID: ResourceID {
  public static let prefix = "whk_"
  public let rawValue: String
  public init(trusted: String) { rawValue = trusted }
}
