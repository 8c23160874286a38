import CMicroHTTPD
import Foundation

/// An answer as the library sends it.
struct OutgoingResponse {
  let handle: OpaquePointer
  /// For a streamed body.
  let stream: OutgoingStream?
  let streamBody: StreamBody?

  /// - Returns: `nil` when the library has no memory for it.
  init?(_ response: Response, isHead: Bool, gate: ConnectionGate) {
    var stream: OutgoingStream?
    var streamBody: StreamBody?
    let made: OpaquePointer?
    switch response.body {
    case .empty:
      made = OutgoingResponse.buffer([])
    case .bytes(let bytes):
      made = OutgoingResponse.buffer(bytes)
    case .file(let url, let range):
      made = OutgoingResponse.file(url, range)
    case .stream(let body) where isHead:
      // A body of that length which nobody will ask for.
      made = OutgoingResponse.callback(
        length: body.length, OutgoingStream(gate: gate))
    case .stream(let body):
      let pipe = OutgoingStream(
        gate: gate, isOpenEnded: body.isOpenEnded, heartbeat: body.heartbeat)
      stream = pipe
      streamBody = body
      made = OutgoingResponse.callback(length: body.length, pipe)
    }
    guard let made else { return nil }
    handle = made
    self.stream = stream
    self.streamBody = streamBody
    for (name, value) in response.headers {
      MHD_add_response_header(made, name, OutgoingResponse.plain(value))
    }
  }

  /// The library refuses line breaks; other control characters are ours to leave out.
  private static func plain(_ value: String) -> String {
    func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    guard value.utf8.contains(where: isControl) else { return value }
    return String(decoding: value.utf8.filter { !isControl($0) }, as: UTF8.self)
  }

  private static func buffer(_ bytes: [UInt8]) -> OpaquePointer? {
    var bytes = bytes
    return bytes.withUnsafeMutableBytes {
      MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
  }

  private static func file(_ url: URL, _ range: Range<Int>) -> OpaquePointer? {
    let descriptor = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    return MHD_create_response_from_fd_at_offset64(
      UInt64(range.count), descriptor, UInt64(range.lowerBound))
  }

  private static func callback(length: Int?, _ stream: OutgoingStream) -> OpaquePointer? {
    MHD_create_response_from_callback(
      length.map(UInt64.init) ?? chainrule_size_unknown, 32 << 10,
      { context, _, buffer, size in
        guard let context, let buffer else { return chainrule_end_with_error }
        return Unmanaged<OutgoingStream>.fromOpaque(context).takeUnretainedValue()
          .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
      },
      Unmanaged.passRetained(stream).toOpaque(),
      { context in
        if let context { Unmanaged<OutgoingStream>.fromOpaque(context).release() }
      })
  }
}
