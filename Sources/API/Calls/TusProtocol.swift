import Foundation
import HTTP
import JSON
import Runs
import Store

/// The headers of resumable uploads (tus 1.0.0), and what they may say.
enum TusProtocol {
  static let headers = [("Tus-Resumable", "1.0.0")]

  /// What OPTIONS tells.
  ///
  /// - Parameter limit: the most bytes of an upload.
  static func discovery(limit: Int) -> [(String, String)] {
    headers + [
      ("Tus-Version", "1.0.0"), ("Tus-Max-Size", "\(limit)"),
      ("Tus-Extension", "creation,creation-with-upload,expiration,termination,concatenation"),
    ]
  }

  static let version = HeaderField(
    name: "Tus-Resumable", schema: .string,
    summary: "`1.0.0`, the version of the tus protocol; it may be left out.")
  static let length = HeaderField(
    name: "Upload-Length", schema: .string.with("pattern", "^[0-9]{1,18}$"),
    summary:
      "How many bytes the upload will have; it must be there, but for an upload that is put together of parts."
  )
  static let concat = HeaderField(
    name: "Upload-Concat", schema: .string.with("maxLength", .integer(longestConcat)),
    summary:
      "`partial` for a part that comes beside others, or `final;/v1/uploads/upl_… /v1/uploads/upl_…` to put parts together that are whole, in that order."
  )
  private static let longestConcat = 12_000
  static let requiredOffset = HeaderField(
    name: "Upload-Offset", schema: .string.with("pattern", "^[0-9]{1,18}$"), isRequired: true,
    summary: "Where the piece begins: how many bytes came before.")
  static let metadata = HeaderField(
    name: "Upload-Metadata",
    schema: .string.with("maxLength", .integer(UploadLibrary.longestMetadata)),
    summary:
      "Pairs of a name and a text in Base64, such as `filename dHJhaW4uY3N2`, with commas between.")
  static let reprDigest = HeaderField(
    name: "Repr-Digest", schema: .string,
    summary: "`sha-256=:…:` of the whole upload (RFC 9530); verified when something is made of it.")
  static let offset = (name: "Upload-Offset", summary: "How many bytes have come.")
  static let expiry = (
    name: "Upload-Expires", summary: "When it is deleted unless something comes before."
  )

  /// - Throws: 412 for another version of the protocol.
  static func check(_ call: Call) throws(Problem) {
    guard let asked = call.header(version.name), asked != "1.0.0" else { return }
    throw Problem(
      .preconditionFailed, "Tus-Resumable is \(asked.prefix(20)); this server speaks 1.0.0"
    ).with(header: "Tus-Version", "1.0.0")
  }

  /// What an upload is to others.
  enum Concatenation: Equatable {
    case none, partial
    /// Put together of parts, in their order.
    case final([UploadID])
  }

  /// - Throws: 400 for what is neither `partial` nor `final` with addresses of uploads.
  static func concatenation(_ call: Call) throws(Problem) -> Concatenation {
    guard let text = call.header(concat.name) else { return .none }
    if text == UploadRecord.partial { return .partial }
    let sides = text.split(separator: ";", maxSplits: 1)
    guard text.utf8.count <= longestConcat, sides.count == 2, sides[0] == "final" else {
      throw Problem(
        .badRequest, "Upload-Concat is neither partial nor final;/v1/uploads/upl_… of parts")
    }
    var parts: [UploadID] = []
    for address in sides[1].split(separator: " ") {
      // A client may have whole addresses, of which the server's own part is nothing to hold against it.
      guard let name = address.split(separator: "/").last, let id = UploadID(String(name)) else {
        throw Problem(
          .badRequest, "Upload-Concat names \"\(address.prefix(80))\", which is no upload")
      }
      guard !parts.contains(id) else {
        throw Problem(.badRequest, "Upload-Concat names \(id) twice")
      }
      parts.append(id)
    }
    guard !parts.isEmpty else { throw Problem(.badRequest, "Upload-Concat names no part") }
    return .final(parts)
  }

  /// A count of bytes in a header that must be there.
  ///
  /// - Throws: 400.
  static func count(_ field: HeaderField, _ call: Call) throws(Problem) -> Int {
    guard let text = call.header(field.name) else {
      throw Problem(.badRequest, "the header \(field.name) is missing: \(field.summary)")
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text)
    else {
      throw Problem(.badRequest, "\(field.name) must be a number of bytes, in digits alone")
    }
    return count
  }

  /// What the client says of the upload, as it came.
  ///
  /// - Throws: 400 for what isn't pairs of a name and Base64.
  static func metadata(_ call: Call) throws(Problem) -> String {
    let text = call.header(metadata.name) ?? ""
    guard text.utf8.count <= UploadLibrary.longestMetadata else {
      throw Problem(
        .badRequest, "Upload-Metadata has more than \(UploadLibrary.longestMetadata) bytes")
    }
    guard text.isEmpty || pairs(text) != nil else {
      throw Problem(
        .badRequest,
        "Upload-Metadata must be pairs of a name and a text in Base64, with commas between them")
    }
    return text
  }

  /// The pairs of `Upload-Metadata`; `nil` for a text that isn't such. What is no UTF-8 stays in Base64.
  static func pairs(_ text: String) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    if text.isEmpty { return pairs }
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.trimmingSpaces().split(separator: " ", omittingEmptySubsequences: false)
      guard (1...2).contains(words.count), let name = words.first, !name.isEmpty,
        !pairs.contains(where: { $0.name == name })
      else { return nil }
      let coded = words.count == 2 ? String(words[1]) : ""
      guard let data = Data(base64Encoded: coded) else { return nil }
      pairs.append((String(name), String(validating: data, as: UTF8.self) ?? coded))
    }
    return pairs
  }
}
