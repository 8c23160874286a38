import Access
import Foundation
import JSON
import Store

/// `chainrule make-key`: a key made in the data folder, for whoever has none that may make others.
enum MakeKey: Command {
  static let name = "make-key"
  static let summary = "Makes an API key in a data folder that no server has open, and prints it."
  static let flags = FlagSet(
    command: name, fields: [DataFlag.field, nameField, projectField, scopesField])

  private static let nameField = Field(
    "name", .described("a name"), default: "made on the command line", "What the key is called.")
  private static let projectField = Field(
    "project", .described("a project"), default: .string(Caller.standardProject),
    "What it sees, and where it makes things.")
  private static let scopesField = Field(
    "scopes", .described("names"), default: "admin",
    "Scopes with commas between: read, write, train, admin.")

  static func run(_ arguments: [String]) async throws {
    let (folder, request) = try flags.read(arguments) { reader in
      func text(_ field: Field) -> String {
        reader.string(field.name) ?? field.defaultValue?.string ?? ""
      }
      let scopes = text(scopesField).split(separator: ",").map { JSON.string(String($0)) }
      let request: JSON = [
        "name": .string(text(nameField)), "project": .string(text(projectField)),
        "scopes": .array(scopes),
      ]
      return (DataFlag.folder(&reader), request)
    }
    let new: NewKey
    do throws(Faults) {
      new = try NewKey(request)
    } catch {
      throw UsageError(error.all.map(\.description).joined(separator: "\n"))
    }
    let ring = try await KeyRing(store: Store(directory: folder))
    print(try await ring.create(new).token.text)
  }
}
