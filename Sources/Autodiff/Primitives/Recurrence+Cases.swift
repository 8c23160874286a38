import Kernels
import Tensors

/// A use of a recurrent network, as the catalog checks it.
struct RecurrenceCase {
  var batch: Int
  var length: Int
  var units: Int
  var settings: Recurrence

  /// The same uses for each cell.
  static func all(_ cell: RecurrentCellKind) -> [RecurrenceCase] {
    [
      .init(batch: 1, length: 1, units: 1, settings: Recurrence(cell: cell)),
      .init(batch: 3, length: 5, units: 4, settings: Recurrence(cell: cell)),
      .init(batch: 2, length: 4, units: 3, settings: Recurrence(cell: cell, isReversed: true)),
      .init(
        batch: 2, length: 3, units: 2,
        settings: Recurrence(cell: cell, isWhole: false, hasStates: true)),
      .init(
        batch: 3, length: 4, units: 2,
        settings: Recurrence(cell: cell, hasStates: true, hasMask: true)),
      .init(
        batch: 4, length: 4, units: 2,
        settings: Recurrence(cell: cell, isReversed: true, isWhole: false, hasMask: true)),
      .init(batch: 2, length: 3, units: 5, settings: Recurrence(cell: cell, hasFactors: true)),
      .init(
        batch: 3, length: 3, units: 3,
        settings: Recurrence(
          cell: cell, isReversed: true, hasStates: true, hasMask: true, hasFactors: true)),
      // More than a panel of columns, and than a tile of rows.
      .init(batch: 1, length: 2, units: 19, settings: Recurrence(cell: cell)),
      .init(batch: 37, length: 2, units: 2, settings: Recurrence(cell: cell)),
    ]
  }

  var made: PrimitiveCase {
    let (cell, rows) = (settings.cell, settings.cell.gates * units)
    var inputs: [PrimitiveCase.Input] = [.init([batch, length, rows]), .init([rows, units])]
    if cell == .gru { inputs.append(.init([rows])) }
    if settings.hasStates {
      inputs += [PrimitiveCase.Input](repeating: .init([batch, units]), count: cell.states)
    }
    if settings.hasMask { inputs.append(.init([batch, length], .mask)) }
    if settings.hasFactors { inputs.append(.init([batch, units], .mask)) }
    let names = inputs.indices.map { String(UnicodeScalar(UInt8(97 + $0))) }
    var text = ["\"\(cell)\"", "a", "b"]
    if cell == .gru { text.append("bias=c") }
    if settings.hasStates {
      let states = names[settings.firstState..<settings.maskPlace]
      text.append("states=(\(states.map { $0 + "," }.joined()))")
    }
    if settings.hasMask { text.append("mask=\(names[settings.maskPlace])") }
    if settings.hasFactors { text.append("factors=\(names[settings.factorsPlace])") }
    if settings.isReversed { text.append("reverse=True") }
    if !settings.isWhole { text.append("whole=False") }
    return PrimitiveCase(
      settings, inputs, torch: "recurrent(\(text.joined(separator: ", ")))")
  }
}
