import JSON

/// Members that several layers share.
enum CommonFields {
  static let activation = Field(
    "activation", .described("an activation"), default: "identity",
    "Applied to the output: a name, an object with a type and its parameters, or one with an expression."
  )

  static let bias = Field("bias", .boolean, default: true, "Whether a bias is added.")

  static let initializer = Field(
    "initializer", .described("an initializer"),
    """
    How the weight begins. Left out: he_uniform before relu, leaky_relu, elu, gelu and swish, \
    glorot_uniform before anything else.
    """)

  static let biasInitializer = Field(
    "bias_initializer", .described("an initializer"), default: "zeros", "How the bias begins.")

  /// Of learned vectors, as `torch.nn.Embedding` has it.
  static let vectorInitializer = Field(
    "initializer", .described("an initializer"),
    default: ["type": "normal", "mean": 0.0, "std": 1.0], "How the learned vectors begin.")
}

extension ObjectReader {
  /// Reads `activation`, `.identity` when it's absent or at fault.
  mutating func activation() -> Activation {
    guard let value = value(CommonFields.activation.name) else { return .identity }
    do throws(Faults) {
      return try Activation(value, pointer: pointer(to: CommonFields.activation.name))
    } catch {
      add(error)
      return .identity
    }
  }

  /// Reads how learned vectors begin.
  mutating func vectorInitializer() -> Initializer {
    initializer(CommonFields.vectorInitializer, default: .normal(mean: 0, standardDeviation: 1))
  }

  /// Reads an initializer; `nil` when it's left out.
  mutating func initializer(_ field: Field) -> Initializer? {
    value(field.name) == nil ? nil : initializer(field, default: .zeros)
  }

  /// Reads an initializer, or answers the given one.
  mutating func initializer(_ field: Field, default defaultValue: Initializer) -> Initializer {
    guard let value = value(field.name) else { return defaultValue }
    do throws(Faults) {
      return try Initializer(value, pointer: pointer(to: field.name))
    } catch {
      add(error)
      return defaultValue
    }
  }
}
