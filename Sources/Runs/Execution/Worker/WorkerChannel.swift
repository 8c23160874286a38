import Foundation

/// Messages through a pipe: each a length of four bytes, the lowest first, and a binary property list.
struct WorkerChannel {
  /// A message of more bytes is none.
  private static let longest = 1 << 31

  let file: Int32
  private var received: [UInt8] = []
  private var position = 0

  init(file: Int32) { self.file = file }

  static func encoded(_ message: some Encodable) throws -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    let body = try encoder.encode([message])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(body.count + 4)
    withUnsafeBytes(of: UInt32(body.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += body
    return bytes
  }

  /// Writes all of it; waits while the pipe is full.
  ///
  /// - Returns: whether the other end took it.
  func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { raw in
      var sent = 0
      while sent < raw.count {
        let count = Foundation.write(file, raw.baseAddress! + sent, raw.count - sent)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        sent += count
      }
      return true
    }
  }

  enum Reading { case some, nothing, end }

  /// Takes in what is there, and waits for it so many milliseconds at most.
  mutating func receive(wait milliseconds: Int32) -> Reading {
    var poll = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    let ready = Foundation.poll(&poll, 1, milliseconds)
    if ready == 0 || (ready < 0 && errno == EINTR) { return .nothing }
    if position > 0, position == received.count {
      received.removeAll(keepingCapacity: true)
      position = 0
    }
    let size = 1 << 18
    let start = received.count
    received.append(contentsOf: repeatElement(0, count: size))
    let count = received.withUnsafeMutableBytes { read(file, $0.baseAddress! + start, size) }
    received.removeLast(size - max(count, 0))
    return count > 0 ? .some : count < 0 && errno == EINTR ? .nothing : .end
  }

  /// What was received and is no whole message.
  var rest: ArraySlice<UInt8> { received[position...] }

  /// The next whole message that was received; `nil` when there is none yet.
  mutating func next<Message: Decodable>(_ type: Message.Type) throws -> Message? {
    guard received.count - position >= 4 else { return nil }
    let length = received.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }
    guard length <= Self.longest else { throw WorkerError.unintelligible }
    guard received.count - position >= 4 + length else { return nil }
    let body = Data(received[position + 4..<position + 4 + length])
    position += 4 + length
    if position > 1 << 22 {
      received.removeFirst(position)
      position = 0
    }
    guard let message = try PropertyListDecoder().decode([Message].self, from: body).first else {
      throw WorkerError.unintelligible
    }
    return message
  }
}
