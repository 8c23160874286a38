/// A file format for named tensors.
public enum WeightsFile: String, Hashable, Sendable, CaseIterable {
  /// https://huggingface.co/docs/safetensors
  case safetensors
  /// NumPy's archive of arrays: a zip of one `.npy` a tensor.
  case npz

  public var mediaType: String {
    switch self {
    case .safetensors: "application/octet-stream"
    case .npz: "application/zip"
    }
  }

  public var fileExtension: String { rawValue }

  /// Takes the next stretch of a file; the memory is only valid during the call.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  /// Writes the tensors as a file of this format, stretch by stretch, without a copy of the whole.
  ///
  /// The same tensors give the same bytes.
  public func write(
    _ tensors: [NamedTensor], metadata: [(String, String)] = [], to sink: Sink
  ) throws {
    switch self {
    case .safetensors: try SafeTensors.write(tensors, metadata: metadata, to: sink)
    case .npz: try NumpyArchive.write(tensors, to: sink)
    }
  }

  /// The file as one array of bytes.
  public func encoded(
    _ tensors: [NamedTensor], metadata: [(String, String)] = []
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tensors.reduce(1024) { $0 + $1.tensor.type.byteCount + 256 })
    try write(tensors, metadata: metadata) { bytes.append(contentsOf: $0) }
    return bytes
  }

  public func encoded(_ weights: Weights) throws -> [UInt8] { try encoded(weights.tensors) }

  /// Bytes that the tensors of a file may have together, however small a zip of them is.
  public static let largestContents = 1 << 30
  /// Tensors of a file, and letters of a name in UTF-8.
  public static let mostTensors = 65_536
  public static let longestName = 2_000
  /// Bytes of a safetensors header; that of 65,536 tensors has about 6 MB.
  public static let longestHeader = 16 << 20

  /// Reads a file of this format.
  ///
  /// - Throws: `TrainingError.invalidWeights`, which says what is wrong and where.
  public func decoded(_ bytes: [UInt8]) throws(TrainingError) -> [NamedTensor] {
    try read(bytes).map { NamedTensor(name: $0.name, tensor: $0.tensor) }
  }

  /// The same with the types that the file stores.
  public func read(_ bytes: [UInt8]) throws(TrainingError) -> [StoredTensor] {
    switch self {
    case .safetensors:
      try SafeTensors.read(bytes, most: (Self.mostTensors, Self.longestHeader)).tensors
    case .npz: try NumpyArchive.read(bytes)
    }
  }

  /// The format of a file by its first bytes; `nil` for neither.
  public static func sniffed(_ bytes: some Collection<UInt8>) -> WeightsFile? {
    let start = Array(bytes.prefix(9))
    if start.starts(with: [0x50, 0x4B]) { return .npz }
    return start.count == 9 && start[8] == UInt8(ascii: "{") ? .safetensors : nil
  }
}
