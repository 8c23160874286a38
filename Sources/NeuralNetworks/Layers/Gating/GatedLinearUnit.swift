import Autodiff
import JSON
import Tensors

/// The first half of the channels, each times a gate made of the second half.
///
/// `y = a gate(b)` where the input's channels are those of `a` and then those of `b`. Dauphin et al. 2016,
/// arXiv:1612.08083; with other gates than sigmoid Shazeer 2020, arXiv:2002.05202.
///
/// - Shapes: input `[N, C]`, `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same with `C / 2` channels.
public struct GatedLinearUnit: Layer {
  public let gate: Activation

  private static let gateField = Field(
    "gate", .described("an element-wise activation"), default: "sigmoid",
    "What the second half goes through: gelu makes it a GEGLU, swish a SwiGLU.")

  public static let documentation = CatalogEntry(
    type: "glu",
    summary: "The first half of the channels, each times a gate made of the second half.",
    formula: "y = a gate(b), x = [a, b]",
    shapes: "[C], [T, C], [C, H, W] or [C, D, H, W] -> the same with C / 2 channels",
    fields: [gateField],
    source:
      "Dauphin et al. 2016, arXiv:1612.08083; Shazeer 2020, arXiv:2002.05202. As torch.nn.GLU over the channels."
  )

  public static let masking = Masking.keeps
  public static let activationPrefix = "gate."

  public init(from reader: inout ObjectReader) {
    let standard = Activation(kind: .sigmoid)
    guard let value = reader.value(GatedLinearUnit.gateField.name) else {
      gate = standard
      return
    }
    let pointer = reader.pointer(to: GatedLinearUnit.gateField.name)
    do throws(Faults) {
      gate = try Activation(value, pointer: pointer)
    } catch {
      reader.add(error)
      gate = standard
    }
    if !gate.isElementwise {
      reader.fault(
        GatedLinearUnit.gateField.name,
        "\(gate.json.string ?? "it") works on the last axis, and a gate on each element alone")
    }
  }

  public var configuration: [(String, JSON)] { [("gate", gate.json)] }

  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { (gate, output) }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let channels = try ChannelAxis.channels(of: inputs[0])
    guard channels % 2 == 0 else {
      throw ShapeFault(
        "the input \(inputs[0]) has \(channels) channels, which two halves don't divide",
        rule: "the channels are even in number: half of them, and half of them gates")
    }
    return ChannelAxis.shape(inputs[0], channels: channels / 2)
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (1 + gate.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let axis = ChannelAxis.place(inBatchOf: context.outputShape)
    let half = graph.shape(of: inputs[0])[axis] / 2
    let first = try graph.slice(inputs[0], axis: axis, 0..<half)
    let second = try graph.slice(inputs[0], axis: axis, half..<2 * half)
    return try graph.multiply(first, context.activate(second, by: gate, in: &graph))
  }
}
