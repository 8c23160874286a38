import Foundation
import JSON
import Kernels
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// What augmentations make of examples; `Fixtures/make_augmentations.py` writes what turning and colours should give.
@Suite struct AugmentationTests {
  private static let fixture: JSON = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/augmentations.json")
    return (try? JSON(parsing: [UInt8](Data(contentsOf: url)))) ?? .null
  }()
  private static func numbers(_ json: JSON?) -> [Float] {
    (json?.array ?? []).compactMap(\.double).map { Float($0) }
  }

  /// Examples of a pass before and after.
  private struct Changed {
    var inputs: [Float]
    var targets: [Float]
  }

  /// Applies one augmentation to rows of images.
  private func apply(
    _ json: JSON, to images: [Float], shape: Shape, targets: [Float] = [], classes: Int = 1,
    step: Int = 1, first: Int = 0, seed: UInt64 = 9,
    encode: (Double, Double) = (0, 1), range: ClosedRange<Double>? = nil
  ) throws -> Changed {
    let rule = try #require(AugmentationCatalog.decode([json], pointer: "").first)
    let input = AugmentedInput(
      shape: shape, vocabulary: nil, encode: (encode.0, encode.1), range: range)
    #expect(rule.faults(input).isEmpty)
    var (values, mixed) = (images, targets)
    var scratch = [Float](repeating: 0, count: images.count + targets.count)
    values.withUnsafeMutableBytes { bytes in
      mixed.withUnsafeMutableBufferPointer { numbers in
        scratch.withUnsafeMutableBufferPointer { room in
          guard let base = bytes.baseAddress, let room = room.baseAddress else { return }
          rule.apply(
            to: AugmentedPass(
              input: input, values: base,
              targets: numbers.baseAddress.map { [($0, classes)] } ?? [],
              rows: images.count / shape.count, first: first, step: step,
              philox: Philox(seed: seed, purpose: "augmentation 0"), scratch: room))
        }
      }
    }
    return Changed(inputs: values, targets: mixed)
  }

  /// So many images, each of pixels that tell where they were.
  private func images(_ rows: Int, _ shape: Shape) -> [Float] {
    (0..<rows * shape.count).map { Float($0 % shape.count + 1) }
  }

  @Test("an image is turned as SciPy turns it")
  func rotation() throws {
    let image = Self.numbers(Self.fixture["image"]?["values"])
    for expected in Self.fixture["rotations"]?.array ?? [] {
      let angle = try #require(expected["degrees"]?.double) * Double.pi / 180
      let fill = Float(try #require(expected["fill"]?.double))
      var (found, scratch) = (image, image)
      found.withUnsafeMutableBufferPointer { found in
        scratch.withUnsafeMutableBufferPointer { scratch in
          guard let pixels = found.baseAddress, let scratch = scratch.baseAddress else { return }
          PixelKernels.rotate(
            pixels, planes: 2, height: 5, width: 7,
            angle: (Float(cos(angle)), Float(sin(angle))), fill: fill, scratch: scratch)
        }
      }
      for (a, b) in zip(found, Self.numbers(expected["values"])) { #expect(abs(a - b) < 1e-5) }
    }
    #expect(Self.fixture["rotations"]?.array?.count == 5)
  }

  @Test("angles are even between the two largest")
  func angles() throws {
    // A bright pixel to the right of the middle tells the angle by where it goes.
    let shape: Shape = [1, 33, 33]
    var image = [Float](repeating: 0, count: shape.count)
    for y in 15...17 { for x in 27...29 { image[y * 33 + x] = 1 } }
    let rows = 400
    let all = (0..<rows).flatMap { _ in image }
    let turned = try apply(["type": "rotate", "degrees": 40], to: all, shape: shape).inputs
    let angles = (0..<rows).map { row -> Double in
      var (x, y, sum) = (0.0, 0.0, 0.0)
      for place in 0..<shape.count {
        let weight = Double(turned[row * shape.count + place])
        (x, y, sum) = (
          x + weight * Double(place % 33 - 16), y + weight * Double(place / 33 - 16), sum + weight
        )
      }
      return atan2(-y / sum, x / sum) * 180 / Double.pi
    }
    #expect(angles.allSatisfy { abs($0) < 40.5 })
    let bins = angles.reduce(into: [Int](repeating: 0, count: 8)) {
      $0[min(7, max(0, Int(($1 + 40) / 10)))] += 1
    }
    // Seven degrees of freedom: above 24.3 in one of a thousand.
    let chi = bins.reduce(0.0) { $0 + (Double($1) - 50) * (Double($1) - 50) / 50 }
    #expect(chi < 24.3, "\(bins)")
  }

  @Test("colours change as torchvision's formulas say")
  func color() throws {
    let image = Self.numbers(Self.fixture["color"]?["values"])
    let changes = Self.fixture["changes"]?.array ?? []
    #expect(changes.count == 6)
    // Stored as the model sees them: (value - 10) / 50.
    let (subtract, divide) = (10.0, 50.0)
    let stored = image.map { Float((Double($0) - subtract) / divide) }
    let range = Float((0 - subtract) / divide)...Float((255 - subtract) / divide)
    for change in changes {
      let factor = Float(try #require(change["factor"]?.double))
      let kind = try #require(change["kind"]?.string.flatMap(ColorJitter.Kind.init))
      var found = stored
      found.withUnsafeMutableBufferPointer { buffer in
        guard let pixels = buffer.baseAddress else { return }
        ColorJitter.change(
          pixels, kind, by: factor, planes: 3, size: 24,
          zero: Float(-subtract / divide), within: range)
      }
      for (a, b) in zip(found, Self.numbers(change["values"])) {
        #expect(abs(Double(a) * divide + subtract - Double(b)) < 2e-3, "\(change["kind"] ?? .null)")
      }
    }
  }

  @Test("colour factors reach as far as asked for, and no further")
  func colorFactors() throws {
    let shape: Shape = [1, 1, 1]
    let found = try apply(
      ["type": "color", "brightness": 0.25], to: [Float](repeating: 100, count: 2_000), shape: shape
    ).inputs.map { Double($0) / 100 }
    #expect(found.allSatisfy { (0.75...1.25).contains($0) })
    #expect((found.min() ?? 1) < 0.76 && (found.max() ?? 1) > 1.24)
    #expect(abs(found.reduce(0, +) / 2_000 - 1) < 0.02)
  }

  @Test("a crop is a window of the image with a border, at every place alike")
  func crop() throws {
    let shape: Shape = [2, 6, 5]
    let rows = 2_500
    let before = images(rows, shape)
    let after = try apply(
      ["type": "random_crop", "padding": 2, "fill": -7], to: before, shape: shape
    ).inputs
    var counts: [Int: Int] = [:]
    for row in 0..<rows {
      let image = after[row * 60..<(row + 1) * 60].map { Int($0) }
      // The middle pixel is always one of the image.
      let seen = image[2 * 5 + 2] - 1
      let (dy, dx) = (seen / 5 - 2, seen % 5 - 2)
      for plane in 0..<2 {
        for y in 0..<6 {
          for x in 0..<5 {
            let inside = (0..<6).contains(y + dy) && (0..<5).contains(x + dx)
            let wanted = inside ? plane * 30 + (y + dy) * 5 + x + dx + 1 : -7
            #expect(image[plane * 30 + y * 5 + x] == wanted)
          }
        }
      }
      counts[dy * 10 + dx, default: 0] += 1
    }
    #expect(counts.count == 25)
    // 24 degrees of freedom: above 51.2 in one of a thousand.
    let chi = counts.values.reduce(0.0) { $0 + (Double($1) - 100) * (Double($1) - 100) / 100 }
    #expect(chi < 51.2)
  }

  @Test("a crop wider than the image may leave nothing of it")
  func wideCrop() throws {
    let found = try apply(
      ["type": "random_crop", "padding": 9], to: images(50, [1, 3, 4]), shape: [1, 3, 4])
    #expect(found.inputs.count == 600)
    #expect(
      (0..<50).contains { row in found.inputs[row * 12..<row * 12 + 12].allSatisfy { $0 == 0 } })
  }

  @Test("a flip mirrors half of the images", arguments: ["horizontal", "vertical"])
  func flip(axis: String) throws {
    let shape: Shape = [2, 3, 4]
    let before = images(1_000, shape)
    let after = try apply(["type": "flip", "axis": .string(axis)], to: before, shape: shape).inputs
    var flipped = 0
    for row in 0..<1_000 {
      let image = Array(after[row * 24..<row * 24 + 24])
      if image == Array(before[..<24]) { continue }
      flipped += 1
      for plane in 0..<2 {
        for y in 0..<3 {
          for x in 0..<4 {
            let (v, u) = axis == "horizontal" ? (y, 3 - x) : (2 - y, x)
            #expect(image[plane * 12 + y * 4 + x] == Float(plane * 12 + v * 4 + u + 1))
          }
        }
      }
    }
    // Beyond four standard deviations in one of 16,000.
    #expect(abs(flipped - 500) < 64)
  }

  @Test("a cut-out square is as large as asked for, less what lies outside")
  func cutout() throws {
    let shape: Shape = [3, 9, 9]
    let after = try apply(
      ["type": "cutout", "size": 4, "fill": 0], to: images(500, shape), shape: shape
    ).inputs
    for row in 0..<500 {
      let image = after[row * 243..<(row + 1) * 243]
      let gone = image.indices.filter { image[$0] == 0 }.map { ($0 - row * 243) % 81 }
      let (ys, xs) = (Set(gone.map { $0 / 9 }), Set(gone.map { $0 % 9 }))
      #expect((2...4).contains(ys.count) && (2...4).contains(xs.count))
      #expect(gone.count == 3 * ys.count * xs.count)
    }
  }

  @Test("shares of two examples are Beta's", arguments: 0..<4)
  func beta(index: Int) throws {
    let expected = try #require(Self.fixture["beta"]?.array?[index])
    let alpha = try #require(expected["alpha"]?.double)
    var generator = Philox(seed: 4, purpose: "beta").generator()
    let draws = (0..<4_000).map { _ in BetaDistribution.symmetric(alpha, using: &generator) }
    for (place, quantile) in (expected["quantiles"]?.array ?? []).compactMap(\.double).enumerated()
    {
      let share = Double(draws.count { $0 <= quantile }) / 4_000
      // Kolmogorov's bound: above 1.95 / √n in one of a thousand.
      #expect(abs(share - Double(place + 1) / 10) < 1.95 / 4_000.squareRoot(), "\(alpha), \(place)")
    }
  }

  @Test("mixup mixes inputs and targets by one share, each with another")
  func mixup() throws {
    // Row r is all r, and its class r.
    let rows = 16
    let inputs = (0..<rows).flatMap { [Float](repeating: Float($0), count: 6) }
    var targets = [Float](repeating: 0, count: rows * rows)
    for row in 0..<rows { targets[row * rows + row] = 1 }
    var shares: Set<Float> = []
    for step in 1...8 {
      let mixed = try apply(
        ["type": "mixup", "alpha": 1], to: inputs, shape: [1, 2, 3], targets: targets,
        classes: rows,
        step: step)
      for row in 0..<rows {
        let target = mixed.targets[row * rows..<(row + 1) * rows]
        #expect(abs(target.reduce(0, +) - 1) < 1e-6)
        let mean = target.enumerated().reduce(Float(0)) { $0 + Float($1.offset) * $1.element }
        for value in mixed.inputs[row * 6..<row * 6 + 6] { #expect(abs(value - mean) < 1e-4) }
        if target[row * rows + row] < 1 { shares.insert(target[row * rows + row]) }
      }
    }
    #expect(shares.count == 8, "one a pass: \(shares)")
  }

  @Test("cutmix takes a rectangle, and mixes targets by its area")
  func cutmix() throws {
    let rows = 12
    let shape: Shape = [2, 8, 10]
    let inputs = (0..<rows).flatMap { [Float](repeating: Float($0), count: 160) }
    var targets = [Float](repeating: 0, count: rows * rows)
    for row in 0..<rows { targets[row * rows + row] = 1 }
    var areas: Set<Int> = []
    for step in 1...20 {
      let mixed = try apply(
        ["type": "cutmix"], to: inputs, shape: shape, targets: targets, classes: rows, step: step)
      for row in 0..<rows {
        let image = Array(mixed.inputs[row * 160..<(row + 1) * 160])
        let foreign = image.indices.filter { image[$0] != Float(row) }
        let target = mixed.targets[row * rows..<(row + 1) * rows]
        guard !foreign.isEmpty else { continue }
        let partner = Int(image[foreign[0]])
        #expect(foreign.allSatisfy { Int(image[$0]) == partner })
        let ys = Set(foreign.map { $0 % 80 / 10 })
        let xs = Set(foreign.map { $0 % 10 })
        #expect(foreign.count == 2 * ys.count * xs.count)
        areas.insert(foreign.count)
        #expect(abs(target[row * rows + partner] - Float(foreign.count) / 160) < 1e-6)
        #expect(abs(target[row * rows + row] - (1 - Float(foreign.count) / 160)) < 1e-6)
      }
    }
    #expect(areas.count > 5)
  }

  @Test("tokens are masked as often as asked for")
  func tokens() throws {
    let rule = try #require(
      AugmentationCatalog.decode(
        [["type": "token_mask", "probability": 0.3, "token": 7]], pointer: ""
      ).first)
    let input = AugmentedInput(shape: [50], vocabulary: 8, encode: nil, range: nil)
    #expect(rule.faults(input).isEmpty)
    var tokens = [Int32](repeating: 3, count: 50 * 80)
    var scratch = [Float](repeating: 0, count: 1)
    tokens.withUnsafeMutableBytes { bytes in
      scratch.withUnsafeMutableBufferPointer { room in
        guard let base = bytes.baseAddress, let room = room.baseAddress else { return }
        rule.apply(
          to: AugmentedPass(
            input: input, values: base, targets: [], rows: 80, first: 0, step: 1,
            philox: Philox(seed: 1, purpose: "t"), scratch: room))
      }
    }
    #expect(tokens.allSatisfy { $0 == 3 || $0 == 7 })
    // Four standard deviations of 4,000 draws are 116.
    #expect(abs(tokens.count { $0 == 7 } - 1_200) < 116)
  }

  @Test(
    "an example's change is its place's in the step: parts of a step, and its repetition, change it alike"
  )
  func places() throws {
    let shape: Shape = [1, 6, 6]
    let before = images(10, shape)
    let crop: JSON = ["type": "random_crop", "padding": 3]
    let whole = try apply(crop, to: before, shape: shape, step: 4).inputs
    #expect(try apply(crop, to: before, shape: shape, step: 4).inputs == whole)
    #expect(try apply(crop, to: before, shape: shape, step: 5).inputs != whole)
    #expect(try apply(crop, to: before, shape: shape, step: 4, seed: 10).inputs != whole)
    let part = try apply(crop, to: Array(before[..<(4 * 36)]), shape: shape, step: 4, first: 6)
      .inputs
    #expect(part == Array(whole[(6 * 36)...]))
  }

  // MARK: - Runs

  private func train(
    _ augment: JSON, _ members: JSONObject = JSONObject(), resuming: CheckpointState? = nil
  ) throws -> (Outcome, RecordingObserver) {
    var training = JSONObject([
      ("epochs", 3), ("batch_size", 64), ("seed", 5), ("loss", "cross_entropy"),
      ("optimizer", ["type": "adam", "learning_rate": 0.002]), ("metrics", ["accuracy"]),
      ("validation", ["fraction": 0.2]), ("augment", augment), ("checkpoint", ["every_steps": 17]),
    ])
    for (name, value) in members.members { training[name] = value == .null ? nil : value }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: DigitsTests.model(), data: TrainingData(training: DigitsTests.dataset()),
      configuration: TrainingConfiguration(.object(training)), resuming: resuming)
    return (try trainer.run(observer: observer), observer)
  }

  private static let all: JSON = [
    ["type": "random_crop", "padding": 1], ["type": "rotate", "degrees": 10],
    ["type": "color", "brightness": 0.1, "contrast": 0.1], ["type": "cutout", "size": 2],
    ["type": "mixup", "alpha": 0.2], "cutmix",
  ]

  @Test(
    "an augmented run learns, and is the same in bits at any number of threads and after an interruption"
  )
  func repeats() throws {
    let (one, heard) = try train(Self.all)
    let (three, _) = try train(Self.all, JSONObject([("threads", 3)]))
    #expect(one.weights?.bits == three.weights?.bits)
    let state = try #require(heard.checkpoints.first { $0.step == 17 }?.state)
    let (again, heardAgain) = try train(Self.all, resuming: state)
    #expect(again.weights?.bits == one.weights?.bits)
    #expect(heardAgain.losses == Array(heard.losses.dropFirst(17)))
    #expect(one.validation?.accuracy ?? 0 > 0.5)
    let (plain, heardPlain) = try train([])
    #expect(plain.weights?.bits != one.weights?.bits)
    #expect(heardPlain.losses.first != heard.losses.first)
  }

  @Test("what is evaluated isn't augmented, and mixed targets evaluate as classes do")
  func evaluation() throws {
    // No step moves the weights, so that all epochs evaluate the same.
    let still = JSONObject([("optimizer", ["type": "sgd", "learning_rate": 0])])
    let (mixed, _) = try train(Self.all, still)
    let (plain, _) = try train([], still)
    let (a, b) = (try #require(mixed.validation), try #require(plain.validation))
    #expect(a.accuracy == b.accuracy)
    #expect(abs(a.loss - b.loss) < 1e-6)
  }

  @Test("mixup with a share of 1 is the loss of plain classes")
  func softTargets() throws {
    // α so small that a share is 0 or 1 but for one in a thousand: rows change places at most.
    let (mixed, heard) = try train(
      [["type": "mixup", "alpha": 0.001]],
      JSONObject([("steps", 1), ("epochs", .null), ("shuffle", false)]))
    let (plain, heardPlain) = try train(
      [], JSONObject([("steps", 1), ("epochs", .null), ("shuffle", false)]))
    #expect(mixed.step == 1 && plain.step == 1)
    #expect(abs((heard.losses.first ?? 0) - (heardPlain.losses.first ?? 9)) < 1e-5)
  }

  @Test(
    "what can't be changed so is refused, with its place and what would be right",
    arguments: [
      ("crop", "/augment", "array"),
      (["blur"], "/augment/0", "random_crop"),
      (["flip", ["type": "rotate"]], "/augment/1/degrees", "missing"),
      ([["type": "flip", "axis": "diagonal"]], "/augment/0/axis", "horizontal"),
      ([["type": "color", "saturation": 0.5]], "/augment/0/saturation", "1 channels"),
      ([["type": "color"]], "/augment/0/brightness", "nothing"),
      ([["type": "token_mask", "token": 3]], "/augment/0/type", "tokens"),
      ([["type": "cutout", "size": 0]], "/augment/0/size", "1"),
    ] as [(JSON, String, String)])
  func faults(augment: JSON, pointer: String, word: String) throws {
    let error = #expect(throws: Faults.self) { _ = try train(augment) }
    let fault = try #require(error?.all.first)
    #expect(fault.pointer.hasSuffix(pointer), "\(fault)")
    #expect(fault.detail.contains(word), "\(fault)")
  }

  @Test("numbers that are no images, and losses that take a class alone, are refused")
  func refusals() throws {
    let data = TrainingData(training: Spiral.examples(30))
    func faults(_ members: JSONObject) throws -> [Fault] {
      data.faults(model: try Spiral.model(), configuration: try Spiral.configuration(members)).all
    }
    let flipped = try faults(JSONObject([("augment", ["flip"])]))
    #expect(flipped.first?.pointer == "/training/augment/0/type")
    #expect(flipped.first?.detail.contains("[2]") == true)
    #expect(try faults(JSONObject([("augment", ["mixup"])])).isEmpty)
    let compared = try faults(
      JSONObject([("augment", ["mixup"]), ("loss", "triplet"), ("metrics", [])]))
    #expect(compared.contains { $0.pointer == "/training/augment/0" }, "\(compared)")
  }
}
