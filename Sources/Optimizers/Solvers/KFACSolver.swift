import Autodiff
import Kernels
import Tensors

/// K-FAC over the batches of a run.
final class KFACSolver: StepSolver {
  private let rule: KFAC
  private let vectors: ParameterVectors
  private let layers: [Layer]
  private let element: ElementType
  let direction: ParameterStore
  /// The factors of the batch: for each layer those of inputs and outputs.
  let product: ParameterStore
  private let gradient: ParameterStore
  private let origin: ParameterStore
  private let matrix: UnsafeMutableRawPointer
  private let halfway: UnsafeMutableRawPointer
  private let scratch: UnsafeMutablePointer<Double>
  private let algebra: [VectorAlgebra]

  // MARK: Memory

  private let averages: ParameterStore
  private let inverses: ParameterStore
  private let velocity: ParameterStore
  private let numbers: SolverMemory
  private enum Number: Int, CaseIterable {
    /// Measurements of the factors, as many as still change what the next one weighs.
    case measurements
    /// Steps since the last measurement and the last inversion; 0 when the next is due.
    case sinceFactors
    case sinceInverses
  }

  private var last = (scale: 0.0, length: 0.0)
  /// Measurements beyond which an average forgets as the rule says.
  private static let mostMeasurements = 1_000_000.0

  /// A layer's place among the vectors.
  private struct Layer {
    let weight: Int
    let bias: Int?
    let units: Int
    /// With the bias.
    let width: Int
  }

  init(_ rule: KFAC, _ setting: SolverSetting) {
    self.rule = rule
    let vectors = ParameterVectors(setting)
    self.vectors = vectors
    let element = setting.parameters.element
    self.element = element
    let layers = setting.layers.map { layer in
      Layer(
        weight: layer.weight, bias: layer.bias, units: layer.units,
        width: layer.width + (layer.bias == nil ? 0 : 1))
    }
    self.layers = layers
    direction = vectors.make("direction")
    gradient = vectors.make("gradient")
    origin = vectors.make("origin")
    velocity = vectors.make("solver.momentum_buffer")
    let names = setting.moving.map { setting.parameters.names[$0] }
    func factors(_ prefix: String) -> ParameterStore {
      Self.factors(prefix, layers, names, element)
    }
    product = factors("")
    averages = factors("solver.")
    inverses = factors("solver.inverse_")
    numbers = SolverMemory(
      ["measurements", "since_factors", "since_inverses"], element: element)
    let largest = layers.reduce(1) { max($0, $1.units * $1.width) }
    matrix = .allocate(byteCount: largest * element.byteCount, alignment: 64)
    halfway = .allocate(byteCount: largest * element.byteCount, alignment: 64)
    scratch = .allocate(
      capacity: layers.reduce(1) { max($0, $1.units * $1.units, $1.width * $1.width) })
    algebra = averages.shapes.map {
      VectorAlgebra(count: $0.count, element: element, team: setting.team)
    }
  }

  private static func factors(
    _ prefix: String, _ layers: [Layer], _ names: [String], _ element: ElementType
  ) -> ParameterStore {
    ParameterStore(
      layers.flatMap { layer in
        [
          ("\(prefix)input_factor.\(names[layer.weight])", Shape([layer.width, layer.width])),
          ("\(prefix)output_factor.\(names[layer.weight])", Shape([layer.units, layer.units])),
        ]
      }, element: element)
  }

  deinit {
    matrix.deallocate()
    halfway.deallocate()
    scratch.deallocate()
  }

  var memory: [ParameterStore] { [averages, inverses, velocity, numbers.store] }
  func restored() {}

  let series = ["step_scale"]
  func value(ofSeries place: Int) -> Double { last.scale }

