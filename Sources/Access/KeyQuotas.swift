import JSON

/// What a key may use at most; `nil` for as much as the server allows.
public struct KeyQuotas: Hashable, Sendable {
  /// Runs that wait.
  public var queuedRuns: Int?
  /// Runs that train at once.
  public var runningRuns: Int?
  /// Threads of its running runs together.
  public var threads: Int?
  /// Bytes of the datasets and files of weights it keeps.
  public var storedBytes: Int?
  /// Requests a second, on average; as many may come at once.
  public var requestsPerSecond: Int?

  public init() {}

  public static let fields = [
    queuedRunsField, runningRunsField, threadsField, storedBytesField, requestsField,
  ]

  private static let queuedRunsField = Field(
    "queued_runs", .integer(0...100_000), "Runs that may wait; one more is refused with 429.")
  private static let runningRunsField = Field(
    "running_runs", .integer(1...256), "Runs that may train at once; others wait.")
  private static let threadsField = Field(
    "threads", .integer(1...256),
    "Threads of its running runs together; a run that asks for more trains alone.")
  private static let storedBytesField = Field(
    "stored_bytes", .integer(0...(1 << 50)),
    "Bytes of the datasets and files of weights that it keeps; an upload beyond is refused with 429."
  )
  private static let requestsField = Field(
    "requests_per_second", .integer(1...1_000_000),
    "Requests a second on average, of which as many may come at once; one beyond is refused with 429."
  )

  /// Reads an object of quotas.
  public init(_ reader: inout ObjectReader) {
    func limit(_ field: Field) -> Int? {
      guard case .integer(let range) = field.content, reader.has(field.name) else {
        _ = reader.value(field.name)
        return nil
      }
      return reader.integer(field.name, in: range)
    }
    queuedRuns = limit(Self.queuedRunsField)
    runningRuns = limit(Self.runningRunsField)
    threads = limit(Self.threadsField)
    storedBytes = limit(Self.storedBytesField)
    requestsPerSecond = limit(Self.requestsField)
  }

  /// Those that are set, by name.
  public var json: JSON {
    let values = [queuedRuns, runningRuns, threads, storedBytes, requestsPerSecond]
    return .object(
      JSONObject(
        zip(Self.fields, values).compactMap { field, value in
          value.map { (field.name, .integer($0)) }
        }))
  }
}
