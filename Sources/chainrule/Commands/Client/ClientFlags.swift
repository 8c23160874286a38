import Client
import Foundation
import JSON

/// The flags of every sub-command that asks a server.
struct ClientFlags: Sendable {
  let client: APIClient
  /// What the server answers, as it is, rather than tables.
  let isJSON: Bool

  static let fields = [serverField, keyField, certificatesField, jsonField]

  /// Of sub-commands that list the newest of something.
  static let limit = Field("limit", .integer(1...200), default: 20, "How many at most.")

  private static let serverField = Field(
    "server", .described("a URL"), default: .string(ServerAddress.standard.text),
    "Where the server is; unix:/path for a socket.")
  private static let keyField = Field(
    "key_file", .described("a file"),
    "Holds the API key; the environment's CHAINRULE_KEY is one too. A flag's value would be seen by others."
  )
  private static let certificatesField = Field(
    "ca_file", .described("a file"), "Certificates to trust in place of the system's, as PEM.")
  private static let jsonField = Field(
    "json", .boolean, default: false, "Prints what the server answers, as JSON.")

  init(_ reader: inout ObjectReader) {
    var address = ServerAddress.standard
    if let text = reader.string(Self.serverField.name) {
      if let given = ServerAddress(text) {
        address = given
      } else {
        reader.fault(
          Self.serverField.name,
          "\"\(text)\" is neither a URL such as http://host:8080 nor unix:/path")
      }
    }
    var key = ProcessInfo.processInfo.environment["CHAINRULE_KEY"]
    if let file = reader.string(Self.keyField.name) {
      key = try? String(contentsOfFile: file, encoding: .utf8)
      if key == nil { reader.fault(Self.keyField.name, "\(file) can't be read") }
    }
    let certificates = reader.string(Self.certificatesField.name)
    isJSON = reader.bool(Self.jsonField)
    client = APIClient(
      address, key: key?.trimmingCharacters(in: .whitespacesAndNewlines),
      certificates: certificates)
  }

  /// The address of what a word means: a sweep by its id, else a run.
  func address(_ word: String) async throws -> String {
    if word.hasPrefix("swp_") { return "/v1/sweeps/\(try await sweep(word))" }
    return "/v1/runs/\(try await run(word))"
  }

  /// The id of the sweep that a word means: its own, the beginning of one alone, or `latest`.
  func sweep(_ word: String) async throws -> String {
    try await id(word, of: "sweep", in: "/v1/sweeps")
  }

  /// The id of the dataset that a word means, likewise.
  func dataset(_ word: String) async throws -> String {
    try await id(word, of: "dataset", in: "/v1/datasets")
  }

  /// The id of the run that a word means: its own, the beginning of one alone, or `latest`.
  func run(_ word: String) async throws -> String {
    try await id(word, of: "run", in: "/v1/runs")
  }

  private func unprefixed(_ id: String) -> Substring {
    id.split(separator: "_", maxSplits: 1).last ?? id[...]
  }

  private func id(_ word: String, of kind: String, in list: String) async throws -> String {
    // A kind of two or three letters, and 26 more.
    if word.contains("_"), unprefixed(word).count == 26 { return word }
    let page = try await client.json("GET", "\(list)?limit=200")
    let ids = page["data"]?.array?.compactMap { $0["id"]?.string } ?? []
    if word == "latest" {
      guard let newest = ids.first else { throw CommandFailure("there are no \(kind)s yet") }
      return newest
    }
    let matching = ids.filter { $0.hasPrefix(word) || unprefixed($0).hasPrefix(word) }
    guard matching.count == 1 else {
      throw CommandFailure(
        matching.isEmpty
          ? "no \(kind)'s id begins with \(word); chainrule \(kind)s lists them"
          : "\(matching.count) \(kind)s' ids begin with \(word)")
    }
    return matching[0]
  }
}
