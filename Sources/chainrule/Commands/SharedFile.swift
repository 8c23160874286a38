import Foundation

/// Files that come with the program and aren't part of it.
enum SharedFile {
  /// Plotly.js: `share/chainrule/plotly.min.js` beside the folder of the program, or beside one above it, as a build has it.
  static var plotly: URL? {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let folder = program.deletingLastPathComponent().deletingLastPathComponent()
    return [folder, folder.deletingLastPathComponent()]
      .map { $0.appending(path: "share/chainrule/plotly.min.js") }
      .first { FileManager.default.isReadableFile(atPath: $0.path(percentEncoded: false)) }
  }
}
