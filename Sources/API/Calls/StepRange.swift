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

  /// Points of an answer at most, over all series.
  private static let most = 500_000

  /// How many points of each of `count` series are wanted.
  ///
  /// - Throws: `Problem` when those are more than an answer may hold.
  func points(ofEach count: Int, _ what: String) throws(Problem) -> Int {
    let limit = limit ?? Self.usualPoints
    guard limit * count <= Self.most else {
      let detail =
        "\(limit) points of each of \(count) \(what) are more than the \(Self.most) that an answer may hold; "
        + "name fewer \(what), or ask for at most \(Self.most / count)"
      throw Problem(query: Faults([Fault(pointer: "/max_points", detail: detail)]))
    }
    return limit
  }

  /// Reads the range page by page, and hands each on.
  ///
  /// - Parameters:
  ///   - step: of an item; those of a page ascend.
  ///   - read: the items after a step, empty at the end; a page may be short without being the last.
  func forEachPage<Item>(
    step: (Item) -> Int, _ read: (_ after: Int) async throws -> [Item],
    _ body: ([Item]) async throws -> Void
  ) async throws {
    var after = from - 1
    while after < through {
      let page = try await read(after)
      guard let last = page.last else { return }
      try await body(page)
      after = step(last)
    }
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

  /// The names that a parameter lists, all of which must be known.
  ///
  /// - Parameters:
  ///   - listed: those that an error tells; all known when left out.
  ///   - phrase: what stands before these.
  ///   - mayCome: whether a name that isn't known is no mistake.
  func names(
    _ field: Field, among known: [String], listed: [String]? = nil, of phrase: String,
    unless mayCome: (String) -> Bool
  ) throws(Problem) -> [String]? {
    guard let wanted = names(field) else { return nil }
    var faults = Faults()
    let listed = listed ?? known
    for name in wanted where !known.contains(name) && !mayCome(name) {
      faults.add(
        "/" + field.name,
        "there is no \"\(name.prefix(80))\"\(nearest(name, among: known)); \(phrase): "
          + listed.prefix(60).joined(separator: ", ") + (listed.count > 60 ? ", …" : ""))
    }
    if !faults.isEmpty { throw Problem(query: faults) }
    return wanted
  }
}
