import Datasets
import Foundation
import JSON
import NeuralNetworks
import Runs

@testable import API
@testable import HTTP

/// What takes bytes from strangers, each with what must hold of any bytes.
///
/// `scripts/fuzz` searches for bytes of which it doesn't; `CorpusTests` repeats those that were worth keeping. Something that
/// doesn't hold ends the process.
enum FuzzTarget: String, CaseIterable {
  case json, spec, router, multipart, ranges, headers
  case csv, jsonl, libsvm, npy, npz, idx, safetensors, pictures, cifar, schema
  case arrow, split, series, tables

  func run(_ bytes: [UInt8]) {
    switch self {
    case .json: Self.json(bytes)
    case .spec: Self.spec(bytes)
    case .router: Self.router(bytes)
    case .multipart: Self.multipart(bytes)
    case .ranges: Self.ranges(bytes)
    case .headers: Self.headers(bytes)
    case .csv: Self.dataset(bytes, ["format": "csv", "missing": "mean"])
    case .jsonl: Self.dataset(bytes, ["format": "jsonl", "missing": "indicator"])
    case .libsvm: Self.dataset(bytes, ["format": "libsvm", "target": "label"])
    case .npy: Self.dataset(bytes, ["format": "npy"], parts: ["features", "targets"])
    case .npz: Self.dataset(bytes, ["format": "npz"])
    case .idx: Self.dataset(bytes, ["format": "idx"], parts: ["features", "targets"])
    case .safetensors: Self.dataset(bytes, ["format": "safetensors"])
    case .pictures: Self.dataset(bytes, ["format": "image_zip", "shape": "3,4,4"])
    case .cifar: Self.dataset(bytes, ["format": "cifar"])
    case .arrow: Self.dataset(bytes, ["format": "arrow", "missing": "mean"])
    case .split: Self.split(bytes)
    case .tables: Self.table(bytes)
    case .series: Self.dataset(bytes, ["format": "ts", "missing": "mean", "padding": "-9"])
    case .schema:
      _ = try? ImportOptions(query: ["schema": String(decoding: bytes, as: UTF8.self)])
    }
  }

  /// An upload becomes a dataset that can be opened and says the same of itself, or nothing is left of it.
  ///
  /// - Parameter parts: names under which the same bytes are sent several times.
  private static func dataset(_ bytes: [UInt8], _ query: [String: String], parts: [String?] = [nil])
  {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(ProcessInfo.processInfo.globallyUniqueString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let file = folder.appending(path: "upload")
      try Data(bytes).write(to: file)
      var limits = ImportLimits()
      limits.decodedBytes = 16 << 20
      limits.freeExpansionBytes = 16 << 20
      let importer = DatasetImporter(options: try ImportOptions(query: query), limits: limits)
      let directory = folder.appending(path: "dataset")
      do throws(DatasetError) {
        let description = try importer.run(
          parts: parts.map { .init(name: $0, file: file) }, into: directory)
        let dataset = try Dataset.open(directory: directory)
        precondition(dataset.description == description, "it reads back otherwise")
        precondition(dataset.description.contradiction == nil)
        _ = dataset.preview(rows: 3)
        Self.use(dataset)
      } catch {
        precondition(
          !FileManager.default.fileExists(atPath: directory.path), "a refusal left files: \(error)")
        precondition(error.code != .storage, "\(error)")
      }
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Everything that a run does with a dataset before it trains.
  private static func use(_ dataset: Dataset) {
    guard dataset.examples <= 4_096, dataset.inputShape.count <= 4_096 else { return }
    let split = dataset.split(validationFraction: 0.4, seed: 1)
    precondition(!split.validation.contains { split.training.contains($0) })
    let fitted = dataset.fitted(to: split.training)
    precondition(fitted.contradiction == nil)
    precondition(fitted.isSameData(as: dataset.description))
    guard let adapted = try? dataset.adapted(to: fitted) else {
      preconditionFailure("it isn't like itself")
    }
    let used = adapted.crossFitted(to: split.training)
    let inputs = UnsafeMutablePointer<Float>.allocate(capacity: max(1, used.inputShape.count))
    let targets = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, used.target.shape.count))
    defer {
      inputs.deallocate()
      targets.deallocate()
    }
    for example in 0..<used.examples {
      used.gather(indices: [example], inputs: inputs, targets: targets)
    }
  }

