import JSON

extension ImportOptions {
  static let delimiters: [(name: String, byte: UInt8)] = [
    ("comma", UInt8(ascii: ",")), ("semicolon", UInt8(ascii: ";")), ("tab", UInt8(ascii: "\t")),
    ("space", UInt8(ascii: " ")), ("pipe", UInt8(ascii: "|")),
  ]

  /// What the query may say: the one list for the decoder and for the API's description.
  public static let fields: [Field] = [
    Field("format", .choice(DatasetFormat.allCases.map(\.rawValue)), "Sniffed when left out"),
    Field(
      "target", .described("columns, separated by commas"),
      "Columns to predict, by name or number from 1; the last when left out (csv)"),
    Field(
      "features", .described("columns or arrays, separated by commas"),
      "Feature columns (csv; all others when left out), or the arrays that are a model's inputs, by "
        + "their names in an npz archive or as parts (x or features when left out)"
    ),
    Field(
      "targets", .described("arrays, separated by commas"),
      "The arrays to learn, likewise (y or targets when left out)"),
    Field("ignore", .described("columns, separated by commas"), "Columns to leave out (csv)"),
    Field(
      "categorical", .described("columns, separated by commas"),
      "Columns of numbers that name categories (csv)"),
    Field("header", .boolean, "Whether the first row holds names; sniffed when left out (csv)"),
    Field(
      "delimiter", .choice(delimiters.map(\.name)),
      "What separates fields; comma, semicolon and tab are sniffed (csv)"),
    Field(
      "comment", .described("one character"),
      "Lines that begin with it are passed over (csv)"),
    Field(
      "skip_rows", .integer(0...1_000_000), default: 0,
      "Rows at the beginning that are passed over (csv)"),
    Field(
      "encoding", .choice(TextEncoding.allCases.map(\.rawValue)), default: "utf-8",
      "How the text's characters are written (csv, jsonl)"),
    Field(
      "decimal", .choice(TableFormat.Decimal.allCases.map(\.rawValue)), default: "point",
      "What stands before the fraction of a number (csv)"),
    Field(
      "thousands", .choice(TableFormat.Thousands.allCases.map(\.rawValue)), default: "none",
      "What stands between groups of three digits (csv)"),
    Field(
      "missing_values", .described("words, separated by commas"),
      "What stands for a missing value, beside nothing, na, n/a, nan, null and ? (csv)"),
    Field(
      "schema", .described("a JSON object by columns"),
      "What single columns are: {\"age\": \"number\", \"city\": {\"encoding\": \"hash\", \"buckets\": 64}}; "
        + "members type, missing, fill, indicator, scale, clip, encoding, buckets, parts (tables)"),
    Field(
      "outliers", .choice(Outliers.allCases.map(\.rawValue)), default: "keep",
      "Whether numbers beyond a box plot's whiskers are brought to them (tables)"),
    Field(
      "categories", .choice(Categories.allCases.map(\.rawValue)), default: "one_hot",
      "What becomes of categories: one 1 among zeros, a number by their order, a 1 at the place of their hash, a number in place of which the model's column_embedding learns a vector, or what the target is where they occur (tables)"
    ),
    Field(
      "buckets", .integer(ColumnTreatment.buckets), default: .integer(usualBuckets),
      "Places of a hashed category (tables)"),
    Field(
      "missing", .choice(Missing.allCases.map(\.rawValue)), default: "refuse",
      "What is done about missing feature values (csv)"),
    Field(
      "missing_target", .choice(MissingTarget.allCases.map(\.rawValue)), default: "refuse",
      "What is done about rows whose target is missing (tables)"),
    Field(
      "scale", .described("\(methods), or for single arrays name:method,…"),
      "How feature numbers are scaled. csv: standard, or with a shape min_max over all columns; "
        + "bytes: unit (to 0…1); other arrays: none"),
    Field(
      "target_scale", .described("\(methods), or for single arrays name:method,…"), default: "none",
      "How target numbers are scaled; losses are then of scaled numbers"),
    Field(
      "target_kind", .described("class, vector or sequence, or for single arrays name:kind,…"),
      "Text and few integers are classes, other numbers vectors, when left out"),
    Field(
      "shape", .described("extents, separated by commas; or for single arrays name:extents;…"),
      "The shape into which an example's features are put, such as 1,8,8"),
    Field(
      "sequence_length", .integer(sequenceLengths),
      "How many tokens an example has; the target is the token after each (text). To how many steps series are filled up; the longest one's when left out (ts)"
    ),
    Field(
      "stride", .integer(sequenceLengths),
      "From one example to the next: tokens, sequence_length when left out (text), or rows, 1 when left out (tables with a window); windows that overlap cost no room"
    ),
    Field(
      "window", .integer(windows),
      "How many rows, which follow each other in time, make an example (tables)"),
    Field(
      "horizon", .integer(windows), default: 1,
      "How many rows after its last one an example's target is, or begins (tables with a window)"),
    Field(
      "steps", .integer(windows), default: 1,
      "How many rows, from the horizon on, an example is to predict (tables with a window)"),
    Field(
      "every_row", .boolean, default: false,
      "Whether the row horizon after each of a window's is to be predicted, as a recurrent or causal model learns with teacher forcing (tables with a window)"
    ),
    Field(
      "entity", .described("a column, by name or number from 1"),
      "Says which series a row belongs to; no window has rows of two, and their rows may be mixed up in the file (tables with a window)"
    ),
    Field(
      "padding", .number(paddings),
      "What stands behind a series that is shorter than others, and a model's input names as its padding: 0 when left out (ts); without it a series "
        + "shorter than a window has no example (tables with an entity)"
    ),
    Field(
      "past_target", .boolean, default: true,
      "Whether a window holds the past of what is to be predicted, where that is numbers (tables with a window)"
    ),
    Field(
      "tokens", .choice(TextTokens.allCases.map(\.rawValue)), default: "character",
      "Unicode characters, of which those that occur make the vocabulary, or the 256 bytes (text)"),
    Field(
      "directed", .boolean, default: false,
      "Whether edges go one way; else each goes both ways (graph)"),
    Field(
      "sparse", .boolean,
      "Whether only features that aren't 0 are stored; those of fewer than a tenth when left out (graph)"
    ),
    Field(
      "normalize_rows", .boolean, default: false,
      "Whether each vertex's features are divided by the sum of their absolute values (graph)"),
  ]

  private static let methods = ScalingMethod.allCases.map(\.rawValue).joined(separator: ", ")
}
