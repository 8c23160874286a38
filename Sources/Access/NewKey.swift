import Foundation
import JSON
import Store

/// A key that is asked for, free of faults.
public struct NewKey: Hashable, Sendable {
  public static let longestName = 200
  private static let longestProject = 63

  public var name: String
  public var project = Caller.standardProject
  public var scopes: Set<AccessScope>
  /// Milliseconds since 1970.
  public var expiresAt: Int?
  public var quotas = KeyQuotas()

  public init(name: String, scopes: Set<AccessScope>) {
    self.name = name
    self.scopes = scopes
  }

  /// Decodes a request's body, and finds every fault in it.
  public init(_ json: JSON, now: Date = Date()) throws(Faults) {
    var reader = ObjectReader(json)
    name = Self.name(&reader, isRequired: true) ?? ""
    scopes = Self.scopes(&reader)
    if let project = reader.string("project") {
      self.project = project
      if !Self.isProject(project) {
        reader.fault(
          "project",
          "must have 1 to \(Self.longestProject) lower-case letters, digits and hyphens, and no hyphen first"
        )
      }
    }
    expiresAt = Self.expiry(&reader, now)
    quotas = Self.quotas(&reader) ?? KeyQuotas()
    try reader.finish().check()
  }

  /// Whether a text can name a project.
  public static func isProject(_ text: String) -> Bool {
    (1...longestProject).contains(text.utf8.count) && text.first != "-"
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
      }
  }

  static func name(_ reader: inout ObjectReader, isRequired: Bool) -> String? {
    if isRequired { _ = reader.requiredValue("name") }
    let name = reader.string("name")
    if let name, !(1...longestName).contains(name.count) {
      reader.fault("name", "has \(name.count) characters; 1 to \(longestName) are possible")
    }
    return name
  }

  private static func scopes(_ reader: inout ObjectReader) -> Set<AccessScope> {
    guard reader.requiredValue("scopes") != nil else { return [] }
    let names = reader.strings("scopes", count: 1...AccessScope.allCases.count) ?? []
    var scopes: Set<AccessScope> = []
    for (index, name) in names.enumerated() {
      if let scope = AccessScope(rawValue: name) {
        scopes.insert(scope)
      } else {
        let known = AccessScope.allCases.map(\.rawValue)
        reader.fault(
          "scopes", element: index,
          "unknown scope\(nearest(name, among: known)); there are \(known.joined(separator: ", "))")
      }
    }
    return scopes
  }

  static func expiry(_ reader: inout ObjectReader, _ now: Date) -> Int? {
    let time = reader.time("expires_at")
    if let time, Double(time) <= now.timeIntervalSince1970 * 1000 {
      reader.fault("expires_at", "has passed")
    }
    return time
  }

  static func quotas(_ reader: inout ObjectReader) -> KeyQuotas? {
    guard var part = reader.reader("quotas") else { return nil }
    let quotas = KeyQuotas(&part)
    reader.add(part.finish())
    return quotas
  }
}