  /// The first bytes say how the table behind them is read.
  private static func table(_ bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let (first, second) = (bytes[0], bytes[1])
    var query = [
      "format": "csv",
      "missing": ["mean", "median", "most_frequent", "indicator"][Int(first & 3)],
      "categories": ["one_hot", "ordinal", "hash", "embed", "target"][Int(first >> 2) % 5],
      "outliers": first & 64 == 0 ? "keep" : "clip",
      "scale": first & 128 == 0 ? "standard" : "log",
    ]
    if second & 1 != 0 {
      query["window"] = "\(1 + Int(second >> 1 & 3))"
      if second & 8 != 0 { query["entity"] = "1" }
      if second & 16 != 0 { query["steps"] = "2" }
      if second & 32 != 0 { query["every_row"] = "true" }
      if second & 64 != 0 { query["padding"] = "-9" }
    }
    guard (try? ImportOptions(query: query)) != nil else { return }
    dataset(Array(bytes.dropFirst(2)), query)
  }

  private static let table =
    "a,b,y\n" + (0..<12).map { "\($0),\($0 % 3 == 0 ? "x" : "y"),\($0 % 2)\n" }.joined()

  /// A recipe that is taken reads back the same, and shares each example out once, or says why it can't.
  private static func split(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes), let recipe = try? SplitRecipe(json) else { return }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(ProcessInfo.processInfo.globallyUniqueString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let again = try SplitRecipe(JSON(parsing: "\(recipe.json)"))
      precondition(again.key == recipe.key, "it reads back otherwise")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let file = folder.appending(path: "upload")
      try Data(table.utf8).write(to: file)
      let directory = folder.appending(path: "dataset")
      _ = try DatasetImporter(options: ImportOptions()).run(
        parts: [.init(file: file)], into: directory)
      let dataset = try Dataset.open(directory: directory)
      do throws(DatasetError) {
        let parts = try recipe.parts(of: SplitSource(dataset, upload: file))
        precondition(parts.counts.reduce(0, +) + parts.leftOut == dataset.examples)
        for fold in parts.validatingFolds ?? 0...0 {
          let roles = parts.roles(fold: fold)
          precondition(!roles.training.isEmpty && !roles.validation.isEmpty)
          precondition(!roles.validation.contains { roles.training.contains($0) })
        }
      } catch {
        precondition(error.code != .storage, "\(error)")
      }
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// A document that is taken is JSON to others too, and is the same when it is written and read again.
  private static func json(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes) else { return }
    let written = json.encoded()
    guard let again = try? JSON(parsing: written) else {
      preconditionFailure(
        "what was written can't be read: \(String(decoding: written, as: UTF8.self))")
    }
    precondition(again == json, "what was read differs from what was written")
    let foundation = try? JSONSerialization.jsonObject(
      with: Data(bytes), options: [.fragmentsAllowed])
    precondition(foundation != nil, "Foundation takes it for no JSON")
  }

