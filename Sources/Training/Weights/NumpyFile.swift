import Tensors

/// A `.npy` file of float64 numbers, as `numpy.load` reads it.
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
}
