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
    /// With several arrays of a kind each has a file of its own; the first is named as an only one.
    static func inputs(_ index: Int) -> String { index == 0 ? inputs : "inputs-\(index).bin" }
    static func targets(_ index: Int) -> String { index == 0 ? targets : "targets-\(index).bin" }
    static let all =
      [description, preview, GraphFile.name, SeriesExamples.fileName]
      + (0..<DatasetDescription.mostArrays).flatMap { [inputs($0), targets($0)] }
  }

  public let description: DatasetDescription
  public let directory: URL
  /// One for each input and target; none for a text. Never written after `open`; that is what makes
  /// sharing safe.
  let inputFiles: [InputFile]
  let targetFiles: [TargetFile]
  /// What a text's examples are cut out of, and the file that it lies in; `nil` for anything else.
  let tokens: TokenFile?
  private let text: MappedFile?
  /// The graph whose vertices, or graphs, the examples are, and the file of its dense features; `nil` when they
  /// make none.
  public let graph: GraphFile?
  private let vertices: MappedFile?
  /// Where windows of a table's rows lie; `nil` where an example is no window.
  let series: SeriesExamples?

  public var examples: Int { description.examples }
  public var inputShape: Shape { description.input.shape }
  public var inputElement: ElementType { .float32 }
  public var target: DatasetDescription.Target { description.target }

  /// Maps the dataset that an import left in `directory`.
  ///
  /// - Throws: `DatasetError` when a file is missing, damaged or of the wrong size.
  public static func open(directory: URL) throws(DatasetError) -> Dataset {
    let file = directory.appendingPathComponent(FileName.description)
    let mapped: MappedFile
    do throws(DatasetError) {
      mapped = try MappedFile(file)
    } catch {
      if error.code == .unavailable { throw error }
      throw DatasetError(.storage, "\(file.path) can't be read; import the dataset again")
    }
    let data = withExtendedLifetime(mapped) { Data(mapped.bytes) }
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
    graph = try description.graph.map { (graph) throws(DatasetError) in
      try GraphFile(directory: directory, description: graph, examples: description.examples)
    }
    if let windows = description.input.windows {
      let text = try MappedFile(directory.appendingPathComponent(FileName.inputs))
      try text.check(examples: windows.count, bytes: windows.tokenBytes)
      guard windows.examples == description.examples,
        description.input.shape.count == windows.length,
        description.target.classes.count == windows.vocabulary
      else {
        throw DatasetError(
          .storage, "\(directory.path) contradicts itself; import the dataset again")
      }
      tokens = TokenFile(windows: windows, bytes: text.bytes)
      self.text = text
      vertices = nil
      series = nil
      inputFiles = []
      targetFiles = []
      return
    }
    tokens = nil
    text = nil
    if let graph {
      let features = try MappedFile(directory.appendingPathComponent(FileName.inputs))
      let rows = graph.description.storedFeatures == nil ? graph.description.vertices : 0
      let (bytes, overflow) = description.input.shape.count.multipliedReportingOverflow(by: 4)
      try features.check(examples: rows, bytes: overflow ? -1 : bytes)
      vertices = features
      series = nil
      inputFiles = []
      let targets = directory.appendingPathComponent(FileName.targets)
      targetFiles = [
        try TargetFile(targets, description.target, examples: description.examples)
      ]
      return
    }
    vertices = nil
    let series = try description.input.series.map { (windows) throws(DatasetError) in
      try SeriesExamples(windows, directory: directory)
    }
    if let series, series.count != description.examples {
      throw DatasetError(.storage, "\(directory.path) contradicts itself; import the dataset again")
    }
    self.series = series
    var inputFiles: [InputFile] = []
    var targetFiles: [TargetFile] = []
    for (index, named) in description.namedInputs.enumerated() {
      let file = directory.appendingPathComponent(FileName.inputs(index))
      inputFiles.append(
        try InputFile(
          file, named.input, columns: description.columns, examples: description.examples,
          series: series, padding: StepPadding(of: description)))
    }
    for (index, named) in description.namedTargets.enumerated() {
      let file = directory.appendingPathComponent(FileName.targets(index))
      targetFiles.append(
        try TargetFile(file, named.target, examples: description.examples, series: series))
    }
    self.inputFiles = inputFiles
    self.targetFiles = targetFiles
  }

  /// The same examples, gathered as another dataset's would be.
  init(
    _ dataset: Dataset, inputs: [InputFile], targets: [TargetFile],
    description: DatasetDescription
  ) {
    directory = dataset.directory
    inputFiles = inputs
    targetFiles = targets
    self.description = description
    tokens = nil
    text = nil
    graph = nil
    vertices = nil
    series = dataset.series
  }

  /// The same text in another's vocabulary.
  init(_ dataset: Dataset, tokens: TokenFile, description: DatasetDescription) {
    directory = dataset.directory
    inputFiles = []
    targetFiles = []
    text = dataset.text
    graph = nil
    vertices = nil
    series = nil
    self.tokens = tokens
    self.description = description
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
  ///
  /// - Parameter target: which, when there are several.
  public func gatherTargets(
    indices: UnsafeBufferPointer<Int>, target: Int = 0,
    into targetDestination: UnsafeMutableRawPointer
  ) {
    if let tokens {
      tokens.gather(
        indices, offset: 1, into: targetDestination.assumingMemoryBound(to: Int32.self)
      ) { $0 }
      return
    }
    targetFiles[target].gather(indices: indices, into: targetDestination)
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
  ///
  /// - Parameter input: which, when there are several.
  public func gatherInputs(
    indices: UnsafeBufferPointer<Int>, input: Int = 0,
    into destination: UnsafeMutablePointer<Float>
  ) {
    if let tokens {
      tokens.gather(indices, offset: 0, into: destination) { Float($0) }
      return
    }
    if let graph {
      for row in 0..<indices.count where graph.description.graphs == nil {
        precondition(
          indices[row] >= 0 && indices[row] < examples, "example \(indices[row]) of \(examples)")
        vertexFeatures(
          indices[row], of: graph, into: destination + row * description.input.shape.count)
      }
      return
    }
    inputFiles[input].gather(indices: indices, into: destination)
  }

  /// Bytes of its files from which it is worth reading examples before they are gathered.
  private static let large = 1 << 30

  public var isLarge: Bool {
    inputFiles.reduce(0) { $0 + $1.byteCount } + targetFiles.reduce(0) { $0 + $1.byteCount }
      >= Dataset.large
  }

  /// Takes note that examples are gathered in no order, so that reading what lies around them is of no use.
  public func readsAtRandom() {
    for file in inputFiles { file.readsAtRandom() }
    for file in targetFiles { file.readsAtRandom() }
  }

  /// Has the disk begin to read some examples.
  public func readAhead(_ examples: [Int]) {
    for example in examples {
      for file in inputFiles { file.readAhead(example) }
      for file in targetFiles { file.readAhead(example) }
    }
  }

  /// The features of all vertices of a graph, unless they are sparse.
  public var denseFeatures: UnsafeBufferPointer<Float> {
    vertices?.bytes.bindMemory(to: Float.self) ?? UnsafeBufferPointer(start: nil, count: 0)
  }

  /// The class of every example by the first target; none when that is a vector.
  public var classIndices: ClassLabels {
    target.kind == .class ? ClassLabels(targetFiles[0]) : []
  }

  /// The split of this dataset's examples, stratified when its targets are classes; a text's last part validates.
  ///
  /// - Parameter inOrder: whether the last examples validate of any dataset.
  public func split(validationFraction: Double, seed: UInt64, inOrder: Bool = false) -> Split {
    if let tokens { return tokens.windows.split(validationFraction: validationFraction) }
    if let series {
      return series.split(validationFraction: validationFraction)
    }
    if inOrder { return Split(examples: examples, lastFraction: validationFraction) }
    return Split(
      examples: examples, validationFraction: validationFraction, seed: seed,
      classIndices: classIndices)
  }
}

/// A file mapped for reading.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let path: String

  init(_ file: URL) throws(DatasetError) {
    path = file.path
    let descriptor = Foundation.open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw DatasetError.system(errno, "\(file.path) can't be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw DatasetError.system(errno, "\(file.path) can't be read")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw DatasetError.system(errno, "\(file.path) can't be mapped")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Has the disk begin to read some of it.
  func willNeed(_ offset: Int, count: Int) {
    guard let base = bytes.baseAddress, offset >= 0, offset + count <= bytes.count else { return }
    let start = offset & ~(MappedFile.page - 1)
    madvise(UnsafeMutableRawPointer(mutating: base + start), offset + count - start, MADV_WILLNEED)
  }

  /// Has the disk read what is asked for and nothing around it.
  func readsAtRandom() {
    guard let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_RANDOM)
  }

  /// Gives back the memory that what was read takes in this process; it stays in the system's cache as long as there is room.
  func letGo() {
    guard let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
  }

  private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// - Parameter bytes: of one example.
  func check(examples: Int, bytes: Int) throws(DatasetError) {
    let (expected, overflow) = examples.multipliedReportingOverflow(by: bytes)
    guard !overflow, self.bytes.count == expected else {
      throw DatasetError(
        .storage, "\(path) has the wrong length; import the dataset again")
    }
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}
