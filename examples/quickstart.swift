// Trains on handwritten digits with Foundation alone: swift examples/quickstart.swift [SERVER]
// The rows must be unpacked first: gzip -dk examples/data/digits.csv.gz
import Foundation
import FoundationNetworking

let server = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "http://127.0.0.1:8080"
let folder = URL(filePath: #filePath).deletingLastPathComponent()

func api(_ method: String, _ path: String, _ body: Data? = nil, type: String = "application/json")
  async throws -> Data
{
  guard let url = URL(string: server + path) else { throw URLError(.badURL) }
  var request = URLRequest(url: url)
  request.httpMethod = method
  request.httpBody = body
  if body != nil { request.setValue(type, forHTTPHeaderField: "Content-Type") }
  if let key = ProcessInfo.processInfo.environment["CHAINRULE_KEY"] {
    request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
  }
  request.timeoutInterval = 600
  let (data, answer) = try await URLSession.shared.data(for: request)
  guard let status = (answer as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) else {
    throw CocoaError(.fileReadUnknown, userInfo: [NSDebugDescriptionErrorKey: String(decoding: data, as: UTF8.self)])
  }
  return data
}

struct Named: Decodable { let id: String }
struct Run: Decodable {
  let id: String
  let state: String
  let metrics: [String: Double?]
}

let rows = try Data(contentsOf: folder.appending(path: "data/digits.csv"))
let options = "format=csv&header=false&target_kind=class&shape=1,8,8"
let made = try await api("POST", "/v1/datasets?\(options)", rows, type: "text/csv")
let dataset = try JSONDecoder().decode(Named.self, from: made).id

var spec = try JSONSerialization.jsonObject(
  with: Data(contentsOf: folder.appending(path: "digits-cnn.json"))) as? [String: Any] ?? [:]
spec["dataset"] = dataset
var training = spec["training"] as? [String: Any] ?? [:]
training["epochs"] = 3
spec["training"] = training
let queued = try await api("POST", "/v1/runs", JSONSerialization.data(withJSONObject: spec))
let id = try JSONDecoder().decode(Named.self, from: queued).id

// Until the run is over; its events tell more, as the other examples show.
var run = try JSONDecoder().decode(Run.self, from: try await api("GET", "/v1/runs/\(id)"))
while !["succeeded", "failed", "cancelled"].contains(run.state) {
  try await Task.sleep(for: .milliseconds(500))
  run = try JSONDecoder().decode(Run.self, from: try await api("GET", "/v1/runs/\(id)"))
}
print("\(run.id) \(run.state), accuracy \((run.metrics["train_accuracy"] ?? nil) ?? 0)")
let weights = try await api("GET", "/v1/runs/\(id)/weights")
try weights.write(to: URL(filePath: "weights.safetensors"))
print("weights.safetensors holds \(weights.count) bytes")
