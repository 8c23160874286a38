import Kernels
import Tensors

extension Plan {
  /// One kernel call of a run.
  public struct Line: Hashable, Sendable, CustomStringConvertible {
    public let kernel: String
    public let primitive: String
    /// The layer.
    public let scope: String
    /// What the primitive yields.
    public let output: TensorType
    /// Floating-point operations.
    public let flops: Int
    /// Bytes read and written.
    public let bytes: Int
    /// Pieces that threads may run at once.
    public let tiles: Int

    public var description: String {
      "\(scope)/\(primitive) \(kernel) \(output) \(flops) flops \(bytes) bytes \(tiles) tiles"
    }
  }

  /// The kernel calls of a run, in their order.
  public var lines: [Line] {
    // Addresses of nothing: lowering hands pointers on and never reads through them.
    guard let nowhere = UnsafeMutableRawPointer(bitPattern: 1 << 20) else { return [] }
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for value in expectedBindings { bindings[value] = nowhere }
    return lower(memory, arena: nowhere, bindings: bindings).flatMap { step in
      step.calls.map { call in
        Line(
          kernel: call.name, primitive: step.primitive, scope: step.scope, output: step.output.type,
          flops: call.flops, bytes: call.bytes, tiles: call.tiles)
      }
    }
  }

  /// The kernel calls and the memory as a table, with the time of each where it is known.
  ///
  /// A share is of all the time; GF/s and GB/s are what a call reaches.
  public func explain(
    _ times: [Duration] = [], besides others: [(name: String, time: Duration)] = []
  )
    -> String
  {
    let lines = lines
    let isTimed = times.count == lines.count && !lines.isEmpty
    let total =
      (isTimed ? times.reduce(0) { $0 + $1.microseconds } : 0)
      + others.reduce(0) { $0 + $1.time.microseconds }
    var rows: [[String]] = [
      ["layer", "primitive", "kernel", "output", "tiles", "MFLOP", "KiB"]
        + (isTimed ? ["us", "share", "GF/s", "GB/s"] : [])
    ]
    for (index, line) in lines.enumerated() {
      var row = [
        line.scope.isEmpty ? "-" : line.scope, line.primitive, line.kernel,
        line.output.description, "\(line.tiles)", decimal(Double(line.flops) / 1e6),
        decimal(Double(line.bytes) / 1024),
      ]
      if isTimed {
        let time = Swift.max(times[index].microseconds, 1e-3)
        row += [
          decimal(time), decimal(100 * time / total) + "%",
          decimal(Double(line.flops) / time / 1e3),
          decimal(Double(line.bytes) / time / 1e3),
        ]
      }
      rows.append(row)
    }
    for (name, time) in others {
      rows.append(
        ["-", name, "", "", "", "", "", decimal(time.microseconds)]
          + [decimal(100 * time.microseconds / total) + "%", "", ""])
    }
    let flops = lines.reduce(0) { $0 + $1.flops }
    return table(rows)
      + "\(lines.count) kernels, \(decimal(Double(flops) / 1e6)) MFLOP, "
      + "arena \(arenaBytes) bytes, bound \(boundBytes) bytes"
      + (isTimed ? ", \(decimal(total)) us\n" : "\n")
  }

  private func decimal(_ number: Double) -> String {
    let scaled = (number * 100).rounded()
    guard scaled.isFinite, abs(scaled) < 1e15 else { return "-" }
    let (whole, part) = (Int(scaled) / 100, abs(Int(scaled)) % 100)
    return abs(number) >= 100 ? "\(whole)" : "\(whole).\(part < 10 ? "0" : "")\(part)"
  }

  /// Columns of one width; numbers stand at the right.
  private func table(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column < 4 ? cell + space : space + cell
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

extension Duration {
  fileprivate var microseconds: Double {
    Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12
  }
}
