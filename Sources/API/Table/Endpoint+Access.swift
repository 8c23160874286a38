import Access

extension Endpoint {
  /// Who may use an operation.
  enum Audience: Hashable, Sendable {
    /// Whoever reaches the server.
    case everyone
    /// Whoever has a key, whatever it allows.
    case anyKey
    case scope(AccessScope)
  }

  /// Who may use it: what it says itself, or what follows from its chapter and method.
  var requiredAudience: Audience {
    if let audience { return audience }
    switch (tag, method) {
    case (.documentation, _): return .everyone
    case (.keys, _), (.service, _): return .scope(.admin)
    case (_, .get): return .scope(.read)
    case (.datasets, _), (.uploads, _), (.weights, _), (.models, _): return .scope(.write)
    case (.runs, _), (.sweeps, _), (.observations, _), (.webhooks, _), (.catalog, _):
      return .scope(.train)
    }
  }

  /// Whether it leaves something changed, of which the audit log tells.
  var changesSomething: Bool { method != .get && requiredAudience != .scope(.read) }
}
