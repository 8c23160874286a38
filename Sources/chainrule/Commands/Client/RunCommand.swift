import JSON

/// A sub-command on one run, with no flags of its own.
protocol RunCommand: Command {}

extension RunCommand {
  static var flags: FlagSet {
    FlagSet(
      command: name, arguments: [RunArgument.field], fields: ClientFlags.fields,
      inEnvironment: ClientFlags.fields)
  }

  /// The run's id and how to ask for it.
  static func subject(_ arguments: [String]) async throws -> (id: String, flags: ClientFlags) {
    let (word, flags) = try words(arguments)
    return (try await flags.run(word), flags)
  }

  /// How the run is named, and how to ask for it.
  static func words(_ arguments: [String]) throws -> (word: String, flags: ClientFlags) {
    try flags.read(arguments) { (RunArgument.read(&$0), ClientFlags(&$0)) }
  }
}

/// The argument that names a run.
enum RunArgument {
  static let field = Field(
    "run", .described("a run"), isRequired: true,
    "The run: its id, the beginning of one, or latest.")

  static func read(_ reader: inout ObjectReader) -> String { reader.string(field.name) ?? "" }
}
