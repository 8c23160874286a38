import Datasets
import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

@Suite("Training on embedded and target-encoded categories")
struct CategoryTrainingTests {
  /// Rows whose class is that of their city, of which there are six, and of their number's sign.
  private func dataset(_ encoding: String, cities: Int = 6) throws -> Dataset {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "categories-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var generator = Philox(seed: 5, purpose: "test").generator()
    var text = "x,city,y\n"
    for _ in 0..<400 {
      let city = Int.random(in: 0..<cities, using: &generator)
      let x = Double.random(in: -1...1, using: &generator)
      text += "\(x),c\(city),\((city % 2 == 0) == (x > 0) ? "yes" : "no")\n"
    }
    let file = folder.appending(path: "upload")
    try Data(text.utf8).write(to: file)
    let importer = DatasetImporter(options: try ImportOptions(query: ["categories": encoding]))
    let directory = folder.appending(path: "dataset")
    _ = try importer.run(parts: [.init(file: file)], into: directory)
    return try Dataset.open(directory: directory)
  }

  private func model(_ first: [JSON]) throws -> Model {
    try Model(
      ModelSpec([
        "input": ["shape": [2]],
        "layers": .array(
          first + [
            ["type": "dense", "units": 16, "activation": "tanh"], ["type": "dense", "units": 2],
          ]),
      ]))
  }

  private func embedding(_ columns: JSON) -> JSON {
    ["type": "column_embedding", "columns": columns]
  }

  private func configuration(_ more: [(String, JSON)] = []) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      .object(
        JSONObject(
          [
            ("epochs", 40), ("batch_size", 20), ("loss", "cross_entropy"),
            ("metrics", ["accuracy"]), ("validation", ["fraction": 0.2]),
            ("optimizer", ["type": "adam", "learning_rate": 0.02]),
          ] + more)))
  }

  private func accuracy(_ data: TrainingData, _ model: Model) throws -> Double? {
    let trainer = try Trainer(model: model, data: data, configuration: configuration())
    let observer = RecordingObserver()
    _ = try trainer.run(observer: observer)
    return observer.evaluations.last?.result.accuracy
  }

  @Test("a model learns vectors of categories, which it couldn't tell apart by their numbers")
  func learns() throws {
    let dataset = try dataset("embed")
    #expect(dataset.description.categories == [.init(name: "city", place: 1, values: 6)])
    let columns = JSON.array(dataset.description.categories.map(\.json))
    let model = try model([embedding(columns)])
    #expect(model.layers[0].outputShape == [4])
    #expect(model.parameters[0].name == "column_embedding_0.columns.0.weight")
    let data = TrainingData(training: dataset)
    #expect(try data.faults(model: model, configuration: configuration()).isEmpty)
    let found = try #require(try accuracy(data, model))
    #expect(found > 0.9)
  }

  @Test("a model without vectors for them is refused, with the layer that it lacks")
  func refused() throws {
    let data = TrainingData(training: try dataset("embed"))
    func detail(_ model: Model, _ more: [(String, JSON)] = []) throws -> String {
      let faults = try data.faults(model: model, configuration: configuration(more))
      return faults.all.map(\.detail).joined()
    }
    #expect(
      try detail(model([])).contains(
        #""columns":[{"column":"city","place":1,"values":6,"dimensions":3}]"#))
    #expect(
      try detail(model([embedding([["place": 1, "values": 5]])])).contains("vectors for 5"))
    #expect(try detail(model([embedding([["place": 0, "values": 6]])])).contains("city"))
    #expect(try detail(model([embedding([["place": 1, "values": 9]])])).isEmpty)
    let mixed = try model([embedding([["place": 1, "values": 6]])])
    #expect(try detail(mixed, [("augment", [["type": "mixup"]])]).contains("can't be mixed"))
  }

  @Test("what the document says wrongly of columns is told with its place")
  func spec() throws {
    func faults(_ columns: JSON) -> [Fault] {
      do {
        _ = try model([embedding(columns)])
        return []
      } catch let faults as Faults {
        return faults.all
      } catch {
        return []
      }
    }
    #expect(faults([]).first?.pointer == "/layers/0/columns")
    #expect(faults([["place": 2, "values": 3]]).first?.pointer == "/layers/0/columns")
    #expect(faults([["place": 1]]).first?.pointer == "/layers/0/columns/0/values")
    #expect(faults([["place": 1, "values": 0]]).first?.pointer == "/layers/0/columns/0/values")
    #expect(
      faults([["place": 1, "values": 2, "size": 3]]).first?.pointer == "/layers/0/columns/0/size")
    let twice = faults([["place": 1, "values": 2], ["place": 1, "values": 2]])
    #expect(twice.first?.detail.contains("twice") == true)
  }

  @Test("gradients agree with central differences")
  func gradients() throws {
    let model = try model([embedding([["place": 0, "values": 3], ["place": 1, "values": 4]])])
    let loss = try LossCatalog.decode("cross_entropy", pointer: "")
    let report = try #require(
      try ModelGradientCheck(
        model: model, configuration: GradientCheckConfiguration(loss: loss, seed: 3), examples: nil
      ).run())
    #expect(report.passed, "\(report.json)")
  }

  @Test(
    "an example that trains is told of its category by others, one that validates by all that train"
  )
  func crossFitted() throws {
    let dataset = try dataset("target", cities: 60)
    let configuration = try configuration()
    let model = try model([])
    let data = TrainingData(training: dataset)
    let trained = try #require(data.trained(configuration, model: model))
    let fitted = try dataset.adapted(to: dataset.fitted(to: trained))
    let crossed = try #require(
      TrainingData(training: fitted).crossFitted(configuration, model: model).training as? Dataset)
    func cities(_ dataset: Dataset) -> [Float] {
      (0..<dataset.examples).map { example in
        var row: [Float] = [0, 0]
        row.withUnsafeMutableBufferPointer { row in
          withUnsafePointer(to: example) {
            dataset.gatherInputs(
              indices: UnsafeBufferPointer(start: $0, count: 1), into: row.baseAddress!)
          }
        }
        return row[1]
      }
    }
    let (plain, others) = (cities(fitted), cities(crossed))
    let changed = plain.indices.filter { plain[$0] != others[$0] }
    #expect(changed.count > trained.count / 2)
    #expect(changed.allSatisfy { trained.contains($0) })
  }
}
