import Foundation
import JSON
import Tensors

/// A decoded dataset, mapped into memory and read by any number of threads.
public final class Dataset: @unchecked Sendable {
  /// The names of the files in a dataset's directory.
  enum FileName {
    static let inputs = "inputs.bin"
    static let targets = "targets.bin"
    static let description = "description.json"
    static let preview = "preview.json"
    static let all = [inputs, targets, description, preview]
  }

  public let description: DatasetDescription
  public let directory: URL
  /// Never written after `open`; that is what makes sharing safe.
  private let inputs: MappedFile
  private let targets: MappedFile
  /// What each byte becomes, when the inputs are bytes.
  private let byteValues: [Float]
  /// Numbers of one example as they are stored.
  private let width: Int
  private let targetWidth: Int
  /// How examples become those of another dataset's kind; `nil` when they stay what they are.
  private let adaptation: Adaptation?
  /// What a text's examples are cut out of; `nil` for anything else.
  let tokens: TokenFile?

  public var examples: Int { description.examples }
  public var inputShape: Shape { description.input.shape }
  public var inputElement: ElementType { .float32 }
  public var target: DatasetDescription.Target { description.target }

  /// Maps the dataset that an import left in `directory`.
  ///
  /// - Throws: `DatasetError` when a file is missing, damaged or of the wrong size.
  public static func open(directory: URL) throws(DatasetError) -> Dataset {
    let file = directory.appendingPathComponent(FileName.description)
    guard let data = try? Data(contentsOf: file) else {
      throw DatasetError(.storage, "\(file.path) can't be read; import the dataset again")
    }
    do {
      let description = try DatasetDescription(JSON(parsing: data))
      return try Dataset(directory: directory, description: description)
    } catch let error as DatasetError {
      throw error
    } catch {
      throw DatasetError(.storage, "\(file.path) is damaged (\(error)); import the dataset again")
    }
  }

  init(directory: URL, description: DatasetDescription) throws(DatasetError) {
    self.directory = directory
    self.description = description
    adaptation = nil
    width = description.input.shape.count
    targetWidth = description.target.shape.count
    inputs = try MappedFile(directory.appendingPathComponent(FileName.inputs))
    targets = try MappedFile(directory.appendingPathComponent(FileName.targets))
    if let windows = description.input.windows {
      byteValues = []
      try Dataset.check(
        inputs, examples: windows.count, bytes: windows.tokenBytes, in: directory)
      guard windows.examples == description.examples, width == windows.length,
        description.target.classes.count == windows.vocabulary
      else {
        throw DatasetError(
          .storage, "\(directory.path) contradicts itself; import the dataset again")
      }
      tokens = TokenFile(windows: windows, bytes: inputs.bytes)
      return
    }
    tokens = nil
    let stored = description.input.stored
    if stored == .uint8 {
      let scaling = description.input.scalings.first ?? .identity
      byteValues = (0..<256).map { Float(scaling.encode(Double($0))) }
    } else {
      byteValues = []
    }
    try Dataset.check(
      inputs, examples: description.examples, bytes: width * stored.byteCount, in: directory)
    try Dataset.check(
      targets, examples: description.examples, bytes: targetWidth * 4, in: directory)
  }

  /// The same examples, gathered as another dataset's would be.
  init(_ dataset: Dataset, adaptation: Adaptation, description: DatasetDescription) {
    directory = dataset.directory
    inputs = dataset.inputs
    targets = dataset.targets
    byteValues = dataset.byteValues
    width = dataset.width
    targetWidth = dataset.targetWidth
    self.adaptation = adaptation
    self.description = description
    tokens = nil
  }

  /// The same text in another's vocabulary.
  init(_ dataset: Dataset, tokens: TokenFile, description: DatasetDescription) {
    directory = dataset.directory
    inputs = dataset.inputs
    targets = dataset.targets
    byteValues = []
    width = dataset.width
    targetWidth = dataset.targetWidth
    adaptation = nil
    self.tokens = tokens
    self.description = description
  }

  private static func check(
    _ file: MappedFile, examples: Int, bytes: Int, in directory: URL
  ) throws(DatasetError) {
    let (expected, overflow) = examples.multipliedReportingOverflow(by: bytes)
    guard !overflow, file.bytes.count == expected else {
      throw DatasetError(
        .storage, "a file of \(directory.path) has the wrong length; import the dataset again")
    }
  }

