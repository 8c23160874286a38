import JSON

/// The query of a request, read through the fields that its endpoint declares.
struct Query: Sendable {
  private let object: JSONObject
  /// The parameters as they were given, for what reads them itself.
  let texts: [String: String]

  /// - Throws: `Problem` that names every parameter the endpoint doesn't know and every one given twice.
  init(_ items: [(name: String, value: String)], fields: [Field]) throws(Problem) {
    var object = JSONObject()
    var texts: [String: String] = [:]
    var faults = Faults()
    let known = fields.map(\.name)
    for (name, value) in items {
      let pointer = "/" + escapedPointerToken(name)
      guard let field = fields.first(where: { $0.name == name }) else {
        let list =
          known.isEmpty ? "; there are none here" : "; known here: \(known.joined(separator: ", "))"
        faults.add(pointer, "unknown query parameter\(nearest(name, among: known))\(list)")
        continue
      }
      if texts[name] != nil { faults.add(pointer, "is given twice") }
      texts[name] = value
      object[name] = field.value(of: value)
    }
    if !faults.isEmpty { throw Problem(query: faults) }
    self.object = object
    self.texts = texts
  }

  /// Reads what the closure asks for, and throws every fault it found.
  func read<Result>(_ body: (inout ObjectReader) -> Result) throws(Problem) -> Result {
    var reader = ObjectReader(.object(object))
    for name in object.names { _ = reader.value(name) }
    let result = body(&reader)
    let faults = reader.finish()
    if !faults.isEmpty { throw Problem(query: faults) }
    return result
  }

  subscript(field: Field) -> String? { texts[field.name] }
}

extension Field {
  /// A text of the command line or of a query as the JSON value it stands for.
  ///
  /// A text that isn't one stays a string, so that reading it names the fault.
  public func value(of text: String) -> JSON {
    switch content {
    case .boolean:
      switch text {
      case "true", "1", "": true
      case "false", "0": false
      default: .string(text)
      }
    case .integer: Int(text).map(JSON.integer) ?? .string(text)
    case .number: Double(text).map(JSON.number) ?? .string(text)
    case .choice, .described: .string(text)
    }
  }
}
