/// The rule for names of layers and inputs, which become parts of parameters' and series' names.
enum LayerName {
  /// What is wrong with a name; `nil` when nothing is.
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
    return "\"\(name.clipped)\" isn't 1 to 64 letters, digits, hyphens and underscores"
  }
}
