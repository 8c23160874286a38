import JSON
import NeuralNetworks
import Optimizers

/// The members whose choices stand in a catalog.
extension TrainingConfiguration {
  static func losses(_ reader: inout ObjectReader) -> LossTerms? {
    guard let value = reader.value("loss") else {
      let known = LossCatalog.all.map { $0.type }.joined(separator: ", ")
      reader.fault("loss", "is missing; one of: \(known)")
      return nil
    }
    do throws(Faults) {
      return try LossTerms(value, pointer: reader.pointer(to: "loss"))
    } catch {
      reader.add(error)
      return nil
    }
  }

  /// Adam with its defaults when the member is left out.
  static func optimizers(_ reader: inout ObjectReader) -> OptimizerChoice? {
    let value = reader.value("optimizer") ?? ["type": "adam"]
    do throws(Faults) {
      return try OptimizerChoice(value, pointer: reader.pointer(to: "optimizer"))
    } catch {
      reader.add(error)
      return nil
    }
  }

  static func schedule(_ reader: inout ObjectReader) -> (any Schedule)? {
    guard let value = reader.value("schedule") else { return ConstantSchedule() }
    do throws(Faults) {
      return try ScheduleCatalog.decode(value, pointer: reader.pointer(to: "schedule"))
    } catch {
      reader.add(error)
      return nil
    }
  }

  /// Each example once when the member is left out.
  static func sampling(_ reader: inout ObjectReader) -> (any Sampling)? {
    guard let value = reader.value("sampling") else { return nil }
    if reader.object["shuffle"]?.bool == false {
      reader.fault(
        "shuffle", "contradicts sampling, which decides the order; leave one of the two out")
    }
    do throws(Faults) {
      return try SamplingCatalog.decode(value, pointer: reader.pointer(to: "sampling"))
    } catch {
      reader.add(error)
      return nil
    }
  }

  static func augmentations(_ reader: inout ObjectReader) -> [any Augmentation] {
    guard let value = reader.value("augment") else { return [] }
    do throws(Faults) {
      return try AugmentationCatalog.decode(value, pointer: reader.pointer(to: "augment"))
    } catch {
      reader.add(error)
      return []
    }
  }

  static func average(_ reader: inout ObjectReader) -> WeightAverage? {
    guard let value = reader.value("average") else { return nil }
    do throws(Faults) {
      return try WeightAverage(value, pointer: reader.pointer(to: "average"))
    } catch {
      reader.add(error)
      return nil
    }
  }
}
