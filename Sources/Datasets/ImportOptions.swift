import JSON
import Tensors

/// How an upload is to be read: the query parameters of `POST /v1/datasets`.
public struct ImportOptions: Hashable, Sendable {
  /// What is done about missing values of features.
  public enum Missing: String, Hashable, Sendable, CaseIterable {
    /// The upload is refused, with row and column.
    case refuse
    /// Numbers get their column's mean, categories their column's most frequent.
    case mean
    /// Numbers get their column's median, categories their column's most frequent.
    case median
    /// Numbers and categories get their column's most frequent value, the least of several.
    case mostFrequent = "most_frequent"
    /// As `mean`, and one more number is 1 where the value is missing.
    case indicator
  }

  /// What is done about rows whose target is missing.
  public enum MissingTarget: String, Hashable, Sendable, CaseIterable {
    /// The import fails and names the row.
    case refuse
    /// They are passed over, and counted.
    case drop
  }

  /// What is done about numbers far from the others.
  public enum Outliers: String, Hashable, Sendable, CaseIterable {
    case keep
    /// What is beyond one and a half times the range of the middle half from it becomes the nearest that isn't.
    case clip
  }

  /// What becomes of categories.
  public enum Categories: String, Hashable, Sendable, CaseIterable {
    case oneHot = "one_hot"
    case ordinal, hash, embed, target
  }

  /// Places of a hashed category when nothing is said.
  static let usualBuckets = 64

  /// `nil`: sniffed.
  public var format: DatasetFormat?
  /// Columns of a table that are to be predicted, by name or number from 1; none: the last one.
  public var target: [String] = []
  /// For tables the feature columns, by name or number from 1; for arrays the names of those of features.
  public var features: [String] = []
  /// For arrays the names of those of targets.
  public var targets: [String] = []
  /// Columns of a table that are left out.
  public var ignore: [String] = []
  /// Columns of numbers that name categories.
  public var categorical: [String] = []
  /// Whether the first row holds names; `nil`: sniffed.
  public var header: Bool?
  /// What separates fields; `nil`: comma, semicolon or tab, sniffed.
  public var delimiter: UInt8?
  /// What lines that are passed over begin with.
  public var comment: UInt8?
  /// Rows at the beginning that are passed over.
  public var skippedRows = 0
  public var encoding = TextEncoding.utf8
  /// How numbers and missing values are written.
  public var tableFormat = TableFormat()
  /// What is said of single columns, by name or number from 1.
  public var schema: [String: ColumnRule] = [:]
  public var outliers = Outliers.keep
  public var categoryEncoding = ColumnTreatment.Encoding.oneHot
  /// The schema as it was written, in canonical form.
  var schemaText = ""
  public var missing = Missing.refuse
  public var missingTarget = MissingTarget.refuse
  /// `nil`: `standard` for tables, `min_max` over all columns for tables with a shape, `unit` for
  /// arrays of bytes, `none` for other arrays.
  public var scale: ScalingMethod?
  public var targetScale = ScalingMethod.none
  /// `nil`: sniffed.
  public var targetKind: DatasetDescription.Target.Kind?
  /// The shape into which an example's features are put, such as `[1, 8, 8]`.
  public var shape: Shape?
  /// Tokens of a text's example.
  public var sequenceLength: Int?
  /// Tokens from one example of a text to the next; `nil`: the length.
  public var stride: Int?
  /// `nil`: characters.
  public var tokens: TextTokens?
  /// Rows of a table's example; `nil`: one, and no window.
  public var window: Int?
  public var horizon = 1
  /// Rows that an example is to predict.
  public var steps = 1
  /// Whether the row `horizon` after each of a window's is to be predicted, as a model that goes step by step is trained with teacher forcing.
  public var predictsEachRow = false
  /// The column that says which series a row belongs to, by name or number from 1; `nil`: all are one.
  public var entity: String?
  /// What stands behind a series that is shorter than others; `nil`: 0, and of tables nothing.
  public var padding: Double?
  /// Whether a window holds the past of what is to be predicted.
  public var hasPastTarget = true
  /// What `window`, `horizon`, `steps` and a table's `stride` may be.
  static let windows = 1...65_536
  static let paddings = -1e6...1e6

  /// What `sequence_length` and `stride` may be.
  static let sequenceLengths = 1...(1 << 20)
  /// What is said of single arrays.
  var ofArrays = ArrayOptions()
  /// Whether a graph's edges go one way; else each goes both ways. `nil`: both.
  public var isDirected: Bool?
  /// Whether only the features of vertices that aren't 0 are stored; `nil`: where they are few.
  public var isSparse: Bool?
  /// Whether the features of each vertex are divided by their sum.
  public var normalizesRows: Bool?

  public init() {}

  /// An option that was given and means something for graphs alone.
  var ofGraphs: String? {
    if isDirected != nil { return "directed" }
    if isSparse != nil { return "sparse" }
    return normalizesRows == nil ? nil : "normalize_rows"
  }
}