  /// A spec that makes a model makes the same one when it is written out; a run's document is read or refused.
  private static func spec(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes) else { return }
    _ = try? RunRequest(json)
    guard let model = try? Model(ModelSpec(json)) else { return }
    let written = model.spec.json
    do {
      let again = try Model(ModelSpec(written))
      precondition(again.spec.json == written, "the spec changes when it is written out")
      precondition(again.parameterCount == model.parameterCount)
    } catch {
      preconditionFailure("the spec that was written out is refused: \(error)")
    }
  }

  private static let routes: Router = {
    var router = Router { _, _ in Response(status: 404) }
    for endpoint in EndpointTable.all {
      router.add(
        endpoint.method.rawValue.uppercased(), endpoint.path, isQuick: endpoint.isQuick
      ) { _, _ in Response(status: 200) }
    }
    return router
  }()

  /// A line of a request: method, space, target. Segments that are escaped again are the same.
  private static func router(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let target = try? RequestTarget(String(parts[1])) else { return }
    let path = target.segments.map { "/" + percentEncoded($0) }.joined()
    let again = try? RequestTarget(path.isEmpty ? "/" : path)
    precondition(again?.segments == target.segments, "\(path) isn't \(target.segments)")
    for item in target.query.items {
      let query = "/?\(percentEncoded(item.name))=\(percentEncoded(item.value))"
      let found = try? RequestTarget(query).query.items.first
      precondition(found?.value == item.value && found?.name == item.name)
    }
    let request = Request(
      method: String(parts[0]), rawPath: target.rawPath, segments: target.segments,
      query: target.query, headers: Headers(), requestID: "fuzz", client: "fuzz", isSecure: false,
      body: RequestBody(source: nil, announcedLength: nil))
    _ = routes.isQuick(request)
    for endpoint in EndpointTable.all {
      guard let query = try? Query(target.query.items, fields: endpoint.query) else { continue }
      _ = try? Paging(query)
    }
  }

  /// Wherever a body is cut, its parts are the same.
  private static func multipart(_ bytes: [UInt8]) {
    guard let size = bytes.first.map({ Int($0) + 1 }) else { return }
    let body = Array(bytes.dropFirst())
    let whole = parts(of: [body])
    let pieces = stride(from: 0, to: body.count, by: size).map {
      Array(body[$0..<min($0 + size, body.count)])
    }
    precondition(parts(of: pieces) == whole, "pieces of \(size) bytes make other parts")
  }

  private struct Part: Equatable {
    var name: String
    var bytes: [UInt8] = []
    var isWhole = false
  }

  /// - Returns: the parts, and whether the body is as it should be; `nil` when it isn't.
  private static func parts(of pieces: [[UInt8]]) -> [Part]? {
    guard var parser = try? MultipartParser(contentType: "multipart/form-data; boundary=b") else {
      preconditionFailure("the boundary is refused")
    }
    var parts: [Part] = []
    do {
      for piece in pieces {
        for event in try parser.feed(piece) {
          switch event {
          case .part(let name): parts.append(Part(name: name))
          case .bytes(let bytes): parts[parts.count - 1].bytes += bytes
          case .end: parts[parts.count - 1].isWhole = true
          }
        }
      }
      try parser.finish()
    } catch {
      return nil
    }
    precondition(parts.allSatisfy(\.isWhole))
    return parts
  }

  /// The ranges of a download lie in it, in order, and share no byte.
  private static func ranges(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for byteCount in [0, 1, 10, 1 << 40] {
      guard case .parts(let parts) = ByteRanges.wish("bytes=" + text, byteCount: byteCount) else {
        continue
      }
      precondition(!parts.isEmpty && parts.count <= ByteRanges.most)
      for (index, part) in parts.enumerated() {
        precondition(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= byteCount)
        for other in parts[..<index] { precondition(!other.overlaps(part)) }
      }
    }
    _ = ByteRanges.wish(text, byteCount: 10)
  }

  /// Headers that are lists of their own grammar; each line is one.
  private static func headers(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    for line in lines.prefix(16) {
      _ = Accept(line).best(of: [MediaType.json, MediaType.csv, MediaType.npy])
      _ = AcceptEncoding(line)
      _ = try? WaitCondition(line)
      _ = EntityTag.match("\"x\"", in: line)
      _ = TusProtocol.pairs(line)
      _ = try? MultipartParser(contentType: line)
    }
    let headers = Headers(
      lines.prefix(16).map { line in
        let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(sides[0]), sides.count > 1 ? String(sides[1]) : "")
      })
    _ = try? HeaderValidator.check(version: "HTTP/1.1", headers: headers)
  }
}
