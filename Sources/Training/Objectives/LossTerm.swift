import JSON
import NeuralNetworks

/// One of the objectives of a run, as its document says it.
public struct LossTerm: Sendable {
  /// What its series are called: `train_loss.<name>`.
  public let name: String
  /// The layer at which it is taken; `nil` for the model's only output.
  public let output: String?
  /// The array it is compared with; `nil` for the only one, or the one that is called as the output.
  public let target: String?
  public let weight: TermWeight
  public let loss: any Loss

  /// Members of a term that aren't the loss's own.
  public static let fields = [
    Field(
      "output", .described("an output's name"),
      "The output it is taken at; the only one when left out."),
    Field(
      "target", .described("a target's name"),
      "The target it is compared with; when left out the only one, or the one of the output's name."
    ),
    Field(
      "weight", .described("a number, or { value, schedule }"), default: 1.0,
      "By what it counts in the sum."),
    Field(
      "name", .described("a name"), "What its series are called; the output's name when left out."),
  ]

  init(loss: any Loss) {
    name = Swift.type(of: loss).type
    output = nil
    target = nil
    weight = .one
    self.loss = loss
  }

  /// Reads a term: the members of the loss, and beside them `output`, `target`, `weight` and `name`.
  ///
  /// - Throws: every fault in it.
  init(_ json: JSON, pointer: String) throws(Faults) {
    guard case .object(var own) = json else {
      throw Faults([
        Fault(
          pointer: pointer,
          detail: "expected an object with the type of a loss and an output, found \(json.kind)")
      ])
    }
    // What the loss doesn't know is taken out before it reads the rest.
    var members = JSONObject()
    for field in LossTerm.fields {
      members[field.name] = own[field.name]
      own[field.name] = nil
    }
    var reader = ObjectReader(.object(members), pointer: pointer)
    output = reader.string("output")
    target = reader.string("target")
    let given = reader.string("name")
    if let given, let detail = SeriesName.fault(given) { reader.fault("name", detail) }
    let weight = TermWeight(&reader)
    var faults = reader.finish()
    var loss: (any Loss)?
    do throws(Faults) {
      loss = try LossCatalog.decode(.object(own), pointer: pointer)
    } catch {
      faults.add(error)
    }
    try faults.check()
    guard let loss else { throw faults }
    self.loss = loss
    self.weight = weight
    name = given ?? output ?? Swift.type(of: loss).type
  }
}

/// The rule for the names of terms.
enum SeriesName {
  static func fault(_ name: String) -> String? {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard !isPlain || name.isEmpty || name.utf8.count > 64 else { return nil }
    return "\"\(name.prefix(80))\" isn't 1 to 64 letters, digits, hyphens and underscores"
  }
}
