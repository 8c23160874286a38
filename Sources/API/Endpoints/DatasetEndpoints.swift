import Datasets
import Digests
import HTTP
import JSON
import Runs
import Store

/// Data to train on.
enum DatasetEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/datasets", operationID: "listDatasets", tag: .datasets,
      summary: "The datasets, newest first", query: Paging.fields,
      answers: [.json(200, "A page of them.", .reference("DatasetPage"), headers: [Answer.link])]
    ) { service, call in
      let paging = try Paging(call.query)
      let rows = try await service.datasets.list(
        limit: paging.fetch, before: paging.cursor { DatasetID($0) })
      return try paging.page(rows, call: call, id: { $0.id.rawValue }) {
        try DatasetPresentation.json($0)
      }
    },
    creating(
      method: .post, operationID: "createDataset", summary: "Upload a dataset",
      """
      The file is the body, as `curl --data-binary` sends it; formats of several files \
      come as `multipart/form-data` with one part an array (`features`, `targets`, and for a graph \
      `edges` and more, see docs/graphs.md). The body \
      streams to disk. It is decoded before the answer, so that what is wrong with it is told \
      now, with row and column.
      """),
    creating(
      method: .put, operationID: "putDataset", summary: "Upload a dataset as `curl -T` does",
      "The same as POST: `curl -T` sends its file with PUT."),
    Endpoint(
      method: .get, path: "/v1/datasets/{id}", operationID: "getDataset", tag: .datasets,
      summary: "One dataset", headers: [.ifNoneMatch],
      answers: [
        .json(200, "The dataset.", .reference("Dataset"), headers: [Answer.etag]), .notModified,
      ],
      isQuick: true
    ) { service, call in
      let json = try DatasetPresentation.json(await service.dataset(call))
      return call.tagged(json.encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .delete, path: "/v1/datasets/{id}", operationID: "deleteDataset", tag: .datasets,
      summary: "Delete a dataset that no run needs any more", headers: [.ifMatch],
      answers: [.deleted],
      problems: [.conflict]
    ) { service, call in
      let dataset = try await service.dataset(call)
      try call.check(EntityTag.of(DatasetPresentation.json(dataset).encoded()))
      try await service.datasets.delete(dataset.id)
      return .noContent
    },
    Endpoint(
      method: .get, path: "/v1/datasets/{id}/content", operationID: "getDatasetContent",
      tag: .datasets, summary: "The bytes that were uploaded",
      query: [part], headers: [.range, .ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "All of them.", content: [(MediaType.bytes, .bytes)],
          headers: [Answer.etag]),
        Answer(status: 206, summary: "A range.", content: [(MediaType.bytes, .bytes)]),
        .notModified,
      ], problems: [.rangeNotSatisfiable]
    ) { service, call in
      let wanted = try call.query.read { $0.string(part.name) }
      let dataset = try await service.dataset(call)
      let content = try service.datasets.content(of: dataset, part: wanted)
      // The digest of a dataset is that of its upload; of one in parts, that of all together.
      let digest = content.isWhole ? Digest(hexadecimal: dataset.sha256)?.base64 : nil
      return try call.answer(
        Download(
          byteCount: content.byteCount, tag: content.tag, mediaType: MediaType.bytes,
          name: content.name, digest: digest, source: .file(content.file)))
    },
    Endpoint(
      method: .get, path: "/v1/datasets/{id}/preview", operationID: "getDatasetPreview",
      tag: .datasets, summary: "The first rows, as they were uploaded",
      query: [rows], headers: [.ifNoneMatch],
      answers: [
        .json(200, "Rows.", .reference("DatasetPreview"), headers: [Answer.etag]), .notModified,
      ]
    ) { service, call in
      let count = try call.query.read { $0.integer(rows) }
      let dataset = try await service.datasets.open(service.dataset(call))
      return call.tagged(
        dataset.preview(rows: count).encoded(), mediaType: MediaType.json)
    },
    Endpoint(
      method: .get, path: "/v1/datasets/{id}/picture", operationID: "getDatasetPicture",
      tag: .datasets, summary: "An example of pictures, as a PNG",
      description:
        "Numbers that aren't bytes are brought to grey or colours by the least and the largest of them.",
      query: [example], headers: [.ifNoneMatch],
      answers: [
        Answer(
          status: 200, summary: "The picture.", content: [(MediaType.png, .bytes)],
          headers: [Answer.etag]), .notModified,
      ]
    ) { service, call in
      let index = try call.query.read { $0.integer(example) }
      let record = try await service.dataset(call)
      let dataset = try service.datasets.open(record)
      guard dataset.holdsPictures, index < dataset.examples else {
        throw RunError(
          .notFound,
          dataset.holdsPictures
            ? "dataset \(record.id) has \(dataset.examples) examples, counted from 0"
            : "dataset \(record.id) holds no pictures, whose shape is 1 or 3 channels, height, width"
        )
      }
      return call.tagged(dataset.picture(index), mediaType: MediaType.png)
    },
    Endpoint(
      method: .get, path: "/v1/datasets/{id}/statistics", operationID: "getDatasetStatistics",
      tag: .datasets, summary: "Counts, means, extremes, and how the classes are balanced",
      headers: [.ifNoneMatch],
      answers: [
        .json(200, "Statistics.", .reference("DatasetStatistics"), headers: [Answer.etag]),
        .notModified,
      ]
    ) { service, call in
      let dataset = try await service.datasets.open(service.dataset(call))
      return call.tagged(dataset.statistics.encoded(), mediaType: MediaType.json)
    },
  ]

  private static func creating(
    method: Endpoint.Method, operationID: String, summary: String, _ description: String
  ) -> Endpoint {
    Endpoint(
      method: method, path: "/v1/datasets", operationID: operationID, tag: .datasets,
      summary: summary, description: description,
      query: [name, Upload.source] + ImportOptions.fields,
      headers: [.idempotencyKey, .contentDigest],
      body: BodyDescription(
        isRequired: false,
        content: [
          (MediaType.bytes, .bytes), (MediaType.csv, .string),
          (
            MediaType.multipart,
            .object(StagedUpload.partNames.map { .maybe($0, .bytes) })
          ),
        ], acceptsAnything: true),
      answers: [.json(201, "The dataset.", .reference("Dataset"), headers: [Answer.location])],
      problems: [.conflict]
    ) { service, call in
      try await Upload.receive(call, service)
    }
  }

  static let name = Field("name", .described("a name"), "What to call it.")
  private static let part = Field(
    "part", .choice(StagedUpload.partNames), "Which part of an upload of several.")
  private static let example = Field(
    "example", .integer(0...Int.max), default: 0, "Which, counted from 0.")
  private static let rows = Field("rows", .integer(1...100), default: 10, "How many at most.")
}
