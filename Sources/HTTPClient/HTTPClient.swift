import Dispatch
import Foundation
import Synchronization

/// Sends requests with libcurl, each on a thread of its own while it lasts.
///
/// Redirects are answers like others: whoever asks decides whether to follow. No protocol but HTTP and HTTPS is spoken.
public struct HTTPClient: Sendable {
  public init() {}

  /// The whole answer.
  public func send(
    _ request: ClientRequest
  ) async throws -> (response: ClientResponse, body: [UInt8]) {
    let body = Mutex<[UInt8]>([])
    let response = try await stream(request) { bytes in body.withLock { $0 += bytes } }
    return (response, body.withLock { $0 })
  }

  /// The answer's head; its body is handed on as it comes, piece by piece and in order.
  ///
  /// - Parameters:
  ///   - head: called once, before the first piece.
  ///   - piece: takes its time: the server waits meanwhile. What it throws ends the transfer.
  /// - Throws: `HTTPClientError`, or what `head` or `piece` threw.
  public func stream(
    _ request: ClientRequest,
    head: @escaping @Sendable (ClientResponse) throws -> Void = { _ in },
    piece: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> ClientResponse {
    let transfer = Transfer(request, head: head, piece: piece)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        Self.queue.async { continuation.resume(with: Result { try transfer.run() }) }
      }
    } onCancel: {
      transfer.cancel()
    }
  }

  private static let queue = DispatchQueue(label: "chainrule.client", attributes: .concurrent)
}
