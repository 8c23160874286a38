import Testing

/// Waits until something is so, and records an issue if it isn't within ten seconds.
func eventually(
  _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(5)) }
  #expect(condition(), sourceLocation: sourceLocation)
}
