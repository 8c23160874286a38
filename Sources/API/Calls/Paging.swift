import HTTP
import JSON

/// A page of a list: how many rows, and after which one.
struct Paging: Sendable {
  static let limit = Field(
    "limit", .integer(1...200), default: 50, "How many at most.")
  static let cursor = Field(
    "cursor", .described("a cursor"), "The `next_cursor` of the page before.")
  static let fields = [limit, cursor]

  let limit: Int
  private let text: String?

  init(_ query: Query) throws(Problem) {
    (limit, text) = try query.read { reader in
      (reader.integer(Paging.limit), reader.string(Paging.cursor.name))
    }
  }

  /// One row more than the page holds tells whether there is a next page.
  var fetch: Int { limit + 1 }

  /// The identifier of the last row of the page before; a cursor is that identifier.
  ///
  /// - Throws: `Problem` for a text that no page gave out.
  func cursor<Identifier>(_ make: (String) -> Identifier?) throws(Problem) -> Identifier? {
    guard let text else { return nil }
    guard let identifier = make(text) else {
      throw Problem(
        query: Faults([Fault(pointer: "/cursor", detail: "is not a cursor of this list")]))
    }
    return identifier
  }

  /// The answer with a page of records, of which one more was fetched than the page holds.
  func page<Record>(
    _ records: [Record], call: Call, id: (Record) -> String,
    _ json: (Record) throws -> JSON
  ) rethrows -> Response {
    let shown = records.prefix(limit)
    let next = records.count > limit ? shown.last.map(id) : nil
    return page(try shown.map(json), call: call, next: next)
  }

  /// The answer with a page of rows.
  ///
  /// - Parameter next: the cursor of the next page; `nil` on the last.
  func page(_ rows: [JSON], call: Call, next: String?) -> Response {
    var object = JSONObject([("data", .array(rows))])
    object["next_cursor"] = next.map(JSON.string) ?? .null
    let response = Response.json(.object(object), cache: .never)
    guard let next else { return response }
    var items = call.query.texts.filter { $0.key != Paging.cursor.name }.sorted { $0.key < $1.key }
      .map { (name: $0.key, value: $0.value) }
    items.append((Paging.cursor.name, next))
    let query = items.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
    return response.with(header: "Link", "<\(call.endpoint.path)?\(query)>; rel=\"next\"")
  }
}

/// A text as it may stand in a query: all but unreserved characters (RFC 3986) as `%XX`.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF")
  var encoded = ""
  for byte in text.utf8 {
    let scalar = Unicode.Scalar(byte)
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": encoded.unicodeScalars.append(scalar)
    default:
      encoded.append("%")
      encoded.append(digits[Int(byte >> 4)])
      encoded.append(digits[Int(byte & 15)])
    }
  }
  return encoded
}
