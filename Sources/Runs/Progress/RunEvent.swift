import JSON
import Store

/// Something that happened to a run, as clients are told of it.
public struct RunEvent: Hashable, Sendable {
  /// The types, named as on the wire.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case state, step, epoch, validation, histogram, checkpoint, finding, log, end

    /// Whether a reader that is too slow may miss it.
    public var isDroppable: Bool { self == .step }
  }

  /// Grows over all runs; clients send it back as `Last-Event-ID`.
  public let id: Int64
  public let run: RunID
  public let kind: Kind
  /// A JSON object as text, made once and shared by every reader.
  public let data: String

  public init(id: Int64, run: RunID, kind: Kind, data: String) {
    self.id = id
    self.run = run
    self.kind = kind
    self.data = data
  }
}
