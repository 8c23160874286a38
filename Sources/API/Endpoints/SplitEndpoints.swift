import Datasets
import Foundation
import HTTP
import JSON
import Runs
import Store
import Training

/// Splits: which examples of a dataset train, validate and are for the test, kept so that runs compare on the same rows.
enum SplitEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/splits", operationID: "listSplits", tag: .datasets,
      summary: "The splits, newest first", query: [dataset] + Paging.fields,
      answers: [.json(200, "A page of them.", .reference("SplitPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let owner = try call.query[dataset].map { text throws(Problem) in
        guard let id = DatasetID(text) else {
          throw Problem(
            query: Faults([Fault(pointer: "/dataset", detail: "is no dataset's id; give ds_…")]))
        }
        return id
      }
      let splits = try await service.splits.list(
        of: owner, limit: paging.fetch, before: paging.cursor { SplitID($0) })
      return try paging.page(splits, call: call, id: { $0.id.rawValue }) {
        try SplitPresentation.json($0, service)
      }
    },
    Endpoint(
      method: .post, path: "/v1/splits", operationID: "createSplit", tag: .datasets,
      summary: "Say once which examples train, validate and are for the test",
      description: """
        A run names it as `"dataset": { "train": "ds_…", "split": "spl_…" }`, with the `fold` that validates where it has folds; \
        runs that name the same compare on the same rows. Columns are those of the upload, also such as the import ignored. The \
        same request on the same data makes the same parts. A table's scalings are found from a run's training examples alone.
        """,
      headers: [.idempotencyKey],
      body: .json(.reference("SplitRequest"), example: example),
      answers: [.json(201, "The split.", .reference("Split"), headers: [Answer.location])],
      problems: [.conflict]
    ) { service, call in
      let body = try await call.json()
      return try await service.idempotently(call, body: body.bytes) { id in
        guard let id = SplitID(id), let split = try await service.store.splits.get(id) else {
          return nil
        }
        return try created(split, service)
      } _: {
        try created(await service.splits.create(body.json), service)
      }
    },
    Endpoint(
      method: .get, path: "/v1/splits/{id}", operationID: "getSplit", tag: .datasets,
      summary: "One split", headers: [.ifNoneMatch],
      answers: [
        .json(200, "The split.", .reference("Split"), headers: [Answer.etag]), .notModified,
      ], isQuick: true
    ) { service, call in
      let json = try SplitPresentation.json(await service.split(call), service)
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .get, path: "/v1/splits/{id}/parts", operationID: "getSplitParts", tag: .datasets,
      summary: "Which part each example is in, as an array of bytes",
      description:
        "0, 1 and 2 for training, validation and test, or the fold from 0; 255 for none. As `numpy.load` reads it.",
      headers: [.range, .ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "All of them.", content: [(MediaType.npy, .bytes)],
          headers: [Answer.etag]),
        Answer(status: 206, summary: "A range.", content: [(MediaType.npy, .bytes)]),
        .notModified,
      ], problems: [.rangeNotSatisfiable]
    ) { service, call in
      let split = try await service.split(call)
      let dataset = try await service.datasets.record(split.dataset)
      let file = try service.splits.file(of: split, dataset)
      let examples = try service.datasets.open(dataset).examples
      let header = NumpyFile.header(ofBytes: examples)
      return try call.answer(
        Download(
          byteCount: header.count + examples, tag: "split-\(split.id)", mediaType: MediaType.npy,
          name: "\(split.id).npy", source: .read(try bytes(of: file, behind: header))))
    },
    Endpoint(
      method: .delete, path: "/v1/splits/{id}", operationID: "deleteSplit", tag: .datasets,
      summary: "Delete a split that no run needs any more", answers: [.deleted],
      problems: [.conflict]
    ) { service, call in
      try await service.splits.delete(service.split(call))
      return .noContent
    },
  ]

  private static let dataset = Field(
    "dataset", .described("a dataset's id"), "Only those of this dataset.")

  private static func created(_ split: SplitRecord, _ service: Service) throws -> Response {
    .json(
      try SplitPresentation.json(split, service), status: 201,
      headers: [("Location", "/v1/splits/\(split.id)")])
  }

  /// A file's bytes behind others.
  private static func bytes(of file: URL, behind header: [UInt8]) throws -> ReadBytes {
    let handle = try FileHandle(forReadingFrom: file)
    return { offset, count in
      if offset < header.count { return Array(header[offset..<min(header.count, offset + count)]) }
      try handle.seek(toOffset: UInt64(offset - header.count))
      return [UInt8](try handle.read(upToCount: count) ?? Data())
    }
  }

  private static let example: JSON = [
    "name": "by patient", "dataset": "ds_01KB7C8F4H2J9K6M3N5P7Q1R0S", "type": "group",
    "column": "patient", "validation": 0.1, "test": 0.1, "seed": 7,
  ]
}
