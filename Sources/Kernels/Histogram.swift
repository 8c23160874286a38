import CVectorMath

/// Exact counts over the fixed grid: four steps an octave from 2^-40 to 2^24, once for each sign.
///
/// Large, and used again and again: whoever counts often keeps one.
public final class Histogram {
  public static let bucketsPerSign = Int(VM_HISTOGRAM_BUCKETS)

  private let place: UnsafeMutablePointer<vm_histogram>

  public init() {
    place = .allocate(capacity: 1)
    clear()
  }

  deinit { place.deallocate() }

  /// Counts elements in place of those before.
  public func count(_ elements: UnsafePointer<Float>, count: Int) {
    clear()
    vm_histogram_f32(place, elements, count)
  }

  /// Counts differences in place of what was before: each element less another.
  public func count(
    _ elements: UnsafePointer<Float>, less others: UnsafePointer<Float>, count: Int
  ) {
    clear()
    vm_histogram_difference_f32(place, elements, others, count)
  }

  private func clear() {
    place.initialize(to: vm_histogram())
    place.pointee.minimum = .infinity
    place.pointee.maximum = -.infinity
  }

  /// What was counted; the minimum and maximum are of the finite elements, infinity and its negative when there's none.
  public var contents: vm_histogram {
    _read { yield place.pointee }
  }

  /// Hands on each bucket that holds something: positive ones by their size, then negative ones.
  public func forEachBucket(_ body: (_ index: Int, _ count: Int) -> Void) {
    withUnsafeBytes(of: &place.pointee.counts) { bytes in
      let counts = bytes.bindMemory(to: Int64.self)
      for index in counts.indices where counts[index] > 0 { body(index, Int(counts[index])) }
    }
  }
}
