import Foundation
import HTTP
import JSON

/// The server itself: health and figures.
enum ServiceEndpoints {
  static let all: [Endpoint] =
    [
      Endpoint(
        method: .get, path: "/healthz", operationID: "getHealth", tag: .service,
        summary: "Whether the process is alive",
        answers: [.json(200, "It is.", status)],
        isQuick: true, audience: .everyone
      ) { _, _ in
        .json(["status": "alive"], cache: .never)
      },
      Endpoint(
        method: .get, path: "/readyz", operationID: "getReadiness", tag: .service,
        summary: "Whether the store is writable and the queue accepts runs",
        answers: [.json(200, "They are.", status)], problems: [.draining],
        isQuick: true, audience: .everyone
      ) { service, _ in
        if let reason = await service.obstacle() { throw Problem(.draining, reason) }
        return .json(["status": "ready"], cache: .never)
      },
      Endpoint(
        method: .get, path: "/.well-known/security.txt", operationID: "getSecurityContact",
        tag: .service, summary: "Whom to tell of a weakness (RFC 9116)",
        answers: [
          Answer(
            status: 200, summary: "Whom, and until when that holds.",
            content: [(MediaType.text, .string)])
        ], problems: [.notFound],
        audience: .everyone
      ) { service, _ in
        guard let contact = service.securityContact else {
          throw Problem(.notFound, "the server's keeper named nobody (--security-contact)")
        }
        let end = Date(timeIntervalSinceNow: 180 * 86_400).formatted(.iso8601)
        return .text(
          "Contact: \(contact)\nExpires: \(end)\n", mediaType: "text/plain; charset=utf-8")
      },
      Endpoint(
        method: .get, path: "/metrics", operationID: "getServerMetrics", tag: .service,
        summary: "Figures about the server, for Prometheus",
        answers: [
          Answer(
            status: 200, summary: "The text exposition format.",
            content: [(MediaType.text, .string)])
        ],
        audience: .scope(.read)
      ) { service, _ in
        .text(try await ServerMetrics.text(service), mediaType: MediaType.metrics)
      },
    ]

  private static let status = Schema.object([.always("status", .string)])
}
