import JSON

/// The augmentations a run may name, in the order in which the catalog lists them.
public enum AugmentationCatalog {
  public static let all: [any Augmentation.Type] = [
    RandomCrop.self,
    RandomFlip.self,
    RandomRotation.self,
    ColorJitter.self,
    Cutout.self,
    Mixup.self,
    CutMix.self,
    TokenMasking.self,
  ]

  /// Augmentations of a run, one after the other, at most.
  public static let most = 16

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a list of names, or of objects with a type and its parameters.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> [any Augmentation] {
    guard let list = json.array else {
      throw Faults([Fault(pointer: pointer, detail: "expected an array, found \(json.kind)")])
    }
    guard list.count <= most else {
      throw Faults([Fault(pointer: pointer, detail: "has \(list.count) elements; at most \(most)")])
    }
    var faults = Faults()
    var found: [any Augmentation] = []
    for (index, value) in list.enumerated() {
      do throws(Faults) {
        var choice = try CatalogChoice(
          value, among: entries, kind: "an augmentation", pointer: "\(pointer)/\(index)")
        found.append(all[choice.index].init(from: &choice.reader))
        faults.add(choice.reader.finish())
      } catch {
        faults.add(error)
      }
    }
    try faults.check()
    return found
  }

  /// The catalog of this folder as `GET /v1/catalog` serves it.
  public static var members: [(name: String, entries: [CatalogEntry])] {
    [("augmentations", entries)]
  }
}
