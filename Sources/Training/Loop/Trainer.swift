import Autodiff
import Datasets
import JSON
import Kernels
import NeuralNetworks
import Tensors

/// Trains one model on one dataset, synchronously, on the thread that calls `run(observer:)`.
///
/// A run is a function of model, data and configuration alone: two trainers end in the same bits,
/// at any number of threads, and one that goes on from a `CheckpointState` ends in the bits of one
/// that was never interrupted. A trainer runs once.
public final class Trainer {
  /// The datasets of a run. Without `validation`, `training.validation.fraction` cuts one out of `training`.
  public struct Data: Sendable {
    public let training: Dataset
    public let validation: Dataset?
    public let test: Dataset?

    public init(training: Dataset, validation: Dataset? = nil, test: Dataset? = nil) {
      self.training = training
      self.validation = validation
      self.test = test
    }
  }
}
