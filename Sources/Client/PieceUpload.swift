import Digests
import Foundation
import HTTPClient
import JSON

/// A file that is sent in pieces, each of which the server has on its disk when it answers (tus 1.0.0).
///
/// Each piece has its digest (RFC 9530). When the line breaks or the server restarts, it goes on after the last piece that came.
public struct PieceUpload: Sendable {
  /// Bytes of a piece, unless told otherwise, and of a file that is better sent in pieces.
  public static let standardPiece = 8 << 20
  public static let largeFile = 64 << 20

  /// How far an upload is, in bytes.
  public struct Progress: Sendable {
    public let sent: Int
    public let total: Int
  }

  private let client: APIClient
  private let file: URL
  private let pieceBytes: Int

  public init(_ client: APIClient, file: URL, pieceBytes: Int = standardPiece) {
    self.client = client
    self.file = file
    self.pieceBytes = pieceBytes
  }

  /// Announces the file.
  ///
  /// - Returns: the upload's id, by which it is gone on with.
  public func begin() async throws -> String {
    let name = Data(file.lastPathComponent.utf8).base64EncodedString()
    let (_, body) = try await client.answer(
      "POST", "/v1/uploads",
      headers: [("Upload-Length", "\(try size)"), ("Upload-Metadata", "filename \(name)")])
    guard let id = try? JSON(parsing: body)["id"]?.string else {
      throw APIFailure(message: "\(client.server.text) began no upload")
    }
    return id
  }

  /// Sends what isn't there yet of an upload that was begun.
  ///
  /// - Throws: `APIFailure` when there is no such upload, when it is of a file of another size, or when the server stays away.
  public func send(
    to upload: String, _ told: @Sendable (Progress) -> Void = { _ in }
  ) async throws {
    let total = try size
    let handle = try opened()
    defer { try? handle.close() }
    var patience = Patience()
    var offset = try await offset(of: upload, total: total)
    told(Progress(sent: offset, total: total))
    while offset < total {
      do {
        offset = try await sendPiece(of: handle, from: offset, to: upload)
        patience.end()
      } catch let failure as APIFailure {
        // 409 while the server hasn't noticed yet that the line of the piece before broke.
        try await patience.wait(after: failure, orOn: 409)
        // What came of the piece is known to the server alone; it may be away still.
        if let there = try? await self.offset(of: upload, total: total) { offset = there }
      }
      told(Progress(sent: offset, total: total))
    }
  }

  private func offset(of upload: String, total: Int) async throws -> Int {
    let response = try await client.answer("HEAD", "/v1/uploads/\(upload)").response
    guard let offset = response.header("Upload-Offset").flatMap({ Int($0) }),
      let length = response.header("Upload-Length").flatMap({ Int($0) })
    else { throw APIFailure(message: "\(client.server.text) doesn't say how far \(upload) is") }
    guard length == total else {
      throw APIFailure(
        message: "\(upload) is of a file of \(length) bytes; \(file.path) has \(total)")
    }
    return offset
  }

  private func sendPiece(
    of handle: FileHandle, from offset: Int, to upload: String
  ) async throws -> Int {
    try handle.seek(toOffset: UInt64(offset))
    guard let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty else {
      throw APIFailure(message: "\(file.path) has become shorter")
    }
    let digest = Data(SHA256.digest(of: piece).bytes).base64EncodedString()
    let response = try await client.answer(
      "PATCH", "/v1/uploads/\(upload)",
      headers: [
        ("Content-Type", "application/offset+octet-stream"), ("Upload-Offset", "\(offset)"),
        ("Content-Digest", "sha-256=:\(digest):"),
      ], body: .bytes([UInt8](piece)), seconds: nil
    ).response
    guard let next = response.header("Upload-Offset").flatMap({ Int($0) }), next > offset else {
      throw APIFailure(message: "\(client.server.text) took nothing of a piece")
    }
    return next
  }

  private var size: Int {
    get throws {
      let handle = try opened()
      defer { try? handle.close() }
      return Int(try handle.seekToEnd())
    }
  }

  private func opened() throws -> FileHandle {
    do {
      return try FileHandle(forReadingFrom: file)
    } catch {
      throw APIFailure(message: "\(file.path) can't be read: \(error.localizedDescription)")
    }
  }
}
