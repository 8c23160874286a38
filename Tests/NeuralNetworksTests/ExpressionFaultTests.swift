import JSON
import Testing

@testable import NeuralNetworks

@Suite struct ExpressionFaultTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: String
    let faults: [(pointer: String, detail: String)]
    var testDescription: String { json }

    init(_ json: String, _ faults: (String, String)...) {
      self.json = json
      self.faults = faults.map { (pointer: $0.0, detail: $0.1) }
    }
  }

  static let activations: [Case] = [
    Case(
      #"{"expression":"x * softpluss(x)"}"#,
      (
        "/expression",
        "column 5, \"softpluss\": the function is unknown (did you mean \"softplus\"?); one of: exp"
      )),
    Case(
      #"{"expression":"x * alfa","constants":{"alpha":1}}"#,
      (
        "/expression",
        "column 5, \"alfa\": the name is unknown (did you mean \"alpha\"?); known here: x, alpha, e, pi"
      ), ("/constants/alpha", "the expression doesn't contain alpha")),
    Case(
      #"{"expression":"x + tanh"}"#,
      ("/expression", "column 5, \"tanh\": is a function, which is called: tanh(x)")),
    Case(
      #"{"expression":"x(2)"}"#,
      ("/expression", "is no function; a product is written x * (…)")),
    Case(
      #"{"expression":"clip(x, 1)"}"#,
      ("/expression", "takes 3 arguments, found 2: clip(x, low, high)")),
    Case(
      #"{"expression":"min(x) + elu(x, 1, 2) + sin()"}"#,
      ("/expression", "column 1, \"min\": takes 2 arguments or more, found 1: min(a, b, …)"),
      ("/expression", "column 10, \"elu\": takes 1 or 2 arguments, found 3"),
      ("/expression", "column 25, \"sin\": takes 1 argument, found 0")),
    Case(#"{"expression":"x *"}"#, ("/expression", "column 4, the end: expected")),
    Case(#"{"expression":3}"#, ("/expression", "expected a string, found an integer")),
    Case(#"{"type":"expression"}"#, ("/expression", "is missing")),
    Case(#"{"expresion":"x"}"#, ("/type", "is missing")),
    Case(
      #"{"expression":"tanh(x)","constant":{}}"#,
      ("/constant", "unknown field (did you mean \"constants\"?)")),
    Case(
      #"{"expression":"floor(x)"}"#,
      (
        "/expression",
        "it isn't differentiable anywhere but where its derivative with respect to x is 0"
      )),
    Case(
      #"{"expression":"sign(x) * ceil(2 * x)"}"#,
      ("/expression", "sign, ceil and comparisons are steps")),
    Case(#"{"expression":"x > 0"}"#, ("/expression", "it isn't differentiable anywhere")),
    Case(
      #"{"expression":"where(x > 0, 1, -1)"}"#,
      ("/expression", "it isn't differentiable anywhere")),
    Case(#"{"expression":"1 + 2"}"#, ("/expression", "the expression doesn't contain x")),
    Case(#"{"expression":"x - x"}"#, ("/expression", "it is 0.0 for every x")),
    Case(#"{"expression":"0 * x + 4"}"#, ("/expression", "it is 4.0 for every x")),
    Case(#"{"expression":"x^0"}"#, ("/expression", "it is 1.0 for every x")),
    Case(
      #"{"expression":"log(-x^2 - 1)"}"#, ("/expression", "it is a finite number for no x")),
    Case(#"{"expression":"x / 0"}"#, ("/expression", "it is a finite number for no x")),
    Case(
      #"{"expression":"x + floor(b)","parameters":{"b":1}}"#,
      ("/parameters/b", "the derivative with respect to it is 0, so that it can't be learned")),
    Case(
      #"{"expression":"x","parameters":{"b":1}}"#,
      ("/parameters/b", "the expression doesn't contain b")),
    Case(
      #"{"expression":"tanh(x)","constants":{"x":1,"pi":3,"sin":1,"2a":1,"":1}}"#,
      ("/constants/x", "x is the name of a variable"),
      ("/constants/pi", "pi is a constant of the language"),
      ("/constants/sin", "sin is the name of a function"),
      ("/constants/2a", "a name is a letter and up to 31 more"),
      ("/constants/", "a name is a letter")),
    Case(
      #"{"expression":"a * x + b + c","constants":{"a":"1","b":1e300},"parameters":{"b":{"initial":1,"per_chanel":true},"c":{}}}"#,
      ("/constants/a", "expected a number, found a string"),
      ("/constants/b", "is out of range"),
      ("/parameters/b/per_chanel", "unknown field (did you mean \"per_channel\"?)"),
      ("/parameters/c/initial", "is missing")),
    Case(
      #"{"expression":"a * x","constants":{"a":1},"parameters":{"a":1}}"#,
      ("/parameters/a", "a is the name of a constant too")),
    Case(
      #"{"expression":"x","parameters":{"a":1,"b":1,"c":1,"d":1,"f":1,"g":1,"h":1,"i":1,"j":1}}"#,
      ("/parameters", "has 9 members; at most 8")),
    Case(
      #"{"expression":"x","constants":[1]}"#,
      ("/constants", "expected an object, found an array")),
    Case(
      #"{"type":"prelu","initial":1e9,"per_channel":1}"#,
      ("/per_channel", "expected true or false"), ("/initial", "is out of range")),
  ]

  @Test("each fault of an activation has its place, all in one answer", arguments: activations)
  func activation(given: Case) throws {
    let json = try JSON(parsing: Array(given.json.utf8))
    do throws(Faults) {
      _ = try Activation(json, pointer: "")
      Issue.record("it was accepted")
    } catch {
      expect(error, given.faults)
    }
  }

  static let losses: [Case] = [
    Case(
      #"{"expression":"(predicton - target)^2"}"#,
      (
        "/expression",
        "column 2, \"predicton\": the name is unknown (did you mean \"prediction\"?); known here: prediction, target"
      ), ("/expression", "the expression doesn't contain prediction")),
    Case(
      #"{"expression":"target^2"}"#, ("/expression", "the expression doesn't contain prediction")),
    Case(
      #"{"expression":"(prediction > 0.5) != target"}"#,
      (
        "/expression",
        "it isn't differentiable anywhere but where its derivative with respect to prediction is 0"
      )),
    Case(
      #"{"expression":"prediction - prediction + target"}"#,
      ("/expression", "its derivative with respect to prediction is 0")),
    Case(
      #"{"expression":"prediction","reduction":"none","parameters":{"a":1}}"#,
      ("/reduction", "\"none\" is unknown; one of: mean, sum, batch_mean"),
      ("/parameters", "unknown field")),
  ]

  @Test("and each fault of a loss", arguments: losses)
  func loss(given: Case) throws {
    let json = try JSON(parsing: Array(given.json.utf8))
    do throws(Faults) {
      _ = try LossCatalog.decode(json, pointer: "")
      Issue.record("it was accepted")
    } catch {
      expect(error, given.faults)
    }
  }

  @Test("a spec's expression is found at fault where it stands, beside other faults")
  func spec() throws {
    let spec = try JSON(
      parsing: Array(
        #"""
        {"input":{"shape":[4]},"layers":[
          {"type":"dense","units":3,"activation":{"expression":"x * (1 + "}},
          {"type":"dense","units":0},
          {"type":"activation","activation":{"expression":"round(x)"}}]}
        """#.utf8))
    do throws(Faults) {
      _ = try ModelSpec(spec)
      Issue.record("it was accepted")
    } catch {
      #expect(
        error.all.map(\.pointer) == [
          "/layers/0/activation/expression", "/layers/1/units", "/layers/2/activation/expression",
        ])
    }
  }

  @Test("the expressions of a model have a limit together")
  func together() throws {
    func spec(_ count: Int) -> JSON {
      let long = JSON.string("x" + String(repeating: " + x / 2", count: 63))
      let layer: JSON = ["type": "activation", "activation": ["expression": long]]
      return ["input": ["shape": [2]], "layers": .array([JSON](repeating: layer, count: count))]
    }
    #expect(throws: Never.self) { try ModelSpec(spec(79)) }
    do throws(Faults) {
      _ = try ModelSpec(spec(90))
      Issue.record("it was accepted")
    } catch {
      expect(
        error,
        [
          (
            pointer: "/layers/79",
            detail: "have 10080 operators and calls; at most 10000 in all layers"
          )
        ])
    }
  }

  private func expect(_ found: Faults, _ expected: [(pointer: String, detail: String)]) {
    #expect(found.all.map(\.pointer) == expected.map(\.pointer), "\(found)")
    for (fault, (_, detail)) in zip(found.all, expected) {
      #expect(fault.detail.contains(detail), "\(fault)")
    }
  }
}
