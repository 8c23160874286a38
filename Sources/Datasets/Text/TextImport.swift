import Foundation
import Tensors

/// Decodes a text into the numbers of its tokens, one after the other, a byte or two each.
struct TextImport {
  let options: ImportOptions
  let limits: ImportLimits
  let directory: URL

  func run(file: URL) throws(DatasetError) -> DecodedParts {
    guard let length = options.sequenceLength else {
      throw DatasetError(
        .option, "sequence_length is missing: how many tokens an example of a text has")
    }
    let tokens = options.tokens ?? .character
    let survey = try TextSurvey(file: file, tokens: tokens, limits: limits)
    let windows = TextWindows(
      tokens: tokens, length: length, stride: options.stride ?? length, count: survey.count,
      vocabulary: survey.names.count)
    guard windows.examples > 0 else {
      throw DatasetError(
        .option,
        "the text has \(survey.count) \(tokens.rawValue)s; a window of \(length) and the one that "
          + "follows it need \(length + 1): take a smaller sequence_length")
    }
    guard survey.names.count > 1 else {
      throw DatasetError(
        .option, "the text is \(survey.count) times one character; there's nothing to learn of it")
    }
    guard windows.examples <= limits.windows else {
      throw DatasetError(
        .limitExceeded,
        "\(windows.examples) windows are more than \(limits.windows); take a larger stride")
    }
    try write(file, windows, survey)
    return DecodedParts(
      examples: windows.examples,
      input: .init(
        shape: [length], stored: .uint8, scalings: [], statistics: nil, windows: windows),
      target: .sequence(names: survey.names, counts: survey.counts, shape: [length]), columns: [])
  }

  private func write(
    _ file: URL, _ windows: TextWindows, _ survey: TextSurvey
  ) throws(DatasetError) {
    let output = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    try TextReader(file: file, tokens: windows.tokens, limits: limits).forEachRun {
      (run) throws(DatasetError) in
      let isByte = windows.tokens == .byte
      if windows.tokenBytes == 1 {
        try output.append(
          run.map { UInt8(truncatingIfNeeded: isByte ? UInt16($0) : survey.places[Int($0)]) })
      } else {
        try output.append(run.map { survey.places[Int($0)] })
      }
    }
    try output.finish()
    guard output.count == windows.count * windows.tokenBytes else {
      throw DatasetError(.storage, "the upload changed while it was read; upload it again")
    }
    // The targets are the same tokens, one further.
    try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets)).finish()
  }
}
