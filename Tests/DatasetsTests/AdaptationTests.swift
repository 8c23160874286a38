import Foundation
import JSON
import Testing

@testable import Datasets

@Suite("A dataset adapted to another")
struct AdaptationTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func expectClose(_ found: [Float], _ wanted: [Float]) {
    #expect(found.count == wanted.count)
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-5, "\(found) for \(wanted)") }
  }

  @Test("is scaled and coded as that other one's rows would be")
  func table() throws {
    let training = try workspace.imported(
      text: "size,colour,y\n1,red,cat\n2,blue,dog\n3,green,eel\n6,red,cat\n")
    // Other order of columns, fewer categories and classes.
    let test = try workspace.imported(
      text: "colour,extra,size,y\nred,9,10,dog\ngreen,8,20,eel\ngreen,7,40,eel\n")
    let adapted = try test.adapted(to: training.description)
    #expect(adapted.inputShape == training.inputShape)
    #expect(adapted.target == .classes(names: ["cat", "dog", "eel"], counts: [0, 1, 2]))
    let rows: [JSON] = [[10, "red"], [20, "green"], [40, "green"]]
    expectClose(adapted.allInputs, try training.encode(rows: rows).elements(of: Float.self))
    #expect(adapted.allTargets(Int32.self) == [1, 2, 2])
    #expect(Array(adapted.classIndices) == [1, 2, 2])
    #expect(try training.adapted(to: training.description) === training)
  }

  @Test("keeps target numbers in the other one's units")
  func vectors() throws {
    let training = try workspace.imported(
      text: "x,y\n0,0.5\n1,10.5\n", ["target_scale": "min_max"])
    let test = try workspace.imported(text: "x,y\n0,5.5\n1,15.5\n", ["target_scale": "standard"])
    expectClose(try test.adapted(to: training.description).allTargets(Float.self), [0.5, 1.5])
  }

  @Test("works for bytes and arrays")
  func arrays() throws {
    let labels = Fixture.file("labels.idx")
    let training = try workspace.imported(Fixture.file("pictures.idx"), targets: labels)
    let test = try workspace.imported(
      Fixture.file("pictures.idx"), targets: labels, ["scale": "standard"])
    expectClose(try test.adapted(to: training.description).allInputs, training.allInputs)
    expectClose(try training.adapted(to: test.description).allInputs, test.allInputs)
  }

  @Test("is refused when the other one has no place for what it holds")
  func refusals() throws {
    let training = try workspace.imported(text: "size,colour,y\n1,red,cat\n2,blue,dog\n")
    for text in [
      "size,hue,y\n1,red,cat\n", "size,colour,y\n1,pink,cat\n", "size,colour,y\n1,red,eel\n",
      "size,colour,y\n1,2,cat\n", "size,colour,y\n1,red,1.5\n",
    ] {
      let other = try workspace.imported(text: text)
      #expect(throws: DatasetError.self, "\(text)") { try other.adapted(to: training.description) }
    }
    let pictures = try workspace.imported(
      Fixture.file("pictures.idx"), targets: Fixture.file("labels.idx"))
    #expect(throws: DatasetError.self) { try pictures.adapted(to: training.description) }
    #expect(throws: DatasetError.self) { try training.adapted(to: pictures.description) }
  }
}
