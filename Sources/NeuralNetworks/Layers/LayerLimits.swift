/// What no layer may exceed, so that a misprint in a spec can't ask for the whole machine.
public enum LayerLimits {
  /// Also once containers are opened.
  public static let layers = 1_000
  /// Containers around one layer.
  public static let nesting = 16
  public static let units = 65_536
  /// Inputs and outputs of a model, one each.
  public static let inputs = 32
  public static let outputs = 32
  /// Different tokens of an input or an embedding.
  public static let vocabulary = 4_194_304
  /// Numbers of a row that an embedding of columns replaces.
  public static let columns = 4_096
  /// Elements of one example at any place of the model.
  public static let elements = 1 << 28
  /// Elements of all parameters together.
  public static let parameters = 1 << 30
  /// Steps of one recurrent layer that is made of operations for each, over its layers and directions.
  public static let steps = 2_048
  /// Operators and calls in the expressions of all layers together.
  public static let expressionOperations = 10_000
  /// Numbers an edge of a graph has.
  public static let edgeFeatures = 4_096
  /// Axes of one example.
  public static let rank = 6
  /// Extents of kernels, strides, paddings and dilations.
  public static let window = 1_024
}
