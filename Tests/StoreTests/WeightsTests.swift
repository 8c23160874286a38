import Digests
import SQLite
import Testing

@testable import Store

/// Files of weights in the database.
@Suite struct WeightsTests {
  /// Two rows and a part of a third.
  private static let bytes = (0..<(2 * WeightsRepository.chunkBytes + 1_000)).map {
    UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7)
  }

  private func insert(_ store: Store) async throws -> WeightsRecord {
    let bytes = Self.bytes
    let record = WeightsRecord(
      name: "body", format: "npz", description: "{}", sizeBytes: bytes.count,
      sha256: SHA256.digest(of: bytes).hexadecimal)
    try await store.weights.insert(record) { offset, count in
      Array(bytes[offset..<offset + count])
    }
    return record
  }

  private func chunks(_ store: Store) throws -> Int {
    try store.readAndWait { connection in
      try connection.first("SELECT count(*) FROM weights_chunk") { $0.integer(0) }
    } ?? -1
  }

  @Test("a file is cut into rows and read back, whole and in stretches over their ends")
  func roundTrips() async throws {
    let scratch = try Scratch()
    let record = try await insert(scratch.store)
    #expect(try chunks(scratch.store) == 3)
    #expect(try await scratch.store.weights.get(record.id) == record)
    #expect(try await scratch.store.weights.contents(record) == Self.bytes)
    let end = WeightsRepository.chunkBytes
    for (offset, count) in [(end - 3, 6), (0, 1), (2 * end - 1, end), (Self.bytes.count - 2, 9)] {
      let found = try await scratch.store.weights.read(record, offset: offset, count: count)
      #expect(found == Array(Self.bytes[offset..<min(offset + count, Self.bytes.count)]))
    }
    #expect(
      try await scratch.store.weights.read(record, offset: Self.bytes.count, count: 9).isEmpty)
    try await scratch.store.weights.delete(record.id)
    #expect(try chunks(scratch.store) == 0)
    await #expect(throws: StoreError.self) { try await scratch.store.weights.contents(record) }
    await #expect(throws: StoreError.self) { try await scratch.store.weights.delete(record.id) }
  }

  @Test(
    "what a file left that was never whole goes when it fails, or when the store is opened again")
  func halves() async throws {
    struct Broken: Error {}
    let place = Place()
    do {
      let store = try Store(directory: place.url)
      let record = WeightsRecord(
        name: "half", format: "npz", description: "{}", sizeBytes: Self.bytes.count, sha256: "")
      await #expect(throws: Broken.self) {
        try await store.weights.insert(record) { offset, count in
          if offset > 0 { throw Broken() }
          return Array(Self.bytes[..<count])
        }
      }
      #expect(try chunks(store) == 0)
      try await store.write { connection in
        try connection.execute("INSERT INTO weights_chunk VALUES ('wts_lost', 0, x'00')")
      }
      _ = try await insert(store)
      #expect(try chunks(store) == 4)
    }
    let store = try Store(directory: place.url)
    #expect(try chunks(store) == 3)
    #expect(try await store.weights.list(limit: 9).count == 1)
  }

  @Test("the doctor tells of a file that isn't whole any more")
  func doctor() async throws {
    let place = Place()
    var record: WeightsRecord?
    do {
      let store = try Store(directory: place.url)
      record = try await insert(store)
    }
    #expect(try Doctor(folder: place.url).examine().faults == [])
    do {
      let store = try Store(directory: place.url)
      try await store.write { connection in
        try connection.execute("UPDATE weights_chunk SET data = x'00' WHERE position = 2")
      }
    }
    let faults = try Doctor(folder: place.url).examine().faults
    #expect(faults.map(\.place) == ["weights \(try #require(record).id)"])
    #expect(faults.first?.fault.hasPrefix("have 8388609 bytes, not") == true)
  }
}
