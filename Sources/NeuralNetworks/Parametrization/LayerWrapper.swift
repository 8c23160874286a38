import Autodiff
import JSON
import Tensors

/// A layer that is another in all but its weights.
protocol LayerWrapper: Layer {
  associatedtype Base: Layer

  var base: Base { get }
}

extension LayerWrapper {
  static var documentation: CatalogEntry { Base.documentation }
  static var inputCount: ClosedRange<Int> { Base.inputCount }
  static var shapeFields: [String] { Base.shapeFields }
  static var inputElement: ElementType { Base.inputElement }
  static func inputElement(at position: Int) -> ElementType {
    Base.inputElement(at: position)
  }
  static var masking: Masking { Base.masking }
  static var activationPrefix: String { Base.activationPrefix }

  var activation: Activation { base.activation }

  func activated(of inputs: [Shape], output: Shape) -> (activation: Activation, shape: Shape) {
    base.activated(of: inputs, output: output)
  }

  func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    base.forwardFlops(inputs: inputs, output: output)
  }
}
