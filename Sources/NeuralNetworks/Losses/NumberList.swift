import Autodiff
import JSON
import Tensors

/// Lists of numbers in a loss's configuration.
enum NumberList {
  /// The member's numbers; `nil` when it's absent or at fault.
  static func read(
    _ reader: inout ObjectReader, _ name: String, in range: ClosedRange<Double>,
    count: ClosedRange<Int>
  ) -> [Double]? {
    guard let array = reader.array(name, count: count) else { return nil }
    var numbers: [Double] = []
    var faults = Faults()
    for (index, element) in array.enumerated() {
      let pointer = "\(reader.pointer(to: name))/\(index)"
      if let number = element.double, range.contains(number) {
        numbers.append(number)
      } else if let number = element.double {
        faults.add(
          pointer, "\(number) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      } else {
        faults.add(pointer, "expected a number, found \(element.kind)")
      }
    }
    reader.add(faults)
    return faults.isEmpty ? numbers : nil
  }

  /// The member as a list, be it written as one number or as several.
  static func readOneOrMore(
    _ reader: inout ObjectReader, _ name: String, in range: ClosedRange<Double>,
    count: ClosedRange<Int>
  ) -> [Double]? {
    if case .array? = reader.value(name) {
      return read(&reader, name, in: range, count: count)
    }
    return reader.double(name, in: range).map { [$0] }
  }

  /// One number as itself, several as a list.
  static func json(_ numbers: [Double]) -> JSON {
    numbers.count == 1 ? .number(numbers[0]) : .array(numbers.map(JSON.number))
  }
}

extension Graph {
  /// Numbers as a constant of the graph's element type.
  mutating func constant(_ numbers: [Double], shape: Shape) -> Value {
    constant(
      element == .float64
        ? Tensor(numbers, shape: shape) : Tensor(numbers.map { Float($0) }, shape: shape))
  }
}
