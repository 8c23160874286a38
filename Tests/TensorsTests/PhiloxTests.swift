import Testing
import Tensors

@Suite struct PhiloxTests {
  /// Known answers from the Random123 distribution, `kat_vectors`, philox4x32 with 10 rounds.
  @Test("Philox gives the published words")
  func knownAnswers() {
    #expect(Philox(key: 0).block(0, 0) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox(key: .max).block(.max, .max)
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox(key: 0x299f_31d0_a409_3822).block(0x85a3_08d3_243f_6a88, 0x0370_7344_1319_8a2e)
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }
}
