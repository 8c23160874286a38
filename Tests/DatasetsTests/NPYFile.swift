/// NumPy files that tests write by hand, version 1.0.
enum NPYFile {
  /// What stands before the numbers, whatever the text says.
  static func head(_ text: String) -> [UInt8] {
    let length = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }

  /// - Parameter type: NumPy's name of it, such as `<f4`.
  static func bytes<Number: BitwiseCopyable>(
    _ type: String, _ shape: [Int], _ numbers: [Number]
  ) -> [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    return head("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents))}")
      + numbers.withUnsafeBytes { Array($0) }
  }
}
