import Tensors

/// The header of a `.npy` file: magic, version, length, and a Python literal padded to 64 bytes.
///
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NumpyHeader {
  let kind: StoredElement
  let shape: Shape
  let descriptor: String
  /// Whether the first axis runs fastest, as in a matrix that NumPy was asked to transpose.
  let isFortran: Bool

  init(type: TensorType) {
    kind = .same(type.element)
    shape = type.shape
    isFortran = false
    descriptor =
      switch type.element {
      case .float32: "<f4"
      case .float64: "<f8"
      case .int32: "<i4"
      case .uint8: "|u1"
      }
  }

  /// The longest header that is read.
  private static let longest = 65_536
  /// NumPy's own limit of axes.
  private static let longestShape = 64

  private init(kind: StoredElement, shape: Shape, descriptor: String, isFortran: Bool) {
    self.kind = kind
    self.shape = shape
    self.descriptor = descriptor
    self.isFortran = isFortran
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The header in version 1.0.
  var encoded: [UInt8] {
    let extents = shape.dimensions.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(extents),)" : "(\(extents))"
    let text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    var body = Array(text.utf8)
    while (10 + body.count + 1) % 64 != 0 { body.append(UInt8(ascii: " ")) }
    body.append(UInt8(ascii: "\n"))
    let length = [UInt8(body.count & 0xFF), UInt8(body.count >> 8)]
    return Self.magic + [1, 0] + length + body
  }

  /// The header of a file, and where its contents begin.
  static func read(
    _ bytes: [UInt8], of name: String
  ) throws(TrainingError) -> (header: NumpyHeader, contents: Int) {
    func fault(_ detail: String) -> TrainingError {
      TrainingError(.invalidWeights, "\"\(name)\" is no npy array: \(detail)")
    }
    guard bytes.count >= 12, bytes.starts(with: magic), (1...3).contains(bytes[6]) else {
      throw fault("it doesn't begin with NumPy's magic and a version from 1 to 3")
    }
    let wide = bytes[6] > 1
    let start = wide ? 12 : 10
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else { throw fault("it ends within its header") }
    guard length <= longest else {
      throw fault("its header has \(length) bytes; at most \(longest)")
    }
    let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
    guard let descriptor = text.firstMatch(of: #/'descr':\s*'([^']*)'/#)?.1,
      let order = text.firstMatch(of: #/'fortran_order':\s*(True|False)/#)?.1,
      let tuple = text.firstMatch(of: #/'shape':\s*\(([0-9, ]*)\)/#)?.1
    else { throw fault("its header lacks descr, fortran_order or shape") }
    guard let kind = StoredElement(numpy: String(descriptor)) else {
      let remedy =
        descriptor.hasPrefix(">")
        ? "its bytes are in the other order; save .astype(\"<\(descriptor.dropFirst())\")"
        : descriptor.hasSuffix("O")
          ? "objects are pickled, which isn't read; save plain numbers"
          : "one of \(StoredElement.numpyNames)"
      throw fault("the type \(descriptor.prefix(40)) is not supported; \(remedy)")
    }
    let extents = tuple.filter { $0 != " " }.split(separator: ",")
    let dimensions = extents.compactMap { Int($0) }
    guard dimensions.count == extents.count else {
      throw fault("an extent of its shape is too large")
    }
    guard dimensions.count <= longestShape else {
      throw fault("it has \(dimensions.count) axes; at most \(longestShape)")
    }
    return (
      NumpyHeader(
        kind: kind, shape: Shape(dimensions), descriptor: String(descriptor),
        isFortran: order == "True" && dimensions.count > 1),
      start + length
    )
  }
}
