/// What an import takes at most, so that no upload can exhaust memory or disk.
public struct ImportLimits: Hashable, Sendable {
  /// Bytes of the decoded dataset on disk.
  public var decodedBytes = 64 << 30
  /// How much larger decompressed or decoded bytes may be than what was uploaded …
  public var expansion = 200
  /// … once they are more than this.
  public var freeExpansionBytes = 256 << 20
  public var csvLineBytes = 1 << 20
  public var csvColumns = 16_384
  /// Bytes of a line of time series.
  public var seriesLineBytes = 16 << 20
  /// Distinct values of a column that becomes one-hot.
  public var categories = 1_000
  /// Distinct values of a target that becomes classes.
  public var classes = 65_536
  /// Different characters of a text.
  public var characters = 65_536
  /// Windows of a text; a run's order of examples has a number for each.
  public var windows = 1 << 26
  /// Bytes of all distinct values together.
  public var categoryBytes = 16 << 20
  public var arrayHeaderBytes = 65_536
  /// Bytes of a batch of rows once it is decompressed.
  public var arrowBatchBytes = 256 << 20
  public var safetensorsHeaderBytes = 16 << 20
  public var arrayRank = 8
  public var archiveEntries = 1_024
  /// Vertices and edges of a graph, each direction counted, which are held in memory.
  public var graphVertices = 1 << 22
  public var graphEdges = 1 << 24
  /// Numbers that a graph's vertices have together, and its edges; of sparse ones those that are stored.
  public var graphElements = 1 << 26
  public var graphFeatures = 1 << 20
  public var edgeFeatures = 4_096
  /// Numbers of one example.
  public var exampleElements = 1 << 26

  /// Pixels of one picture, bytes of its file, and pictures of an archive.
  public var imagePixels = 1 << 26
  public var imageBytes = 64 << 20
  public var images = 1 << 22
  /// Rows of an archive's file of labels, which are held in memory.
  public var labels = 1 << 18

  public init() {}

  /// How many bytes may come out of `uploaded` ones.
  func expanded(from uploaded: Int) -> Int {
    let (product, overflow) = uploaded.multipliedReportingOverflow(by: expansion)
    return min(decodedBytes, max(freeExpansionBytes, overflow ? .max : product))
  }
}
