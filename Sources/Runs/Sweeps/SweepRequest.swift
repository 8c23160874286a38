import JSON
import Store
import Tensors

/// What a client asks for with `POST /v1/sweeps`: a run's request, places in it, and what stands there.
public struct SweepRequest {
  public enum Method: String, CaseIterable, Sendable {
    /// Every combination of values, the last place changing first.
    case grid
    /// Draws that are independent of each other (Bergstra and Bengio 2012, "Random search for hyper-parameter optimization").
    case random
  }

  public static let mostRuns = 500
  public static let mostParameters = 32

  let name: String?
  let run: JSON
  let parameters: [SweepParameter]
  let method: Method
  /// How many runs random search makes; of a grid the first so many.
  let count: Int
  let seed: UInt64
  let goal: String?
  let direction: SweepRecord.Direction?

  init(_ json: JSON) throws(Faults) {
    var reader = ObjectReader(json)
    reader.passOverSchema()
    name = RunRequest.name(&reader)
    let run = reader.requiredValue("run")
    if let run, run.object == nil { reader.fault("run", "expected an object, found \(run.kind)") }
    let parameters = Self.parameters(&reader)
    let isGrid = parameters.allSatisfy { if case .values = $0.choice { true } else { false } }
    let named = reader.string("method", in: Method.allCases.map(\.rawValue))
    method = named.flatMap(Method.init(rawValue:)) ?? (isGrid ? .grid : .random)
    if method == .grid, !isGrid {
      reader.fault("method", "a grid needs values of every parameter; random draws from min to max")
    }
    let runs = reader.integer("runs", in: 1...Self.mostRuns)
    if method == .random, runs == nil, !reader.has("runs") {
      reader.fault("runs", "is missing: how many runs random search makes")
    }
    seed = UInt64(reader.integer("seed", in: 0...Int.max) ?? 0)
    var goal: String?
    var direction: String?
    if var part = reader.reader("goal") {
      goal = part.string("metric")
      direction = part.string("direction", in: SweepRecord.Direction.allCases.map(\.rawValue))
      reader.add(part.finish())
    }
    self.goal = goal
    self.direction = direction.flatMap(SweepRecord.Direction.init(rawValue:))
    var size = 1
    for case .values(let values) in parameters.map(\.choice) where method == .grid {
      size = min(size * values.count, Self.mostRuns + 1)
    }
    if method == .grid, runs == nil, size > Self.mostRuns {
      reader.fault(
        "parameters",
        "make more than \(Self.mostRuns) runs; leave some out, or take random with runs")
    }
    count = method == .grid ? min(runs ?? size, size) : runs ?? 0
    try reader.finish().check()
    guard let run else { throw reader.faults }
    self.run = run
    self.parameters = parameters
    try variant(0).faults.check()
  }

  private static func parameters(_ reader: inout ObjectReader) -> [SweepParameter] {
    guard reader.requiredValue("parameters") != nil, let part = reader.reader("parameters") else {
      return []
    }
    let members = part.object.members
    if members.isEmpty || members.count > mostParameters {
      reader.fault("parameters", "has \(members.count) members; from 1 to \(mostParameters)")
    }
    var all: [SweepParameter] = []
    for (pointer, value) in members.prefix(mostParameters) {
      do throws(Faults) {
        all.append(try SweepParameter(pointer, value, at: part.pointer(to: pointer)))
      } catch {
        reader.add(error)
      }
    }
    return all
  }

  /// A run of the sweep: its request, what is different in it, and what can't be put where it should.
  func variant(_ index: Int) -> (request: JSON, parameters: JSON, faults: Faults) {
    var request = run
    var chosen = JSONObject()
    var faults = Faults()
    for (parameter, value) in zip(parameters, values(of: index)) {
      chosen[parameter.pointer] = value
      if let changed = request.replacing(parameter.pointer, with: value) {
        request = changed
      } else {
        faults.add(
          "/parameters/\(escapedPointerToken(parameter.pointer))",
          "isn't a JSON pointer to a place of run, such as /training/optimizer/learning_rate")
      }
    }
    return (request, .object(chosen), faults)
  }

  private func values(of index: Int) -> [JSON] {
    switch method {
    case .grid:
      var rest = index
      var values: [JSON] = []
      for parameter in parameters.reversed() {
        guard case .values(let choices) = parameter.choice else { continue }
        values.append(choices[rest % choices.count])
        rest /= choices.count
      }
      return values.reversed()
    case .random:
      return parameters.map { parameter in
        // A parameter's draws don't depend on which others there are.
        let words = Philox(seed: seed, purpose: "sweep \(parameter.pointer)").block(
          UInt64(index), 0)
        let bits = UInt64(words[0]) << 21 | UInt64(words[1] >> 11)
        return parameter.value(at: Double(bits) * 0x1p-53)
      }
    }
  }
}

extension JSON {
  /// The same with another value at a JSON pointer (RFC 6901). Members that aren't there are made, elements aren't.
  ///
  /// - Returns: `nil` when there is no such place.
  func replacing(_ pointer: String, with value: JSON) -> JSON? {
    guard pointer.hasPrefix("/") else { return nil }
    let tokens = pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
    return replacing(tokens[...], with: value)
  }

  private func replacing(_ tokens: ArraySlice<String>, with value: JSON) -> JSON? {
    guard let token = tokens.first else { return value }
    switch self {
    case .object(var object):
      let member = object[token] ?? .object(JSONObject())
      guard let changed = member.replacing(tokens.dropFirst(), with: value) else { return nil }
      object[token] = changed
      return .object(object)
    case .array(var array):
      guard let index = Int(token), array.indices.contains(index), "\(index)" == token,
        let changed = array[index].replacing(tokens.dropFirst(), with: value)
      else { return nil }
      array[index] = changed
      return .array(array)
    default: return nil
    }
  }
}
