import Tensors
import Testing

@Suite struct TensorTests {
  @Test("a tensor is written over while one alone holds it, and never under another's hands")
  func overwriting() {
    var tensor = Tensor([1, 2, 3] as [Float], shape: [3])
    let twos: (UnsafeMutableRawBufferPointer) -> Void = { bytes in
      for index in 0..<3 { bytes.bindMemory(to: Float.self)[index] = 2 }
    }
    let other = tensor
    let wasShared = !tensor.overwrite(twos)
    #expect(wasShared)
    #expect(other.elements(of: Float.self) == [1, 2, 3])
    #expect(tensor.elements(of: Float.self) == [1, 2, 3])
    var alone = Tensor([1, 2, 3] as [Float], shape: [3])
    let wasAlone = alone.overwrite(twos)
    #expect(wasAlone)
    #expect(alone.elements(of: Float.self) == [2, 2, 2])
  }
}
