import Foundation
import Testing

@testable import Plots

@Suite struct PlotTests {
  /// Counts elements, and keeps the words; fails on what isn't well formed.
  private final class Reader: NSObject {
    static func elements(_ svg: [UInt8]) throws -> String {
      let text = String(decoding: svg, as: UTF8.self)
      #expect(text.hasPrefix("<?xml"))
      #expect(text.hasSuffix("</svg>\n"))
      return text
    }
  }

  private let lines = [
    LinePlot.Line(name: "train_loss", points: (1...50).map { ($0, 2 / Double($0)) }),
    LinePlot.Line(name: "a < b & c", points: [(1, 1), (20, .nan), (50, 0.5)]),
  ]

  @Test("a line plot carries its title, words and every line")
  func linePlot() throws {
    let text = try Reader.elements(
      LinePlot(title: "run \"x\" <1>", quantity: "loss", lines: lines, isLogarithmic: true).svg())
    #expect(text.contains("<title>run \"x\" &lt;1&gt;</title>"))
    #expect(text.contains("train_loss: 50 points, 0.04 at step 50"))
    #expect(text.contains("a &lt; b &amp; c"))
    #expect(text.contains("stroke-dasharray"))
  }

  @Test("nothing to draw is a picture that says so", arguments: [true, false])
  func empty(isLogarithmic: Bool) throws {
    _ = try Reader.elements(
      LinePlot(title: "", quantity: "", lines: [], isLogarithmic: isLogarithmic).svg())
    _ = try Reader.elements(HeatMap(title: "", quantity: "", rows: []).svg())
    _ = try Reader.elements(RidgePlot(title: "", quantity: "", ridges: []).svg())
  }

  @Test("more is lighter, so that the map reads in grey")
  func palette() {
    let shades = (0...100).map { Palette.shade(Double($0) / 100).luminance }
    #expect(zip(shades, shades.dropFirst()).allSatisfy { $0 < $1 })
    #expect(shades.last! - shades.first! > 0.7)
  }

  @Test("ticks are round and within the axis")
  func ticks() {
    let axis = Axis([0.3, 97])
    #expect(axis.ticks.map(\.value) == [20, 40, 60, 80])
    let wide = Axis([1e-6, 0.2], isLogarithmic: true)
    #expect(wide.ticks.first?.value == 1e-6)
    #expect(wide.ticks.allSatisfy { $0.value >= 1e-6 && $0.value <= 0.2 })
    #expect(Axis([5, 5]).position(5) == 0.5)
  }

  @Test("heat maps and ridges of anything finite or not are pictures")
  func others() throws {
    let rows = (0..<5).map { layer in
      HeatMap.Row(
        name: "layer \(layer)",
        points: (1...300).map { ($0, $0 == 100 ? .infinity : pow(10, -Double(layer)) / Double($0)) }
      )
    }
    let map = try Reader.elements(HeatMap(title: "norms", quantity: "L2", rows: rows).svg())
    #expect(map.contains("lighter is larger"))
    let ridges = (0..<60).map { step in
      RidgePlot.Ridge(name: "step \(step)", edges: [-1, -0.5, 0, 0.5, 1], counts: [1, step, 9, 2])
    }
    let text = try Reader.elements(RidgePlot(title: "w", quantity: "weight", ridges: ridges).svg())
    #expect(text.contains("step 58"))
  }
}
