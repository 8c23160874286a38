import Testing

/// Gives every test of a suite a server of its own, and ends it after the test.
struct ServerScope: SuiteTrait, TestTrait, TestScoping {
  @TaskLocal private static var current: TestServer?

  var isRecursive: Bool { true }

  /// The server of the test that runs.
  static var server: TestServer {
    guard let current else { preconditionFailure("the suite lacks the trait .server") }
    return current
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // The suite as a whole needs none.
    guard testCase != nil else { return try await function() }
    let server = try await TestServer()
    do {
      try await ServerScope.$current.withValue(server) { try await function() }
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }
}

extension Trait where Self == ServerScope {
  static var server: ServerScope { ServerScope() }
}
