import JSON

/// Which steps of a series a client wants, and how many points.
struct StepRange: Sendable {
  static let first = Field(
    "from_step", .integer(0...Int.max), "The first step; the series' own when left out.")
  static let last = Field(
    "to_step", .integer(0...Int.max), "The last step; the newest when left out.")
  static let points = Field(
    "max_points", .integer(1...10_000),
    """
    How many points of a series at most; 1,000 when left out. A longer series is thinned, and keeps \
    the extremes of every stretch. As text/csv or application/x-ndjson a series comes whole unless \
    this is given.
    """)
  static let fields = [first, last, points]

  /// Points of a series when the client doesn't say.
  static let usualPoints = 1_000

  let from: Int
  let through: Int
  /// `nil` when the client didn't say.
  let limit: Int?

  init(_ query: Query) throws(Problem) {
    let (from, through, limit) = try query.read { reader in
      (
        reader.integer(StepRange.first.name, in: 0...Int.max) ?? 0,
        reader.integer(StepRange.last.name, in: 0...Int.max) ?? Int.max,
        reader.integer(StepRange.points.name, in: 1...10_000)
      )
    }
    guard from <= through else {
      let detail = "\(through) is before from_step, which is \(from)"
      throw Problem(query: Faults([Fault(pointer: "/to_step", detail: detail)]))
    }
    self.from = from
    self.through = through
    self.limit = limit
  }

  /// The steps that a run which has come to `step` can have recorded in this range.
  func steps(upTo step: Int) -> ClosedRange<Int> {
    let last = min(through, max(step, 1))
    return min(from, last)...last
  }
}

extension Query {
  /// The names that a parameter lists, separated by commas; `nil` when it isn't given.
  func names(_ field: Field) -> [String]? {
    self[field].map { $0.split(separator: ",").map { String($0.trimmingSpaces()) } }
  }
}
