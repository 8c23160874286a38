import Tensors

/// A `.npy` file, as `numpy.load` reads it: of float64 numbers, or what stands before bytes.
public enum NumpyFile {
  /// - Parameters:
  ///   - values: in the order of rows.
  ///   - shape: as many elements as values.
  public static func encoded(_ values: [Double], shape: [Int]) -> [UInt8] {
    var bytes = NumpyHeader(type: TensorType(Shape(shape), .float64)).encoded
    bytes.reserveCapacity(bytes.count + 8 * values.count)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// What stands before so many bytes of their own.
  public static func header(ofBytes count: Int) -> [UInt8] {
    NumpyHeader(type: TensorType([count], .uint8)).encoded
  }
}
