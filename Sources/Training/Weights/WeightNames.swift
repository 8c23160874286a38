import JSON

/// What the tensors of a file are called in a model.
///
/// First `prefix` is taken off, then the longest beginning that `rename` names is replaced. A name of `rename` that ends in `.`
/// stands for all that begin so, any other for itself alone.
public struct WeightNames: Hashable, Sendable {
  public static let most = 256
  public static let longest = WeightsFile.longestName

  /// With which every tensor of the file begins that is taken.
  public let prefix: String
  public let rename: [(from: String, to: String)]

  public init(prefix: String = "", rename: [(from: String, to: String)] = []) {
    self.prefix = prefix
    self.rename = rename
  }

  /// Reads the members `prefix` and `rename`.
  public init(from reader: inout ObjectReader) {
    let prefix = reader.string("prefix") ?? ""
    if prefix.utf8.count > Self.longest {
      reader.fault("prefix", "has \(prefix.utf8.count) bytes; at most \(Self.longest)")
    }
    var pairs: [(from: String, to: String)] = []
    if var map = reader.reader("rename") {
      if map.object.members.count > Self.most {
        reader.fault("rename", "has \(map.object.members.count) members; at most \(Self.most)")
      }
      for name in map.object.names.prefix(Self.most) {
        guard let to = map.string(name) else { continue }
        if name.isEmpty || to.isEmpty || max(name.utf8.count, to.utf8.count) > Self.longest {
          map.fault(name, "names have from 1 to \(Self.longest) bytes")
        } else if name.hasSuffix(".") != to.hasSuffix(".") {
          map.fault(
            name,
            "\"\(name.prefix(80))\" and \"\(to.prefix(80))\" must both end in a dot, for all names that begin so, or "
              + "neither, for one name")
        }
        pairs.append((name, to))
      }
      reader.add(map.faults)
    }
    self.prefix = prefix
    rename = pairs
  }

  /// The name in the model; `nil` for a tensor without the prefix.
  public func callAsFunction(_ name: String) -> String? {
    guard name.hasPrefix(prefix) else { return nil }
    let bare = String(name.dropFirst(prefix.count))
    guard let entry = entry(of: bare) else { return bare }
    return entry.to + bare.dropFirst(entry.from.count)
  }

  /// Of `rename`, what a name without its prefix is renamed by.
  private func entry(of name: String) -> (from: String, to: String)? {
    rename.filter { $0.from.hasSuffix(".") ? name.hasPrefix($0.from) : name == $0.from }
      .max { $0.from.utf8.count < $1.from.utf8.count }
  }

  /// What goes with none of a file's names.
  ///
  /// - Parameter pointer: of the object with `prefix` and `rename`.
  public func faults(_ names: [String], pointer: String) -> Faults {
    var faults = Faults()
    let bare = names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    if bare.isEmpty, !names.isEmpty {
      faults.add(
        "\(pointer)/prefix",
        "no tensor begins with \"\(prefix.prefix(80))\"; they are called \(Self.listed(names))")
      return faults
    }
    for entry in rename
    where !bare.contains(where: {
      entry.from.hasSuffix(".") ? $0.hasPrefix(entry.from) : $0 == entry.from
    }) {
      faults.add(
        "\(pointer)/rename/\(escapedPointerToken(entry.from))",
        (entry.from.hasSuffix(".") ? "no tensor begins so" : "there is no such tensor")
          + nearest(entry.from, among: bare) + "; there are \(Self.listed(bare))")
    }
    return faults
  }

  /// The first of them, in words.
  public static func listed(_ names: [String]) -> String {
    let shown = names.prefix(20).map { "\($0.prefix(200))" }.joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }

  public static func == (left: WeightNames, right: WeightNames) -> Bool {
    left.prefix == right.prefix && left.rename.elementsEqual(right.rename, by: ==)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(prefix)
    for pair in rename { hasher.combine(pair.from) }
  }
}
