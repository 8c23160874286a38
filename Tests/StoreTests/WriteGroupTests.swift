import Dispatch
import Foundation
import SQLite
import Synchronization
import Testing

@testable import Store

/// Writes that wait for the writer together.
struct WriteGroupTests {
  private func scratch() throws -> (store: Store, remove: () -> Void) {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "group-\(UUID().uuidString)")
    let store = try Store(directory: folder)
    return (store, { try? FileManager.default.removeItem(at: folder) })
  }

  private struct Refused: Error {}

  /// Has writes wait while the writer is held, and lets them go; answers which succeeded.
  private func together(
    _ store: Store, _ count: Int,
    _ body: @escaping @Sendable (Int, SQLiteConnection) throws -> Void,
    committed: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> [Int: (any Error)?] {
    let (held, free) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let begun = Task {
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          try? store.writeAndWait { _ in
            held.signal()
            free.wait()
          }
          continuation.resume()
        }
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        held.wait()
        continuation.resume()
      }
    }
    let results = try await withThrowingTaskGroup(of: (Int, (any Error)?).self) { tasks in
      for index in 0..<count {
        tasks.addTask {
          do {
            let done = try await store.write(
              { connection in
                try body(index, connection)
                return index
              }, committed: { committed($0) })
            return (done, nil)
          } catch {
            return (index, error)
          }
        }
      }
      // All of them wait by now, or come in another group, which is as well.
      try await Task.sleep(for: .milliseconds(200))
      free.signal()
      var results: [Int: (any Error)?] = [:]
      for try await (index, error) in tasks { results[index] = .some(error) }
      return results
    }
    await begun.value
    return results
  }

  private func table(_ store: Store) async throws {
    try await store.write {
      try $0.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, text BLOB) STRICT")
    }
  }

  private func things(_ store: Store) async throws -> Set<Int> {
    Set(try await store.read { try $0.query("SELECT id FROM thing") { $0.integer(0) } })
  }

  @Test(
    "those that wait are committed together, one that fails leaves nothing, and all are told in order"
  )
  func grouped() async throws {
    let (store, remove) = try scratch()
    defer { remove() }
    try await table(store)
    let before = store.commits.count
    let told = Mutex<[Int]>([])
    let results = try await together(
      store, 20,
      { index, connection in
        try connection.execute("INSERT INTO thing (id) VALUES (?)", [.integer(index)])
        if index % 5 == 0 { throw Refused() }
        if index == 7 { try connection.execute("INSERT INTO thing (id) VALUES (?)", [.integer(7)]) }
      }, committed: { index in told.withLock { $0.append(index) } })
    let failed = results.filter { $0.value != nil }.keys
    #expect(Set(failed) == [0, 5, 7, 10, 15])
    #expect(results[5].flatMap { $0 } is Refused)
    #expect((results[7].flatMap { $0 } as? StoreError)?.code == .conflict)
    #expect(try await things(store) == Set(0..<20).subtracting([0, 5, 7, 10, 15]))
    #expect(Set(told.withLock { $0 }) == Set(0..<20).subtracting([0, 5, 7, 10, 15]))
    // The one that held the writer, and few more.
    #expect(store.commits.count - before <= 4)
  }

  @Test("where the disk is full those that fit are kept, and the others told so")
  func full() async throws {
    let (store, remove) = try scratch()
    defer { remove() }
    try await table(store)
    // SQLite itself refuses what goes beyond so many pages.
    try await store.write { connection in
      let pages = try connection.first("PRAGMA page_count") { $0.integer(0) } ?? 0
      try connection.execute(script: "PRAGMA max_page_count = \(pages + 20)")
    }
    let results = try await together(store, 12) { index, connection in
      let size = index % 3 == 0 ? 1 << 20 : 100
      try connection.execute(
        "INSERT INTO thing (id, text) VALUES (?, ?)",
        [.integer(index), .blob([UInt8](repeating: 1, count: size))])
    }
    for (index, error) in results {
      if index % 3 == 0 {
        #expect((error as? StoreError)?.code == .diskFull, "\(index)")
      } else {
        #expect(error == nil, "\(index): \(String(describing: error))")
      }
    }
    #expect(try await things(store) == Set((0..<12).filter { $0 % 3 != 0 }))
  }
}
