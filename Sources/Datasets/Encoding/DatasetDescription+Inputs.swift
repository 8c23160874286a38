import Digests
import Foundation
import JSON
import Tensors

extension DatasetDescription {
  /// Turns rows of a prediction request into what a model sees, one tensor an input.
  ///
  /// With several inputs a row is an object by their names, each as `encode(rows:pointer:)` takes it.
  ///
  /// - Throws: `Faults` that name every value that's wrong, at most a hundred of each input.
  public func encodeInputs(rows: [JSON], pointer: String = "/inputs") throws(Faults) -> [Tensor] {
    guard let arrays else { return [try encode(rows: rows, pointer: pointer)] }
    let names = arrays.inputs.map(\.name)
    var faults = Faults()
    var columns = [[JSON]](repeating: [], count: names.count)
    for (index, row) in rows.enumerated() {
      guard case .object(let object) = row else {
        faults.add(
          "\(pointer)/\(index)",
          "expected an object with the inputs \(names.joined(separator: ", ")), found \(row.kind)")
        continue
      }
      for name in object.names where !names.contains(name) {
        faults.add(
          "\(pointer)/\(index)/\(escapedPointerToken(name))",
          "there is no input of this name\(nearest(name, among: names)); "
            + "there are \(names.joined(separator: ", "))")
      }
      for (place, name) in names.enumerated() {
        if object[name] == nil {
          faults.add("\(pointer)/\(index)/\(escapedPointerToken(name))", "is missing")
        }
        columns[place].append(object[name] ?? .null)
      }
    }
    try faults.check()
    var tensors: [Tensor] = []
    for (place, rows) in columns.enumerated() {
      do throws(Faults) {
        tensors.append(try only(input: place).encode(rows: rows, pointer: ""))
      } catch {
        // A fault at `/7/2` of this input is at `/inputs/7/<name>/2` of the request.
        for fault in error.all {
          let parts = fault.pointer.split(separator: "/", maxSplits: 1)
          let rest = parts.count > 1 ? "/\(parts[1])" : ""
          faults.add(
            "\(pointer)/\(parts.first ?? "")/\(escapedPointerToken(names[place]))\(rest)",
            fault.detail)
        }
      }
    }
    try faults.check()
    return tensors
  }

  /// Bytes that the arrays of one request may unpack to.
  static let mostUnpackedBytes = 256 << 20

  /// Turns an npz body into what a model sees, one tensor an input: arrays by the inputs' names, or the only
  /// array for an only input.
  ///
  /// - Throws: `DatasetError` for what is no such archive.
  public func encodeInputs(
    npz: [UInt8], limits: ImportLimits = ImportLimits()
  ) throws(DatasetError) -> [Tensor] {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("chainrule-\(SecureRandom.bytes(16).hexadecimal).npz")
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      try Data(npz).write(to: file)
    } catch {
      throw DatasetError(.storage, "can't keep the body: \(error)")
    }
    let archive = try NPZArchive(file, limits: limits)
    var tensors: [Tensor] = []
    var unpacked = 0
    for (place, named) in namedInputs.enumerated() {
      let name: String
      if let wanted = named.name {
        guard archive.names.contains(wanted) else {
          throw DatasetError(
            .malformed,
            "the archive has no array \"\(wanted)\"; there are \(archive.names.prefix(20).joined(separator: ", "))",
            part: "the body")
        }
        name = wanted
      } else {
        name = archive.names.count == 1 ? archive.names[0] : try archive.features([])[0]
      }
      let own = only(input: place)
      let source = try archive.open(name)
      var bytes: [UInt8] = []
      while true {
        let part = try source.bytes(1 << 20)
        if part.isEmpty { break }
        bytes += part
        unpacked += part.count
        guard unpacked <= DatasetDescription.mostUnpackedBytes else {
          throw DatasetError(
            .limitExceeded,
            "the arrays have more than \(DatasetDescription.mostUnpackedBytes) bytes; send fewer "
              + "examples at a time", part: "the body")
        }
      }
      do throws(DatasetError) {
        tensors.append(try own.encode(npy: bytes, limits: limits))
      } catch {
        throw error.located(inPart: "array \"\(name)\"")
      }
      guard tensors[place].shape[0] == tensors[0].shape[0] else {
        throw DatasetError(
          .malformed,
          "array \"\(name)\" has \(tensors[place].shape[0]) examples, the first one "
            + "\(tensors[0].shape[0])", part: "the body")
      }
    }
    return tensors
  }
}
