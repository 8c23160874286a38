import Synchronization

/// Counts requests by operation, without a lock.
final class RequestMetrics: Sendable {
  /// Upper bounds of the buckets of durations, in seconds; the last one is open.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  /// Status classes from 1xx to 5xx.
  static let classes = 5

  /// What is counted of one operation.
  private final class Counts: Sendable {
    let statuses = AtomicCounters(count: RequestMetrics.classes)
    let buckets = AtomicCounters(count: RequestMetrics.bounds.count + 1)
    let microseconds = Atomic<Int>(0)
  }

  private let operations: [String: Counts]
  private let inFlight = Atomic<Int>(0)
  private let streams = Atomic<Int>(0)

  init() {
    operations = Dictionary(
      uniqueKeysWithValues: EndpointTable.all.map { ($0.operationID, Counts()) })
  }

  func began() { inFlight.add(1, ordering: .relaxed) }

  func ended(_ endpoint: Endpoint, status: Int, after duration: Duration) {
    inFlight.subtract(1, ordering: .relaxed)
    guard let counts = operations[endpoint.operationID] else { return }
    let seconds = duration / .seconds(1)
    counts.statuses.add(to: min(max(status / 100, 1), Self.classes) - 1)
    counts.buckets.add(to: Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count)
    counts.microseconds.add(Int(seconds * 1e6), ordering: .relaxed)
  }

  func streamOpened() { streams.add(1, ordering: .relaxed) }
  func streamClosed() { streams.subtract(1, ordering: .relaxed) }

  /// Writes all of it in Prometheus' text format; operations that nobody asked for are left out.
  func write(to text: inout PrometheusText) {
    text.family("chainrule_http_requests_in_flight", .gauge, "Requests whose handler runs.")
    text.sample(Double(inFlight.load(ordering: .relaxed)))
    text.family("chainrule_http_streams", .gauge, "Event streams that are open.")
    text.sample(Double(streams.load(ordering: .relaxed)))
    let asked = EndpointTable.all.compactMap { endpoint -> (labels: [(String, String)], Counts)? in
      guard let counts = operations[endpoint.operationID], counts.statuses.total > 0 else {
        return nil
      }
      let method = endpoint.method.rawValue.uppercased()
      return ([("method", method), ("route", endpoint.path)], counts)
    }
    text.family("chainrule_http_requests_total", .counter, "Requests by route and class of status.")
    for (labels, counts) in asked {
      for index in 0..<Self.classes where counts.statuses[index] > 0 {
        text.sample(
          Double(counts.statuses[index]), labels: labels + [("status", "\(index + 1)xx")])
      }
    }
    text.family(
      "chainrule_http_request_duration_seconds", .histogram,
      "Time until a handler had its answer; what is streamed after that isn't in it.")
    for (labels, counts) in asked {
      var sum = 0
      for index in 0...Self.bounds.count {
        sum += counts.buckets[index]
        let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
        text.sample(Double(sum), suffix: "_bucket", labels: labels + [("le", bound)])
      }
      text.sample(
        Double(counts.microseconds.load(ordering: .relaxed)) / 1e6, suffix: "_sum", labels: labels)
      text.sample(Double(sum), suffix: "_count", labels: labels)
    }
  }
}

/// A row of counters that many threads add to.
private final class AtomicCounters: @unchecked Sendable {
  private let place: UnsafeMutablePointer<Atomic<Int>>
  private let count: Int

  init(count: Int) {
    self.count = count
    place = .allocate(capacity: count)
    for index in 0..<count { (place + index).initialize(to: Atomic(0)) }
  }

  deinit {
    place.deinitialize(count: count)
    place.deallocate()
  }

  func add(to index: Int) { place[index].add(1, ordering: .relaxed) }
  subscript(index: Int) -> Int { place[index].load(ordering: .relaxed) }
  var total: Int { (0..<count).reduce(0) { $0 + self[$1] } }
}
