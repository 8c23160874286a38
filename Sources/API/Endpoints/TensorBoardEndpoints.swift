import HTTP
import JSON
import Runs

/// A run for whoever works with TensorBoard.
enum TensorBoardEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/runs/{id}/tensorboard", operationID: "getTensorBoardFile",
      tag: .observations, summary: "A TensorBoard event file of a run",
      description: """
        Every series as a scalar, the norms of gradients, weights and updates of every parameter, and the histograms of \
        all quantities (500 of each layer or parameter at most). Put it into a folder of its own and show that with \
        `tensorboard --logdir`. Also while a run trains: then with what there is.
        """,
      query: StepRange.fields,
      answers: [
        Answer(status: 200, summary: "The file.", content: [(MediaType.bytes, .bytes)])
      ]
    ) { service, call in
      let run = try await service.run(call)
      let file = TensorBoardFile(
        store: service.store, run: run, range: try StepRange(call.query))
      let seconds = (run.startedAt ?? run.createdAt) / 1000
      return Response(
        status: 200,
        headers: [
          ("Content-Type", MediaType.bytes), ("Cache-Control", "no-store"),
          (
            "Content-Disposition",
            "attachment; filename=\"events.out.tfevents.\(seconds).\(run.id)\""
          ),
        ],
        body: .stream(
          StreamBody { writer in
            try await file.write { bytes in
              if !bytes.isEmpty { try await writer.write(bytes) }
            }
          }))
    }
  ]
}
