import Tensors

/// What the bytes before an array's elements say.
struct ArrayHeader: Equatable {
  let format: DatasetFormat
  let element: ArrayElement
  /// The first axis counts examples.
  let shape: Shape
  /// Whether the first axis varies fastest.
  let isFortran: Bool
  /// Where the elements start.
  let byteCount: Int

  /// Bytes of all elements.
  var bodyBytes: Int { shape.count * element.byteCount }

  /// Reads the header of either format from the start of `source`.
  init(_ source: any ByteSource, limits: ImportLimits) throws(DatasetError) {
    let magic = try source.bytes(4)
    if magic == [0x93, 0x4E, 0x55, 0x4D] {
      self = try ArrayHeader(npy: source, limits: limits)
    } else if magic.count == 4, magic[0] == 0, magic[1] == 0 {
      self = try ArrayHeader(idx: source, magic: magic, limits: limits)
    } else {
      throw DatasetError(
        .malformed, "is no array of npy or idx: its first bytes are neither \\x93NUMPY nor 0 0",
        byte: 0)
    }
  }

  private init(
    format: DatasetFormat, element: ArrayElement, shape: Shape, isFortran: Bool, byteCount: Int,
    limits: ImportLimits
  ) throws(DatasetError) {
    guard (1...limits.arrayRank).contains(shape.rank) else {
      throw DatasetError(
        .unsupported,
        "has \(shape.rank) axes; from 1 to \(limits.arrayRank), the first counting examples")
    }
    guard let count = shape.checkedCount,
      case let (bytes, overflow) = count.multipliedReportingOverflow(by: element.byteCount),
      !overflow, bytes <= limits.decodedBytes
    else {
      throw DatasetError(
        .limitExceeded,
        "shape \(shape) of \(element.name) is more than \(limits.decodedBytes) bytes")
    }
    guard count > 0 else {
      throw DatasetError(.empty, "shape \(shape) has no element; upload at least one example")
    }
    guard count / shape[0] <= limits.exampleElements else {
      throw DatasetError(
        .limitExceeded,
        "an example of shape \(shape.dropFirst()) has more than \(limits.exampleElements) numbers")
    }
    self.format = format
    self.element = element
    self.shape = shape
    self.isFortran = isFortran && shape.rank > 1
    self.byteCount = byteCount
  }
}

extension ArrayHeader {
  /// Of an array whose file says elsewhere what it is: little endian, row after row.
  init(
    safetensors element: ArrayElement, shape: Shape, limits: ImportLimits
  ) throws(DatasetError) {
    try self.init(
      format: .safetensors, element: element, shape: shape, isFortran: false, byteCount: 0,
      limits: limits)
  }
}

// MARK: - NumPy

extension ArrayHeader {
  /// NumPy's format 1.0 to 3.0: numpy.lib.format.
  private init(npy source: any ByteSource, limits: ImportLimits) throws(DatasetError) {
    let start = try source.bytes(4)
    guard start.count == 4, start.starts(with: Array("PY".utf8)) else {
      throw DatasetError(.malformed, "the header is truncated; save the array again", byte: 4)
    }
    let version = (start[2], start[3])
    guard (1...3).contains(version.0), version.1 == 0 else {
      throw DatasetError(
        .unsupported, "version \(version.0).\(version.1) of NumPy's format isn't 1.0, 2.0 or 3.0",
        byte: 6)
    }
    let lengthBytes = try source.bytes(version.0 == 1 ? 2 : 4)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard lengthBytes.count == (version.0 == 1 ? 2 : 4) else {
      throw DatasetError(.malformed, "the header is truncated; save the array again", byte: 8)
    }
    guard length <= limits.arrayHeaderBytes else {
      throw DatasetError(
        .limitExceeded, "a header of \(length) bytes; at most \(limits.arrayHeaderBytes)", byte: 8)
    }
    let text = try source.bytes(length)
    guard text.count == length else {
      throw DatasetError(
        .malformed,
        "the header is truncated: \(text.count) of \(length) bytes; save the array again",
        byte: 8 + lengthBytes.count + text.count)
    }
    let place = 8 + lengthBytes.count
    guard case .dictionary(let members) = PythonLiteral(parsing: text),
      Set(members.map(\.key)) == ["descr", "fortran_order", "shape"]
    else {
      throw DatasetError(
        .malformed, "the header is no dictionary of descr, fortran_order and shape", byte: place)
    }
    let values = Dictionary(
      members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard case .boolean(let isFortran) = values["fortran_order"] else {
      throw DatasetError(.malformed, "the header's fortran_order is no boolean", byte: place)
    }
    guard case .sequence(let extents) = values["shape"] else {
      throw DatasetError(.malformed, "the header's shape is no tuple", byte: place)
    }
    var shape: [Int] = []
    for extent in extents {
      guard case .integer(let extent) = extent, extent >= 0 else {
        throw DatasetError(
          .malformed, "the header's shape holds something else than counts", byte: place)
      }
      shape.append(extent)
    }
    try self.init(
      format: .npy, element: ArrayHeader.element(values["descr"], at: place), shape: Shape(shape),
      isFortran: isFortran, byteCount: place + length, limits: limits)
  }

  private static func element(
    _ description: PythonLiteral?, at byte: Int
  ) throws(DatasetError) -> ArrayElement {
    guard case .string(let text) = description else {
      throw DatasetError(
        .unsupported, "is a structured array; save one array of plain numbers", byte: byte)
    }
    let order = text.first ?? " "
    let name = "<>|=".contains(order) ? String(text.dropFirst()) : text
    if name.first == "O" {
      throw DatasetError(
        .unsupported,
        "holds Python objects, which are pickled and could run code; save it with "
          + "a dtype of numbers, such as array.astype(\"float32\")", byte: byte)
    }
    guard let kind = ArrayElement.Kind(rawValue: name) else {
      throw DatasetError(
        .unsupported,
        "dtype \"\(text.prefix(40))\" isn't one of b1, u1 to u8, i1 to i8, f2 to f8; "
          + "convert it with astype", byte: byte)
    }
    return ArrayElement(kind: kind, isBigEndian: order == ">" && kind.byteCount > 1)
  }
}

// MARK: - IDX

extension ArrayHeader {
  /// MNIST's format: two zeros, a type, the number of axes, and an extent of 32 bits for each.
  private init(
    idx source: any ByteSource, magic: [UInt8], limits: ImportLimits
  ) throws(DatasetError) {
    let kinds: [UInt8: ArrayElement.Kind] = [
      0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
    ]
    guard let kind = kinds[magic[2]] else {
      throw DatasetError(
        .malformed, "\(magic[2]) is no type of IDX, which has 8, 9, 11, 12, 13 and 14", byte: 2)
    }
    let rank = Int(magic[3])
    guard (1...limits.arrayRank).contains(rank) else {
      throw DatasetError(.unsupported, "has \(rank) axes; from 1 to \(limits.arrayRank)", byte: 3)
    }
    let bytes = try source.bytes(rank * 4)
    guard bytes.count == rank * 4 else {
      throw DatasetError(
        .malformed, "the header is truncated: \(rank) axes need \(4 + rank * 4) bytes",
        byte: 4 + bytes.count)
    }
    let extents = (0..<rank).map { axis in
      bytes[axis * 4..<axis * 4 + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    try self.init(
      format: .idx, element: ArrayElement(kind: kind, isBigEndian: kind.byteCount > 1),
      shape: Shape(extents), isFortran: false, byteCount: 4 + rank * 4, limits: limits)
  }
}
