/// A range cut in tiles, by its length and grain alone, so that results don't depend on threads.
public struct Tiling: Sendable {
  public let count: Int
  public let tiles: Int
  private let size: Int

  /// - Parameters:
  ///   - grain: how many of the range make work for a thread.
  ///   - multiple: of what a tile begins at a multiple.
  ///   - most: tiles at most.
  public init(count: Int, grain: Int, multiple: Int = 1, most: Int = 16) {
    let wanted = Swift.min(most, Swift.max(1, count / Swift.max(1, grain)))
    let even = (count + wanted - 1) / wanted
    let size = Swift.max(multiple, (even + multiple - 1) / multiple * multiple)
    self.count = count
    self.size = size
    tiles = Swift.max(1, (count + size - 1) / size)
  }

  public func range(_ tile: Int) -> Range<Int> {
    Swift.min(count, tile * size)..<Swift.min(count, (tile + 1) * size)
  }
}
