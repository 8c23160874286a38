import Datasets
import JSON
import NeuralNetworks
import Store
import Training

/// Whether an archived run can be read as the server reads its own: the request, the data, histograms, the model.
struct ArchivedRunReading {
  private let archived: ArchivedRun

  init(_ archived: ArchivedRun) { self.archived = archived }

  /// - Throws: `ArchiveError` that names the first fault.
  func check() throws {
    let run = archived.run
    var model: Model?
    try reading("request") {
      let request = try RunRequest(JSON(parsing: run.request))
      model = try request.inlineModel()
      let named = request.datasets
      guard named.train == run.datasets.train, named.validation == run.datasets.validation,
        named.test == run.datasets.test
      else { throw ArchiveError("it names other datasets than the run's row") }
    }
    if let model { try reading("data") { try check(dataOf: model) } }
    try reading("tags") {
      var reader = ObjectReader(["tags": try JSON(parsing: run.tags)])
      _ = RunRequest.tags(&reader)
      try reader.finish().check()
    }
    if let model = archived.model {
      try reading("model") { _ = try Model(ModelSpec(JSON(parsing: model.spec))) }
    }
    try archived.forEachHistogram { bytes in
      guard let histogram = ValueHistogram(encoded: bytes), histogram.isSound else {
        throw ArchiveError("a histogram of run \(run.id) can't be read")
      }
    }
  }

  /// Predictions encode what clients send by this description, also where the dataset itself isn't in the archive.
  private func check(dataOf model: Model) throws {
    let data = try DatasetDescription(JSON(parsing: archived.run.data))
    if let fault = data.contradiction { throw ArchiveError(fault) }
    guard data.graph == nil else { return }
    let (made, taken) = (data.namedInputs.map(\.input.shape.count), model.inputs.map(\.shape.count))
    guard made.sorted() == taken.sorted() else {
      throw ArchiveError("its inputs have \(made) numbers, those of the model \(taken)")
    }
  }

  /// Whether what the run knew of its training data is what a dataset made anew is.
  func check(_ record: DatasetRecord, as archived: ArchivedRun.Upload) throws {
    let run = self.archived.run
    guard record.id == run.datasets.train, record.content == archived.record.content else { return }
    let made = try DatasetDescription(JSON(parsing: record.description))
    let known = try DatasetDescription(JSON(parsing: run.data))
    guard known.isSameData(as: made) else {
      throw ArchiveError("run \(run.id) trained on other data than dataset \(record.id) holds")
    }
  }

  private func reading(_ what: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      throw ArchiveError("the \(what) of run \(archived.run.id) can't be read: \(error)")
    }
  }
}

extension ValueHistogram {
  /// More elements than any tensor has, and few enough to add up many.
  private static let mostElements = 1 << 40

  /// Whether its counts go together, and its figures are numbers in their order.
  var isSound: Bool {
    let counts =
      buckets.map(\.count) + [
        zeroCount, positiveUnderflowCount, negativeUnderflowCount, positiveOverflowCount,
        negativeOverflowCount, nanCount, positiveInfinityCount, negativeInfinityCount,
      ]
    guard counts.allSatisfy({ (0...Self.mostElements).contains($0) }), count <= Self.mostElements,
      counts.reduce(0, +) == count
    else { return false }
    return [minimum, maximum, sum, sumOfSquares].allSatisfy(\.isFinite) && minimum <= maximum
      && zip(buckets, buckets.dropFirst()).allSatisfy { $0.index < $1.index }
  }
}
