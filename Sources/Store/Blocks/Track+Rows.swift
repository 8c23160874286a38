extension Track {
  /// The points that rows hold of a stream.
  init(_ stream: HistoryStream, of rows: [StepRow]) {
    self.init(columns: stream.elements.count)
    switch stream {
    case .loss: take(rows) { $0.loss ?? .nan }
    case .learningRate: take(rows) { $0.learningRate ?? .nan }
    // A step that wasn't measured has no norm, one whose norm isn't finite has none to show.
    case .gradientNorm:
      take(rows) {
        $0.gradientNorm ?? ($0.gradients.isEmpty ? nil : .nan)
      }
    case .series(let position):
      take(rows) { position < $0.series.count ? $0.series[position] : nil }
    case .gradient(let position): takeGradients(rows, \.gradients, position)
    case .clipped(let position): takeGradients(rows, \.clipped, position)
    case .update(let position):
      for row in rows where position < row.updates.count {
        let update = row.updates[position]
        steps.append(row.step)
        columns[0].append(Double(update.weightNorm))
        columns[1].append(Double(update.updateNorm))
      }
    }
  }

  private mutating func take(_ rows: [StepRow], _ value: (StepRow) -> Double?) {
    for row in rows {
      guard let value = value(row) else { continue }
      steps.append(row.step)
      columns[0].append(row.seconds)
      columns[1].append(value)
    }
  }

  private mutating func takeGradients(
    _ rows: [StepRow], _ all: (StepRow) -> [GradientSummary], _ position: Int
  ) {
    for row in rows {
      let gradients = all(row)
      guard position < gradients.count else { continue }
      let gradient = gradients[position]
      steps.append(row.step)
      columns[0].append(Double(gradient.norm))
      columns[1].append(Double(gradient.largest))
      columns[2].append(Double(gradient.mean))
      columns[3].append(Double(gradient.counts.nan))
      columns[4].append(Double(gradient.counts.positive))
      columns[5].append(Double(gradient.counts.negative))
    }
  }
}
