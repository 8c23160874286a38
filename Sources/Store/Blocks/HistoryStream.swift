/// One series of a run's steps, as blocks hold it.
enum HistoryStream: Hashable, Sendable {
  case loss
  case learningRate
  case gradientNorm
  /// One of the run's further series, by its position.
  case series(Int)
  /// A parameter's gradient before or after clipping, by the parameter's position.
  case gradient(Int)
  case clipped(Int)
  /// The norms of a parameter's weights and of its update.
  case update(Int)

  /// As the table names it.
  var number: Int {
    switch self {
    case .loss: 0
    case .learningRate: 1
    case .gradientNorm: 2
    case .series(let position): 1 << 32 | position
    case .gradient(let position): 2 << 32 | position
    case .clipped(let position): 3 << 32 | position
    case .update(let position): 4 << 32 | position
    }
  }

  /// The stream that the table names so; `nil` when there is none.
  init?(number: Int) {
    let position = number & (1 << 32 - 1)
    switch (number >> 32, position) {
    case (0, 0): self = .loss
    case (0, 1): self = .learningRate
    case (0, 2): self = .gradientNorm
    case (1, _): self = .series(position)
    case (2, _): self = .gradient(position)
    case (3, _): self = .clipped(position)
    case (4, _): self = .update(position)
    default: return nil
    }
  }

  /// Of the columns: of a series seconds and value; of a gradient its norm, largest and mean, and the counts of NaN, +∞ and
  /// -∞; of an update the norms of weights and update.
  var elements: [ColumnCodec.Element] {
    switch self {
    case .loss, .learningRate, .gradientNorm, .series: [.float64, .float64]
    case .gradient, .clipped: [.float32, .float32, .float32, .integer, .integer, .integer]
    case .update: [.float32, .float32]
    }
  }

  /// By what the least and largest of a stretch are found.
  func ranks(_ columns: [[Double]]) -> [Double] {
    switch self {
    case .loss, .learningRate, .gradientNorm, .series: columns[1]
    case .gradient, .clipped: columns[0]
    case .update: zip(columns[0], columns[1]).map { $0 == 0 ? 0 : $1 / $0 }
    }
  }
}
