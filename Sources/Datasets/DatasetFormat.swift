/// The formats in which a dataset may be uploaded; each is also accepted gzipped.
public enum DatasetFormat: String, Hashable, Sendable, CaseIterable {
  /// Comma-separated values, RFC 4180.
  case csv
  /// NumPy arrays, one a part: `features` and `targets`.
  case npy
  /// An archive of NumPy arrays, as `numpy.savez` and `numpy.savez_compressed` write it.
  case npz
  /// MNIST's format, one array a part: `features` and `targets`.
  case idx
  /// UTF-8, cut into windows of tokens, each to be predicted from those before it.
  case text
  /// A graph: the features of its vertices, its edges and what is to be predicted.
  case graph

  public var summary: String {
    switch self {
    case .csv: "Rows of fields (RFC 4180), with or without a header row"
    case .npy: "NumPy arrays, in the parts features and targets"
    case .npz: "NumPy arrays in one archive, named x and y unless features and targets say"
    case .graph:
      "A graph, in the parts features, edges and targets, and masks; or content and cites"
    case .idx: "MNIST's arrays, in the parts features and targets"
    case .text:
      "UTF-8 as windows of characters or bytes; the target is the next token at each place"
    }
  }
}
