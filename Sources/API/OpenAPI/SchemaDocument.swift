import JSON

/// The schema of one kind of document, with all that it refers to, as editors take it: JSON Schema 2020-12.
struct SchemaDocument: Sendable {
  /// Its name in addresses.
  let name: String
  let summary: String
  /// Of the components.
  private let component: String

  static let all = [
    SchemaDocument(name: "model", summary: "A model's spec", component: "ModelSpec"),
    SchemaDocument(name: "run", summary: "What queues a run", component: "RunRequest"),
    SchemaDocument(name: "training", summary: "How a run trains", component: "Training"),
    SchemaDocument(name: "key", summary: "What makes a key", component: "KeyRequest"),
    SchemaDocument(name: "problem", summary: "How errors are told", component: "Problem"),
    SchemaDocument(name: "event", summary: "What happens to a run", component: "Event"),
  ]

  /// By which a document names its schema to editors.
  static let member = Property.maybe(
    "$schema", .string, "Of `/v1/schemas`, for editors; the server passes over it.")

  private static let prefix = "#/components/schemas/"

  /// A document that stands on its own.
  var json: JSON {
    let known = Dictionary(
      uniqueKeysWithValues: Components.schemas.map { ($0.name, $0.schema.json) })
    var definitions = JSONObject()
    var waiting = [component]
    while let next = waiting.popLast() {
      guard definitions[next] == nil, let schema = known[next] else { continue }
      definitions[next] = Self.relocated(schema, &waiting)
    }
    var object = JSONObject([
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("$id", .string("/v1/schemas/\(name)")), ("title", .string(summary)),
    ])
    for (member, value) in definitions[component]?.object?.members ?? [] {
      object[member] = value
    }
    object["$defs"] = .object(definitions)
    return .object(object)
  }

  /// The same with references that lead within the document; what they lead to is noted.
  private static func relocated(_ value: JSON, _ found: inout [String]) -> JSON {
    switch value {
    case .array(let elements):
      return .array(elements.map { relocated($0, &found) })
    case .object(let object):
      return .object(
        JSONObject(
          object.members.map { name, member in
            guard name == "$ref", let text = member.string, text.hasPrefix(prefix) else {
              return (name, relocated(member, &found))
            }
            let target = String(text.dropFirst(prefix.count))
            found.append(target)
            return (name, .string("#/$defs/\(target)"))
          }))
    default: return value
    }
  }
}
