import Client
import Foundation
import JSON
import TerminalText

/// The flags of a sub-command that uploads a file as a dataset.
struct DataFlags: Sendable {
  static let fields = [data] + sending
  /// Those of a sub-command that has the file as its argument.
  static let sending = [options, pieces, resume]

  private static let data = Field(
    "data", .described("a file"), "A file to upload and to train on.")
  private static let options = Field(
    "import", .described("options"),
    "How the file is read, as in a query: format=csv&target=label&header=true.")
  private static let pieces = Field(
    "piece", .described("bytes"),
    "Sends the file in pieces of so many bytes, and goes on after a break; from 64MiB a file is sent in pieces of 8MiB."
  )
  private static let resume = Field(
    "resume", .described("an upload"), "Goes on with an upload that was interrupted, by its id.")

  private let file: String?
  private let options: String?
  private let piece: Int?
  private let resumed: String?

  /// - Parameter file: the file, where it isn't a flag.
  init(_ reader: inout ObjectReader, file: String? = nil) {
    self.file = file ?? reader.string(Self.data.name)
    options = reader.string(Self.options.name)
    piece =
      reader.object[Self.pieces.name] == nil ? nil : ByteCount.read(Self.pieces, &reader)
    resumed = reader.string(Self.resume.name)
  }

  /// Uploads the file, if there is one.
  ///
  /// - Returns: the dataset's id.
  func upload(_ flags: ClientFlags) async throws -> String? {
    guard let path = file else { return nil }
    let file = URL(filePath: path)
    let name = file.lastPathComponent.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    let query = "name=\(name ?? "data")" + (options.map { "&\($0)" } ?? "")
    let made: JSON
    if let upload = try await sent(file, flags) {
      made = try await flags.client.json("POST", "/v1/datasets?upload=\(upload)&\(query)")
    } else {
      made = try await flags.client.upload(file, to: "/v1/datasets?\(query)")
    }
    guard let id = made["id"]?.string else { throw CommandFailure("no dataset was made") }
    if !flags.isJSON {
      Terminal.note("uploaded \(path): \(made["examples"]?.integer ?? 0) examples, \(id)\n")
    }
    return id
  }

  /// Sends the file in pieces, where that is asked for or it is large.
  ///
  /// - Returns: the upload's id.
  private func sent(_ file: URL, _ flags: ClientFlags) async throws -> String? {
    let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    guard resumed != nil || piece != nil || size >= PieceUpload.largeFile else { return nil }
    let pieces = PieceUpload(
      flags.client, file: file, pieceBytes: piece ?? PieceUpload.standardPiece)
    let id: String
    if let resumed { id = resumed } else { id = try await pieces.begin() }
    let advice = "chainrule upload \(file.relativePath) --resume \(id) goes on where it was"
    let interruption = Terminal.onInterrupt(tell: advice)
    defer { interruption.cancel() }
    do {
      let begun = ContinuousClock.now
      try await pieces.send(to: id) { progress in
        guard Terminal.isNoteWatched else { return }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        let line = ProgressBar.line(
          sent: progress.sent, of: progress.total, seconds: seconds, width: Terminal.width)
        Terminal.note("\r\u{1B}[K\(line)\(progress.sent == progress.total ? "\n" : "")")
      }
    } catch {
      throw CommandFailure("\(error)\n\(advice)")
    }
    return id
  }
}
