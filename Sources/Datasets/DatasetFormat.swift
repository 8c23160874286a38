/// The formats in which a dataset may be uploaded; each is also accepted gzipped.
public enum DatasetFormat: String, Hashable, Sendable, CaseIterable {
  /// Comma-separated values, RFC 4180.
  case csv
  /// One JSON object a line, its members the columns.
  case jsonl
  /// LIBSVM's `label index:value …`.
  case libsvm
  /// Apache Arrow's file and stream, Feather's second version among them.
  case arrow
  /// Time series with a label each, as the archives of UEA and UCR have them (`.ts`).
  case timeSeries = "ts"
  /// NumPy arrays, one a part: `features` and `targets`.
  case npy
  /// An archive of NumPy arrays, as `numpy.savez` and `numpy.savez_compressed` write it.
  case npz
  /// Arrays of a file of safetensors, as those of an `npz`.
  case safetensors
  /// MNIST's format, one array a part: `features` and `targets`.
  case idx
  /// Pictures in folders, one a class, in a zip or tar archive.
  case imageZip = "image_zip"
  case imageTar = "image_tar"
  /// CIFAR-10's and CIFAR-100's binary form.
  case cifar
  /// UTF-8, cut into windows of tokens, each to be predicted from those before it.
  case text
  /// A graph: the features of its vertices, its edges and what is to be predicted.
  case graph

  /// Whether it has rows of columns.
  public var isTable: Bool { [.csv, .jsonl, .libsvm, .arrow].contains(self) }

  public var summary: String {
    switch self {
    case .csv: "Rows of fields (RFC 4180, or another delimiter), with or without a header row"
    case .jsonl: "A JSON object a line, whose members are columns"
    case .libsvm: "A line an example, label index:value …; what isn't named is 0"
    case .arrow: "Apache Arrow IPC, a file (Feather) or a stream, whose columns are a table's"
    case .timeSeries: "Time series of one length or several, a case a line with its label (.ts)"
    case .npy: "NumPy arrays, in the parts features and targets"
    case .npz: "NumPy arrays in one archive, named x and y unless features and targets say"
    case .safetensors: "Arrays in a file of safetensors, named as in npz"
    case .graph:
      "A graph, in the parts features, edges and targets, and masks; or content and cites"
    case .imageZip: "PNG, JPEG and WebP in a zip archive, a folder a class or labels.csv"
    case .imageTar: "The same in a tar archive, compressed or not"
    case .cifar: "CIFAR's binary records of labels and 3 × 32 × 32 bytes"
    case .idx: "MNIST's arrays, in the parts features and targets"
    case .text:
      "UTF-8 as windows of characters or bytes; the target is the next token at each place"
    }
  }
}
