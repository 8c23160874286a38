import Tensors

/// The tokens of a text as they lie in memory, and what they are called in another text's vocabulary.
struct TokenFile: @unchecked Sendable {
  let windows: TextWindows
  /// Never written.
  private let bytes: UnsafeRawBufferPointer
  /// The number that each token is given; `nil` for its own.
  private let renumbered: [Int32]?

  /// - Precondition: the bytes hold all tokens of the windows, and outlive this.
  init(windows: TextWindows, bytes: UnsafeRawBufferPointer, renumbered: [Int32]? = nil) {
    precondition(bytes.count == windows.count * windows.tokenBytes, "tokens are missing")
    self.windows = windows
    self.bytes = bytes
    self.renumbered = renumbered
  }

  func renumbered(_ numbers: [Int32]) -> TokenFile {
    TokenFile(windows: windows, bytes: bytes, renumbered: numbers)
  }

  /// - Precondition: the place is one of the text.
  subscript(place: Int) -> Int32 {
    let stored =
      windows.tokenBytes == 1
      ? Int(bytes[place]) : Int(bytes.loadUnaligned(fromByteOffset: place * 2, as: UInt16.self))
    return renumbered.map { $0[stored] } ?? Int32(stored)
  }

  /// Writes the tokens of windows, `offset` places on.
  ///
  /// - Precondition: each window is one of the text; with an offset of 1 it is its target.
  @inline(__always)
  func gather<Number>(
    _ indices: UnsafeBufferPointer<Int>, offset: Int, into output: UnsafeMutablePointer<Number>,
    _ number: (Int32) -> Number
  ) {
    let length = windows.length
    for (row, index) in indices.enumerated() {
      precondition(index >= 0 && index < windows.examples, "window \(index) of \(windows.examples)")
      let start = index * windows.stride + offset
      for place in 0..<length { output[row * length + place] = number(self[start + place]) }
    }
  }
}
