import Testing

@testable import TensorBoard

@Suite struct EventRecordTests {
  private func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8).map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test("checksums are those of RFC 3720, appendix B.4")
  func checksums() {
    #expect(EventRecord.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(EventRecord.checksum(of: [UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(EventRecord.checksum(of: (0..<32).map { UInt8($0) }) == 0x46DD_794E)
  }

  @Test("a file begins as TensorBoard's own writer begins one")
  func version() {
    // tensorboard.summary.writer.record_writer of an Event with wall_time 1.5 and file_version "brain.Event:2".
    let expected = hex(
      "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a32")
    let found = EventRecord.version(wallTime: 1.5).bytes
    #expect(found.count == expected.count + 4)
    #expect(Array(found[..<12]) == Array(expected[..<12]))
    #expect(Array(found[12..<found.count - 4]) == Array(expected[12...]))
  }
}
