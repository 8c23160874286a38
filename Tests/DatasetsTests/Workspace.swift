import Foundation
import JSON
import Testing

@testable import Datasets

/// A temporary folder of one test, gone when the test is.
final class Workspace {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("datasets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a file of text.
  func file(_ text: String, name: String = "upload") throws -> URL {
    try file(Array(text.utf8), name: name)
  }

  /// Writes a file of bytes.
  func file(_ bytes: [UInt8], name: String = "upload") throws -> URL {
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file
  }

  /// Imports files into a fresh directory and opens what came of them.
  func imported(
    _ file: URL, targets: URL? = nil, _ query: [String: String] = [:],
    limits: ImportLimits = ImportLimits()
  ) throws -> Dataset {
    let directory = folder.appendingPathComponent("dataset-\(UUID().uuidString)")
    let importer = DatasetImporter(options: try ImportOptions(query: query), limits: limits)
    let parts =
      targets.map {
        [
          DatasetImporter.Part(name: "features", file: file),
          DatasetImporter.Part(name: "targets", file: $0),
        ]
      } ?? [DatasetImporter.Part(file: file)]
    do {
      let description = try importer.run(parts: parts, into: directory)
      let dataset = try Dataset.open(directory: directory)
      // What lies on disk is what was answered.
      #expect(dataset.description == description)
      return dataset
    } catch {
      #expect(
        !FileManager.default.fileExists(atPath: directory.path), "a failure left files behind")
      throw error
    }
  }

  func imported(text: String, _ query: [String: String] = [:]) throws -> Dataset {
    try imported(file(text), query)
  }

  /// The error of an import that must fail.
  func refusal(
    _ file: URL, targets: URL? = nil, _ query: [String: String] = [:],
    limits: ImportLimits = ImportLimits(), sourceLocation: SourceLocation = #_sourceLocation
  ) -> DatasetError? {
    #expect(throws: DatasetError.self, sourceLocation: sourceLocation) {
      try imported(file, targets: targets, query, limits: limits)
    }
  }

  func refusal(
    text: String, _ query: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> DatasetError? {
    refusal(try file(text), query, sourceLocation: sourceLocation)
  }
}

extension Dataset {
  /// What a model sees of every example.
  var allInputs: [Float] {
    let indices = Array(0..<examples)
    return [Float](unsafeUninitializedCapacity: examples * inputShape.count) { buffer, count in
      indices.withUnsafeBufferPointer { indices in
        if let start = buffer.baseAddress { gatherInputs(indices: indices, into: start) }
      }
      count = examples * inputShape.count
    }
  }

  /// Every example's target, as floats or classes.
  func allTargets<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
    var inputs = [Float](repeating: 0, count: examples * inputShape.count)
    return [Element](unsafeUninitializedCapacity: examples * target.shape.count) { buffer, count in
      if let start = buffer.baseAddress {
        inputs.withUnsafeMutableBufferPointer { inputs in
          if let inputs = inputs.baseAddress {
            gather(
              indices: Array(0..<examples), inputs: inputs, targets: UnsafeMutableRawPointer(start))
          }
        }
      }
      count = examples * target.shape.count
    }
  }
}

/// The files that `make_fixtures.py` wrote, and what NumPy and Python read in them.
enum Fixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")
  /// The data that ships with the project.
  static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../examples/data").standardizedFileURL

  static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: file(name))) }

  static let expected: JSON = {
    guard let data = try? Data(contentsOf: file("expected.json")),
      let json = try? JSON(parsing: data)
    else { preconditionFailure("Fixtures/expected.json is missing; run make_fixtures.py") }
    return json
  }()

  /// One array of `expected.json`.
  struct Numbers: Sendable, CustomTestStringConvertible {
    let file: String
    let shape: [Int]
    let values: [Float]
    var testDescription: String { file }

    init(_ json: JSON) {
      file = json["file"]?.string ?? ""
      shape = json["shape"]?.array?.compactMap(\.integer) ?? []
      values = json["values"]?.array?.compactMap(\.double).map { Float($0) } ?? []
    }
  }

  static func arrays(_ name: String) -> [Numbers] {
    (expected[name]?.array ?? []).map(Numbers.init)
  }
}
