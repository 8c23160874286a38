import JSON
import NeuralNetworks
import Store

/// What runs were asked for: stored as text, and shown with every answer about them.
extension RunService {
  /// Bytes of a request that is remembered; there are 64 of them at most.
  private static let largest = 16 << 10

  /// The request of a run; its text isn't read again where it was asked for lately.
  func request(of run: RunRecord) -> JSON {
    let text = run.request
    if let known = requests.withLock({ $0[text] }) { return known }
    let request = RunService.parsed(text)
    remember(request, text)
    return request
  }

  /// The model that a run trains.
  ///
  /// - Throws: `RunError.notFound` for a run that has none of its own.
  public func model(of run: RunRecord) throws -> Model {
    guard case .inline(let model) = try RunRequest(request(of: run)).model else {
      throw notFound(run.id)
    }
    return model
  }

  /// A request as it is stored.
  func stored(_ request: JSON) -> String {
    let text = "\(request)"
    remember(request, text)
    return text
  }

  private func remember(_ request: JSON, _ text: String) {
    if text.utf8.count <= Self.largest { requests.withLock { $0[text] = request } }
  }
}
