import JSON

/// Layers that are applied several times, one application after the other.
///
/// `y = f_times(… f_2(f_1(x)))`, each `f_i` with parameters of its own, or all with the same ones: a network
/// unrolled in depth, as in the universal transformer, Dehghani et al. 2018, arXiv:1807.03819.
///
/// A repeat named `stage` becomes `stage.0.<name>`, `stage.1.<name>`, …, as an `nn.ModuleList` or
/// `nn.Sequential` names them. With `shared` the first application is `stage.<name>`, as one module that is
/// called several times, and the layers of the others are `stage@2.<name>`, `stage@3.<name>`, …; they have
/// no parameters of their own.
struct Repetition: Sendable {
  let times: Int
  let isShared: Bool

  private static let timesField = Field(
    "times", .integer(1...LayerLimits.layers), isRequired: true, "How many times.")
  private static let sharedField = Field(
    "shared", .boolean, default: false,
    "Whether all applications use the same parameters; else each has its own.")

  static let documentation = CatalogEntry(
    type: "repeat",
    summary: "Layers that are applied several times, one application after the other.",
    formula: "y = f_times(… f_2(f_1(x)))",
    shapes: "[…] -> the shape of the last application's output",
    fields: [Container.layersField, timesField, sharedField],
    weights: ["<name>.<index>.<inner layer>.…; with shared <name>.<inner layer>.…"],
    source: "As an nn.Sequential of copies; shared Dehghani et al. 2018, arXiv:1807.03819.")

  init(from reader: inout ObjectReader) {
    times = reader.integer(Repetition.timesField)
    isShared = reader.bool(Repetition.sharedField)
  }

  var configuration: [(String, JSON)] {
    [("times", .integer(times)), ("shared", .bool(isShared))]
  }

  /// What the names of the layers of one application begin with, without the dot.
  func prefix(_ name: String, pass: Int) -> String {
    guard isShared else { return "\(name).\(pass)" }
    return pass == 0 ? name : "\(name)@\(pass + 1)"
  }
}
