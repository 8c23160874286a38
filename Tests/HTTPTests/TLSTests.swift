import Foundation
import HTTP
import Testing

/// TLS, as `openssl s_client` and curl see it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TLSTests {
  private struct Files {
    let folder: URL
    var tls: TLSFiles {
      TLSFiles(
        certificate: folder.appending(path: "certificate.pem"),
        key: folder.appending(path: "key.pem"))
    }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    /// A new certificate of a name, signed by itself.
    func make(_ name: String) throws {
      _ = try TLSTests.run(
        "openssl",
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-days", "2", "-subj", "/CN=\(name)", "-addext",
          "subjectAltName=DNS:localhost,IP:127.0.0.1",
          "-keyout", tls.key.path, "-out", tls.certificate.path,
        ])
    }
  }

  private static func run(_ command: String, _ arguments: [String]) throws -> (
    status: Int32, text: String
  ) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  private static func subject(_ port: Int) throws -> String {
    try run("openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost"])
      .text
      .split(separator: "\n").first { $0.hasPrefix("subject=") }.map(String.init) ?? ""
  }

  @Test(
    "1.2 and 1.3 are spoken, nothing older; a new certificate is shown once it is loaded, a bad one never"
  )
  func versions() async throws {
    let files = try Files()
    defer { try? FileManager.default.removeItem(at: files.folder) }
    try files.make("first")
    try await TestServer.run({ $0.tls = files.tls }) { test in
      func curl(_ more: [String]) throws -> (status: Int32, text: String) {
        try Self.run(
          "curl",
          ["-sS", "-i", "--cacert", files.tls.certificate.path] + more
            + ["https://localhost:\(test.port)/v1/things/7"])
      }
      for version in ["--tlsv1.3", "--tls-max 1.2"] {
        let answer = try curl(version.split(separator: " ").map(String.init))
        #expect(answer.text.hasSuffix("thing 7"), "\(version): \(answer.text)")
        #expect(answer.text.contains("Strict-Transport-Security: max-age="))
      }
      let old = try Self.run(
        "openssl",
        ["s_client", "-connect", "127.0.0.1:\(test.port)", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
      #expect(old.status != 0 && !old.text.contains("BEGIN CERTIFICATE"))
      let plain = try Self.run("curl", ["-sS", "http://localhost:\(test.port)/v1/things/7"])
      #expect(plain.status != 0 && !plain.text.contains("thing"))
      #expect(try Self.subject(test.port).contains("first"))
      // A connection from before goes on.
      let stream = try curl(["--max-time", "5"])
      #expect(stream.status == 0)
      try files.make("second")
      try files.tls.load()
      #expect(try Self.subject(test.port).contains("second"))
      try Data("no key".utf8).write(to: files.tls.key)
      #expect(throws: ServerError.self) { try files.tls.load() }
      #expect(try Self.subject(test.port).contains("second"))
      let other = try Files()
      defer { try? FileManager.default.removeItem(at: other.folder) }
      try other.make("third")
      try FileManager.default.removeItem(at: files.tls.key)
      try FileManager.default.copyItem(at: other.tls.key, to: files.tls.key)
      let fault = #expect(throws: ServerError.self) { try files.tls.load() }
      #expect(fault?.description.contains("isn't the key") == true)
    }
  }

  @Test("files that aren't there, or hold something else, are named")
  func badFiles() throws {
    let files = try Files()
    defer { try? FileManager.default.removeItem(at: files.folder) }
    #expect(throws: ServerError.self) { try files.tls.load() }
    try Data("nothing".utf8).write(to: files.tls.certificate)
    try Data("nothing".utf8).write(to: files.tls.key)
    let fault = #expect(throws: ServerError.self) { try files.tls.load() }
    #expect(fault?.description.contains("certificate.pem") == true)
  }
}
