import Access
import Foundation
import HTTP
import JSON
import Runs
import Store
import Webhooks

/// Everything that the endpoints work with.
public struct Service: Sendable {
  let store: Store
  let datasets: DatasetLibrary
  let splits: SplitLibrary
  let models: ModelLibrary
  let weights: WeightsLibrary
  let uploads: UploadLibrary
  let runs: RunService
  let uploadLimit: Int
  let log: @Sendable (String) -> Void
  let keysInFlight = KeysInFlight()
  let requests = RequestMetrics()
  let waiters = Waiters()
  let keys: KeyRing
  let webhookAddresses: WebhookAddress
  let securityContact: String?
  let plotly: URL?
  private let access: AccessGuard
  private let audit: AuditTrail

  /// - Parameters:
  ///   - isKeyRequired: whether requests without a key are refused.
  ///   - webhookAddresses: which addresses may be called.
  ///   - securityContact: a URI of whom to tell of a weakness.
  ///   - plotly: the file of Plotly.js, with which the dashboard draws.
  ///   - uploadLimit: how many bytes an uploaded body may have.
  public init(
    store: Store, datasets: DatasetLibrary, models: ModelLibrary, runs: RunService,
    keys: KeyRing, isKeyRequired: Bool = false, webhookAddresses: WebhookAddress = WebhookAddress(),
    securityContact: String? = nil, plotly: URL? = nil, uploadLimit: Int,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.datasets = datasets
    splits = SplitLibrary(datasets: datasets)
    self.models = models
    weights = WeightsLibrary(store: store)
    uploads = datasets.uploads
    self.runs = runs
    self.uploadLimit = uploadLimit
    self.log = log
    self.keys = keys
    self.webhookAddresses = webhookAddresses
    self.securityContact = securityContact
    self.plotly = plotly
    access = AccessGuard(keys: keys, isKeyRequired: isKeyRequired)
    audit = AuditTrail(log: store.audit)
    _ = ServerMetrics.startTime
  }

  /// Answers every request.
  ///
  /// - Parameter origins: pages of which may call from a browser, such as `https://lab.example`.
  public func responder(origins: Set<String> = []) -> any Responder {
    Frontend(router: router(), origins: CrossOrigin(allowed: origins))
  }

  /// Whether a text is an origin as browsers send it: scheme, host and maybe a port; or `*` for any.
  public static func isOrigin(_ text: String) -> Bool { CrossOrigin.isOrigin(text) }

  /// The router of every endpoint of the table.
  private func router() -> Router {
    var router = Router { fault, requestID in problem(for: fault, requestID) }
    for endpoint in EndpointTable.all {
      router.add(
        endpoint.method.rawValue.uppercased(), endpoint.path, isQuick: endpoint.isQuick,
        options: endpoint.options?(self) ?? []
      ) { request, parameters in
        await answer(endpoint, request, parameters)
      }
    }
    return router
  }

  /// Runs an endpoint's handler, and turns whatever it throws into a problem.
  private func answer(
    _ endpoint: Endpoint, _ request: Request, _ parameters: Parameters
  ) async -> Response {
    requests.began()
    let clock = ContinuousClock()
    let start = clock.now
    let response = await handled(endpoint, request, parameters).with(headers: endpoint.everyAnswer)
    requests.ended(endpoint, status: response.status, after: clock.now - start)
    return response
  }

  private func handled(
    _ endpoint: Endpoint, _ request: Request, _ parameters: Parameters
  ) async -> Response {
    let admission: AccessGuard.Admission
    do throws(Problem) {
      admission = try access.admit(endpoint, request)
    } catch {
      return problem(for: error, request.requestID)
    }
    let response = await Caller.$current.withValue(admission.caller) {
      await handled(endpoint, request, parameters, admission)
    }
    return admission.allowance.map { response.with(headers: AccessGuard.headers(of: $0)) }
      ?? response
  }

  private func handled(
    _ endpoint: Endpoint, _ request: Request, _ parameters: Parameters,
    _ admission: AccessGuard.Admission
  ) async -> Response {
    var response: Response
    do {
      if let refusal = admission.refusal { throw refusal }
      response = try await endpoint.handler(
        self, Call(endpoint, request, parameters, limits: runs.limits))
    } catch {
      response = problem(for: error, request.requestID)
    }
    do {
      try await audit.note(endpoint, request, response, of: admission.caller)
    } catch {
      response = problem(for: error, request.requestID)
    }
    return response.with(headers: endpoint.deprecation?.headers ?? []).inTask(of: admission.caller)
  }

  /// The answer to a request that failed.
  private func problem(for error: any Error, _ requestID: String) -> Response {
    guard let problem = ProblemMapping.problem(for: error) else {
      log("request \(requestID) failed: \(error)")
      let detail = "the server failed; its log tells why under \(requestID)"
      return .problem(Problem(.internalFault, detail), instance: requestID)
    }
    if problem.kind.status >= 500 { log("request \(requestID): \(problem.detail)") }
    return .problem(problem, instance: requestID)
  }
}

extension Service {
  /// Why the server isn't ready; `nil` when it is.
  func obstacle() async -> String? {
    guard runs.isReady else { return "the server is starting or going down" }
    do {
      _ = try await store.runs.counts()
      return await store.obstacle().map { "the store can't be written: \($0)" }
    } catch {
      return "the store can't be read: \(error)"
    }
  }

  /// The dataset that the path names.
  func dataset(_ call: Call) async throws -> DatasetRecord {
    let id = try call.identifier(of: "dataset") { DatasetID($0) }
    return try await datasets.record(id)
  }

  /// The split that the path names.
  func split(_ call: Call) async throws -> SplitRecord {
    try await splits.record(call.identifier(of: "split") { SplitID($0) })
  }

  /// The model that the path names.
  func model(_ call: Call) async throws -> ModelRecord {
    let id = try call.identifier(of: "model") { ModelID($0) }
    return try await models.record(id)
  }

  /// The file of weights that the path names.
  func weightsFile(_ call: Call) async throws -> WeightsRecord {
    let id = try call.identifier(of: "file of weights") { WeightsID($0) }
    return try await weights.record(id)
  }

  /// The sweep that the path names.
  func sweep(_ call: Call) async throws -> SweepRecord {
    try await runs.sweep(call.identifier(of: "sweep") { SweepID($0) })
  }

  /// The upload that the path names.
  func upload(_ call: Call) async throws -> UploadRecord {
    try await uploads.record(call.identifier(of: "upload") { UploadID($0) })
  }

  /// The run that the path names.
  func run(_ call: Call) async throws -> RunRecord {
    let id = try call.identifier(of: "run") { RunID($0) }
    guard let run = try await store.runs.get(id) else { throw Call.notFound("run", "\(id)") }
    return run
  }
}