  func solve(_ objective: any StepObjective, loss: Double, learningRate: Double) {
    vectors.takeGradients(into: gradient)
    vectors.takeParameters(into: origin)
    if numbers.isDue(Number.sinceFactors.rawValue, every: rule.factorsEvery) {
      objective.measureCurvature()
      follow()
    }
    if numbers.isDue(Number.sinceInverses.rawValue, every: rule.inversesEvery) { invert() }
    direction.copy(from: gradient)
    var promise = 0.0
    for place in layers.indices { promise += precondition(place) }
    last.scale = 1
    let square = learningRate * learningRate * promise
    if rule.divergence > 0, square > rule.divergence {
      last.scale = (rule.divergence / square).squareRoot()
      for place in layers.indices { shorten(place) }
    }
    vectors.combine(velocity, rule.momentum, velocity, 1, direction)
    vectors.combine(direction, 1, origin, -learningRate, velocity)
    vectors.putParameters(from: direction)
  }

  /// Takes the factors of the batch into their averages.
  private func follow() {
    let count = min(numbers[Number.measurements.rawValue] + 1, Self.mostMeasurements)
    numbers[Number.measurements.rawValue] = count
    let kept = min(1 - 1 / count, rule.decay)
    for index in algebra.indices {
      algebra[index].combine(
        averages.pointer(index), kept, averages.pointer(index), 1 - kept, product.pointer(index))
    }
  }

  /// Inverts the averages with their shares of the damping; one that can't be keeps the inverse that it had.
  private func invert() {
    let root = rule.damping.squareRoot()
    for (place, layer) in layers.enumerated() {
      let (input, output) = (2 * place, 2 * place + 1)
      let ofInputs = mean(input, layer.width)
      let ofOutputs = mean(output, layer.units)
      let share = ofInputs > 0 && ofOutputs > 0 ? (ofInputs / ofOutputs).squareRoot() : 1
      for (index, size, damping) in [
        (input, layer.width, share * root), (output, layer.units, root / share),
      ] {
        let isInverted = SymmetricMatrices.invert(
          averages.pointer(index), damping: damping, into: inverses.pointer(index), size: size,
          element: element, scratch: scratch)
        let inverse = inverses.pointer(index)
        if !isInverted, SymmetricMatrices.isZero(inverse, size: size, element: element) {
          SymmetricMatrices.setIdentity(inverse, size: size, element: element)
        }
      }
    }
  }

  /// The mean of a factor's diagonal.
  private func mean(_ index: Int, _ size: Int) -> Double {
    SymmetricMatrices.trace(averages.pointer(index), size: size, element: element) / Double(size)
  }

  /// Multiplies a layer's gradient by the inverses of its factors; answers its product with the gradient itself.
  private func precondition(_ place: Int) -> Double {
    let layer = layers[place]
    gather(layer, from: direction)
    SymmetricMatrices.sandwich(
      inverses.pointer(2 * place + 1), matrix, inverses.pointer(2 * place), into: matrix,
      rows: layer.units, columns: layer.width, element: element, scratch: halfway)
    scatter(layer, to: direction)
    var sum = product(layer.weight)
    if let bias = layer.bias { sum += product(bias) }
    return sum
  }

  private func product(_ index: Int) -> Double {
    vectors.product(gradient, direction, entry: index)
  }

  private func shorten(_ place: Int) {
    vectors.scale(direction, last.scale, entry: layers[place].weight)
    if let bias = layers[place].bias { vectors.scale(direction, last.scale, entry: bias) }
  }

  /// A layer's rows with the bias behind each.
  private func gather(_ layer: Layer, from store: ParameterStore) {
    let size = element.byteCount
    let own = (layer.width - (layer.bias == nil ? 0 : 1)) * size
    for row in 0..<layer.units {
      let start = matrix + row * layer.width * size
      start.copyMemory(from: store.pointer(layer.weight) + row * own, byteCount: own)
      if let bias = layer.bias {
        (start + own).copyMemory(from: store.pointer(bias) + row * size, byteCount: size)
      }
    }
  }

  private func scatter(_ layer: Layer, to store: ParameterStore) {
    let size = element.byteCount
    let own = (layer.width - (layer.bias == nil ? 0 : 1)) * size
    for row in 0..<layer.units {
      let start = matrix + row * layer.width * size
      (store.pointer(layer.weight) + row * own).copyMemory(from: start, byteCount: own)
      if let bias = layer.bias {
        (store.pointer(bias) + row * size).copyMemory(from: start + own, byteCount: size)
      }
    }
  }
}
