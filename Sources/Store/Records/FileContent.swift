/// The bytes of a file that is written stretch by stretch, so that nobody has to hold the whole.
public struct FileContent: Sendable {
  /// Takes the next stretch; the memory is only valid during the call.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  public let write: @Sendable (Sink) throws -> Void

  /// - Parameter write: writes the same bytes whenever it is called.
  public init(_ write: @escaping @Sendable (Sink) throws -> Void) { self.write = write }

  public init(_ bytes: [UInt8]) {
    write = { sink in try bytes.withUnsafeBytes(sink) }
  }
}
