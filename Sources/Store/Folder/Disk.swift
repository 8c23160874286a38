import Foundation

/// Files and folders, with errors that say which one it was and why.
enum Disk {
  static func exists(_ file: URL) -> Bool {
    FileManager.default.fileExists(atPath: file.path(percentEncoded: false))
  }

  static func isFolder(_ file: URL) -> Bool {
    var status = stat()
    return stat(file.path(percentEncoded: false), &status) == 0
      && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted; none when it isn't there.
  static func names(in folder: URL) -> [String] {
    let path = folder.path(percentEncoded: false)
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// A folder that only its owner may read, with those above it; their names are on disk for good once this returns.
  static func makeFolder(_ folder: URL) throws(StoreError) {
    let parent = folder.deletingLastPathComponent()
    if !isFolder(parent) { try makeFolder(parent) }
    guard mkdir(name(folder), 0o700) == 0 || errno == EEXIST && isFolder(folder) else {
      throw fault("make", folder)
    }
    // One that may not be read can't be synced; then the folder was there before, or its owner made it so.
    if access(name(parent), R_OK) == 0 { try synchronize(parent) }
  }

  /// Tells the folder that stands under a name now from every other; `nil` when none does.
  static func identity(of folder: URL) -> String? {
    var status = stat()
    guard stat(folder.path(percentEncoded: false), &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)].map { String($0, radix: 16) }
      .joined(separator: "-")
  }

  static func size(of file: URL) throws(StoreError) -> Int {
    var status = stat()
    guard stat(file.path(percentEncoded: false), &status) == 0 else {
      throw fault("read", file)
    }
    return Int(status.st_size)
  }

  /// Bytes that the disk of a folder has room for.
  static func freeBytes(at folder: URL) throws(StoreError) -> Int {
    var status = statvfs()
    guard statvfs(folder.path(percentEncoded: false), &status) == 0 else {
      throw fault("read", folder)
    }
    return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
  }

  /// Gives a file a second name, or copies it where the file system can't do that.
  static func link(_ file: URL, to other: URL) throws(StoreError) {
    if Foundation.link(file.path(percentEncoded: false), other.path(percentEncoded: false)) == 0 {
      return
    }
    guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS].contains(errno) else {
      throw fault("link", file)
    }
    try copy(file, to: other)
  }

  /// Gives every file below a folder a second name below another, or copies it.
  static func linkAll(in folder: URL, to other: URL) throws(StoreError) {
    try makeFolder(other)
    for name in names(in: folder) {
      let (file, target) = (folder.appending(path: name), other.appending(path: name))
      if isFolder(file) { try linkAll(in: file, to: target) } else { try link(file, to: target) }
    }
    try synchronize(other)
  }

  /// Copies a file's bytes to one that isn't there yet, on disk for good once this returns.
  static func copy(_ file: URL, to other: URL) throws(StoreError) {
    let output = try Output(other)
    try read(file) { (bytes) throws(StoreError) in try output.append(bytes) }
    try output.finish()
  }

  /// A file that wasn't there yet, being written.
  final class Output {
    private let file: URL
    private let descriptor: Int32

    init(_ file: URL) throws(StoreError) {
      let descriptor = open(
        file.path(percentEncoded: false), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw fault("write", file) }
      self.file = file
      self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
      var rest = bytes
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Foundation.write(descriptor, start, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw fault("write", file) }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }

    /// What was written is on disk for good once this returns.
    func finish() throws(StoreError) {
      guard fsync(descriptor) == 0 else { throw fault("write", file) }
    }
  }

  /// Hands on a file's bytes in pieces.
  static func read(
    _ file: URL, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    let source = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw fault("read", file) }
    defer { close(source) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = Foundation.read(source, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fault("read", file) }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Makes a file of so many bytes that the disk keeps for it; none when there is no room for all of it.
  static func allocate(_ bytes: Int, as file: URL) throws(StoreError) {
    let descriptor = open(name(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw fault("write", file) }
    defer { close(descriptor) }
    let number = posix_fallocate(descriptor, 0, off_t(bytes))
    if number == 0 { return }
    unlink(name(file))
    errno = number
    throw fault("write", file)
  }

  /// Writes a small file that isn't there yet.
  static func write(_ bytes: [UInt8], to file: URL) throws(StoreError) {
    do {
      try Data(bytes).write(to: file, options: .withoutOverwriting)
    } catch {
      let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
      throw StoreError(
        isFull ? .diskFull : .unavailable,
        "can't write \(name(file)): \(error.localizedDescription)")
    }
    try synchronize(file)
  }

  /// Gives a file or folder another name; both names are on disk for good once this returns.
  static func rename(_ file: URL, to other: URL) throws(StoreError) {
    guard
      Foundation.rename(file.path(percentEncoded: false), other.path(percentEncoded: false)) == 0
    else { throw fault("rename \(name(file)) to", other) }
    try synchronize(other.deletingLastPathComponent())
  }

  /// Has the disk keep what was written to a file, or the names in a folder.
  static func synchronize(_ file: URL) throws(StoreError) {
    let descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault("read", file) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw fault("write", file) }
  }

  static func remove(_ file: URL) throws(StoreError) {
    do {
      try FileManager.default.removeItem(at: file)
    } catch {
      throw StoreError(.unavailable, "can't remove \(name(file)): \(error.localizedDescription)")
    }
  }

  private static func name(_ file: URL) -> String { file.path(percentEncoded: false) }

  private static func fault(_ what: String, _ file: URL) -> StoreError {
    let number = errno
    let code: StoreError.Code =
      switch number {
      case ENOSPC, EDQUOT: .diskFull
      case ENOENT: .notFound
      default: .unavailable
      }
    return StoreError(code, "can't \(what) \(name(file)): \(String(cString: strerror(number)))")
  }
}
