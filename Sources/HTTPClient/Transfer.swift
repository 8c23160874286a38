import CCurl
import Foundation
import Synchronization

/// One request and its answer, on the thread on which libcurl carries it out.
final class Transfer: @unchecked Sendable {
  private let request: ClientRequest
  private let head: @Sendable (ClientResponse) throws -> Void
  private let piece: @Sendable ([UInt8]) throws -> Void
  private let isCancelled = Atomic<Bool>(false)
  // Touched on libcurl's thread only.
  private var handle: UnsafeMutableRawPointer?
  private var status = 0
  private var headers: [(name: String, value: String)] = []
  private var isHeadTold = false
  private var received = 0
  private var file: FileHandle?
  private var fault: (any Error)?

  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init(
    _ request: ClientRequest, head: @escaping @Sendable (ClientResponse) throws -> Void,
    piece: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.request = request
    self.head = head
    self.piece = piece
  }

  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  func run() throws -> ClientResponse {
    guard Self.isReady, let handle = curl_easy_init() else {
      throw HTTPClientError(code: .broken, message: "libcurl can't begin")
    }
    self.handle = handle
    defer { curl_easy_cleanup(handle) }
    let lists = try prepare(handle)
    defer { for list in lists { curl_slist_free_all(list) } }
    let code = curl_easy_perform(handle)
    if let fault { throw fault }
    guard code == CURLE_OK else { throw error(code) }
    try tellHead()
    if let fault { throw fault }
    return ClientResponse(status: status, headers: headers)
  }

  // MARK: - Options

  /// - Returns: lists that must outlive the transfer.
  private func prepare(_ handle: UnsafeMutableRawPointer) throws
    -> [UnsafeMutablePointer<curl_slist>?]
  {
    let context = Unmanaged.passUnretained(self).toOpaque()
    text(CURLOPT_URL, request.url)
    text(CURLOPT_PROTOCOLS_STR, "http,https")
    number(CURLOPT_NOSIGNAL, 1)
    number(CURLOPT_FOLLOWLOCATION, 0)
    number(CURLOPT_NOPROGRESS, 0)
    number(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectSeconds * 1000))
    if let seconds = request.seconds { number(CURLOPT_TIMEOUT_MS, Int(seconds * 1000)) }
    if let socket = request.socket { text(CURLOPT_UNIX_SOCKET_PATH, socket) }
    if let certificates = request.certificates { text(CURLOPT_CAINFO, certificates) }
    for (option, value) in [
      (CURLOPT_WRITEDATA, context), (CURLOPT_HEADERDATA, context),
      (CURLOPT_XFERINFODATA, context), (CURLOPT_READDATA, context),
    ] { chainrule_curl_pointer(handle, option, value) }
    chainrule_curl_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.take(bytes, size * count) ?? 0
    }
    chainrule_curl_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.takeHeader(bytes, size * count) ?? 0
    }
    chainrule_curl_callback(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.give(bytes, size * count) ?? Int(CURL_READFUNC_ABORT)
    }
    chainrule_curl_progress(handle) { context, _, _, _, _ in
      Transfer.of(context)?.isCancelled.load(ordering: .relaxed) == false ? 0 : 1
    }
    var lists = [try setBody(handle)]
    if let address = request.pinnedAddress { lists.append(try pin(to: address)) }
    return lists
  }

  private func number(_ option: CURLoption, _ value: Int) {
    chainrule_curl_long(handle, option, value)
  }

  private func text(_ option: CURLoption, _ value: String) {
    chainrule_curl_text(handle, option, value)
  }

  /// - Returns: the headers.
  private func setBody(
    _ handle: UnsafeMutableRawPointer
  ) throws -> UnsafeMutablePointer<curl_slist>? {
    var headers = request.headers
    switch request.body {
    case .none:
      if request.method == "HEAD" { number(CURLOPT_NOBODY, 1) }
      if ["POST", "PUT", "PATCH"].contains(request.method) {
        headers.append(("Content-Length", "0"))
      }
    case .bytes(let bytes):
      number(CURLOPT_POST, 1)
      chainrule_curl_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
      bytes.withUnsafeBytes { buffer in
        _ = chainrule_curl_pointer(
          handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: buffer.baseAddress))
      }
      // libcurl would call it a form.
      if !headers.contains(where: { $0.0.lowercased() == "content-type" }) {
        headers.append(("Content-Type", ""))
      }
    case .file(let url):
      do {
        let file = try FileHandle(forReadingFrom: url)
        let size = try file.seekToEnd()
        try file.seek(toOffset: 0)
        self.file = file
        number(CURLOPT_UPLOAD, 1)
        chainrule_curl_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(size))
      } catch {
        throw HTTPClientError(
          code: .unreadable, message: "\(url.path) can't be read: \(error.localizedDescription)")
      }
    }
    if request.method != "HEAD" { text(CURLOPT_CUSTOMREQUEST, request.method) }
    var list: UnsafeMutablePointer<curl_slist>?
    for (name, value) in headers {
      list = curl_slist_append(list, value.isEmpty ? "\(name):" : "\(name): \(value)")
    }
    _ = chainrule_curl_pointer(handle, CURLOPT_HTTPHEADER, list)
    return list
  }

  /// Has every connection go to one address, whatever the URL's host and the environment say.
  private func pin(to address: String) throws -> UnsafeMutablePointer<curl_slist>? {
    let host = address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
    let list = curl_slist_append(nil, "::\(host):")
    _ = chainrule_curl_pointer(handle, CURLOPT_CONNECT_TO, list)
    text(CURLOPT_PROXY, "")
    return list
  }

  // MARK: - What libcurl calls

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let bytes, count > 0 else { return count }
    do {
      try tellHead()
      received += count
      guard received <= request.mostBytes else {
        throw HTTPClientError(
          code: .tooLarge, message: "the answer has more than \(request.mostBytes) bytes")
      }
      try piece([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
      return count
    } catch {
      fault = error
      return 0
    }
  }

  private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let bytes else { return count }
    let line = String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // Another answer: what came before was an interim one (1xx).
      headers = []
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...]
      headers.append(
        (String(line[..<colon]), value.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
    return count
  }

  private func tellHead() throws {
    if isHeadTold { return }
    isHeadTold = true
    status = handle.map { Int(chainrule_curl_status($0)) } ?? 0
    try head(ClientResponse(status: status, headers: headers))
  }

  private func give(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let bytes else { return Int(CURL_READFUNC_ABORT) }
    do {
      guard let data = try file?.read(upToCount: count) else { return 0 }
      data.copyBytes(to: UnsafeMutableRawBufferPointer(start: bytes, count: count))
      return data.count
    } catch {
      fault = HTTPClientError(code: .unreadable, message: "the file can't be read: \(error)")
      return Int(CURL_READFUNC_ABORT)
    }
  }

  private func error(_ code: CURLcode) -> HTTPClientError {
    let kind: HTTPClientError.Code =
      switch code {
      case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badURL
      case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
      case CURLE_COULDNT_CONNECT: .unreachable
      case CURLE_OPERATION_TIMEDOUT: .timedOut
      case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CACERT_BADFILE:
        .insecure
      case CURLE_ABORTED_BY_CALLBACK: .cancelled
      default: .broken
      }
    return HTTPClientError(code: kind, message: String(cString: curl_easy_strerror(code)))
  }
}
