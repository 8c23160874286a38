import Digests
import Foundation
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  /// FIPS 180-4's examples, and the hash of nothing.
  static let known: [(text: String, times: Int, hash: String)] = [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "a", 1_000_000,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test("agrees with the examples of FIPS 180-4", arguments: known)
  func knownAnswers(text: String, times: Int, hash: String) {
    #expect(SHA256.digest(of: String(repeating: text, count: times).utf8).hexadecimal == hash)
  }

  @Test("doesn't depend on how the bytes are cut")
  func pieces() {
    let bytes = Array(Self.known[2].text.utf8)
    for cut in 0...bytes.count {
      let hash = SHA256()
      hash.update(bytes[..<cut])
      hash.update(bytes[cut...])
      #expect(hash.digest().hexadecimal == Self.known[2].hash)
    }
  }

  @Test("hashes a file as its bytes")
  func file() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("sha256-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(repeating: UInt8(ascii: "a"), count: 1_000_000).write(to: file)
    #expect(try SHA256.digest(ofFile: file).hexadecimal == Self.known[3].hash)
  }

  @Test("fails on a file that isn't there")
  func missingFile() {
    #expect(throws: POSIXError.self) {
      try SHA256.digest(ofFile: URL(fileURLWithPath: "/nonexistent/file"))
    }
  }
}

@Suite("Digests as text")
struct DigestTextTests {
  @Test("hexadecimal reads back in either case, and nothing else does")
  func hexadecimal() {
    let bytes: [UInt8] = [0, 1, 0x7F, 0x80, 0xAB, 0xFF]
    #expect(bytes.hexadecimal == "00017f80abff")
    #expect([UInt8](hexadecimal: "00017f80abff") == bytes)
    #expect([UInt8](hexadecimal: "00017F80ABFF") == bytes)
    #expect([UInt8](hexadecimal: "0") == nil)
    #expect([UInt8](hexadecimal: "0g") == nil)
    #expect(Digest(hexadecimal: "00") == nil)
  }

  @Test("Base64 is RFC 9530's for the hash of its example")
  func base64() {
    // RFC 9530, appendix B.1: the content {"hello": "world"} and a line feed.
    let digest = SHA256.digest(of: "{\"hello\": \"world\"}\n".utf8)
    #expect(digest.base64 == "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=")
    #expect(Digest(base64: digest.base64) == digest)
    #expect(Digest(base64: "AAAA") == nil)
  }
}

@Suite("Secure randomness")
struct SecureRandomTests {
  @Test("gives as many bytes as asked, and not the same twice")
  func bytes() {
    #expect(SecureRandom.bytes(0).isEmpty)
    let first = SecureRandom.bytes(32)
    #expect(first.count == 32)
    #expect(first != SecureRandom.bytes(32))
  }

  @Test("bytes are compared whole")
  func constantTime() {
    #expect(equalInConstantTime([1, 2, 3], [1, 2, 3]))
    #expect(!equalInConstantTime([1, 2, 3], [1, 2, 4]))
    #expect(!equalInConstantTime([1, 2, 3], [1, 2]))
    #expect(equalInConstantTime([], []))
  }
}