  /// Writes the chosen examples: inputs as `[indices.count] + inputShape`, scaled, and targets as
  /// `Int32` classes `[indices.count]` or `Float` vectors `[indices.count] + target.shape`.
  ///
  /// Inputs stored as bytes are scaled here, by division by 255 unless the import said otherwise;
  /// inputs stored as floats were scaled by the import. Tokens of a text are their numbers.
  ///
  /// - Precondition: every index is one of an example, and both places are large enough.
  public func gather(
    indices: UnsafeBufferPointer<Int>, inputs destination: UnsafeMutablePointer<Float>,
    targets targetDestination: UnsafeMutableRawPointer
  ) {
    gatherInputs(indices: indices, into: destination)
    gatherTargets(indices: indices, into: targetDestination)
  }

  /// Writes the targets of the chosen examples alone.
  public func gatherTargets(
    indices: UnsafeBufferPointer<Int>, into targetDestination: UnsafeMutableRawPointer
  ) {
    if let tokens {
      tokens.gather(
        indices, offset: 1, into: targetDestination.assumingMemoryBound(to: Int32.self)
      ) { $0 }
      return
    }
    let bytes = targetWidth * 4
    for (row, index) in indices.enumerated() {
      precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
      if let source = targets.bytes.baseAddress {
        (targetDestination + row * bytes).copyMemory(from: source + index * bytes, byteCount: bytes)
      }
    }
    adaptation?.adaptTargets(
      targetDestination, count: indices.count,
      places: target.kind == .sequence ? targetWidth : 1)
  }

  public func gather(
    indices: [Int], inputs: UnsafeMutablePointer<Float>, targets: UnsafeMutableRawPointer
  ) {
    indices.withUnsafeBufferPointer { gather(indices: $0, inputs: inputs, targets: targets) }
  }

  /// Writes the tokens of the chosen windows of a text; of another dataset nothing.
  public func gatherTokens(
    indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutablePointer<Int32>
  ) {
    tokens?.gather(indices, offset: 0, into: destination) { $0 }
  }

  /// Writes the inputs of the chosen examples alone.
  public func gatherInputs(
    indices: UnsafeBufferPointer<Int>, into destination: UnsafeMutablePointer<Float>
  ) {
    if let tokens {
      tokens.gather(indices, offset: 0, into: destination) { Float($0) }
      return
    }
    guard let source = inputs.bytes.baseAddress else { return }
    let isBytes = !byteValues.isEmpty
    if let adaptation {
      gatherAdapted(indices, from: source, adaptation, into: destination)
      return
    }
    byteValues.withUnsafeBufferPointer { values in
      for (row, index) in indices.enumerated() {
        precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
        let output = destination + row * width
        if isBytes {
          let bytes = (source + index * width).assumingMemoryBound(to: UInt8.self)
          for position in 0..<width { output[position] = values[Int(bytes[position])] }
        } else {
          UnsafeMutableRawPointer(output)
            .copyMemory(from: source + index * width * 4, byteCount: width * 4)
        }
      }
    }
  }

  private func gatherAdapted(
    _ indices: UnsafeBufferPointer<Int>, from source: UnsafeRawPointer, _ adaptation: Adaptation,
    into destination: UnsafeMutablePointer<Float>
  ) {
    byteValues.withUnsafeBufferPointer { values in
      for (row, index) in indices.enumerated() {
        precondition(index >= 0 && index < examples, "example \(index) of \(examples)")
        let output = destination + row * adaptation.width
        if values.isEmpty {
          let numbers = (source + index * width * 4).assumingMemoryBound(to: Float.self)
          adaptation.adapt(into: output) { numbers[$0] }
        } else {
          let bytes = (source + index * width).assumingMemoryBound(to: UInt8.self)
          adaptation.adapt(into: output) { values[Int(bytes[$0])] }
        }
      }
    }
  }

  /// The class of every example; none when the target is a vector.
  public var classIndices: [Int32] {
    guard target.kind == .class else { return [] }
    let stored = targets.bytes.bindMemory(to: Int32.self)
    return adaptation.map { adaptation in stored.map(adaptation.classIndex) } ?? Array(stored)
  }

  /// The split of this dataset's examples, stratified when its targets are classes; a text's last part validates.
  ///
  /// - Parameter inOrder: whether the last examples validate of any dataset.
  public func split(validationFraction: Double, seed: UInt64, inOrder: Bool = false) -> Split {
    if let tokens { return tokens.windows.split(validationFraction: validationFraction) }
    if inOrder { return Split(examples: examples, lastFraction: validationFraction) }
    return Split(
      examples: examples, validationFraction: validationFraction, seed: seed,
      classIndices: classIndices)
  }
}

/// A file mapped for reading.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init(_ file: URL) throws(DatasetError) {
    let descriptor = Foundation.open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw DatasetError(.storage, "\(file.path) can't be opened: \(errorText(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw DatasetError(.storage, "\(file.path) can't be read: \(errorText(errno))")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw DatasetError(.storage, "\(file.path) can't be mapped: \(errorText(errno))")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}

/// What the C library says of an error number.
func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
