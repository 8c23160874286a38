/// " (did you mean …?)" for a name within two edits of a known one, else nothing.
public func nearest(_ name: String, among known: [String]) -> String {
  let bytes = Array(name.utf8)
  guard bytes.count <= 64 else { return "" }
  var best: (name: String, distance: Int)?
  for candidate in known {
    guard let distance = editDistance(bytes, Array(candidate.utf8), limit: 2) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
  }
  return best.map { " (did you mean \"\($0.name)\"?)" } ?? ""
}

/// The Levenshtein distance of two texts, or `nil` when it is above the limit.
///
/// Looks only at a band of the table as wide as the limit, since a document of a thousand wrong names
/// must be answered quickly too.
func editDistance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
  guard abs(left.count - right.count) <= limit else { return nil }
  let far = limit + 1
  var row = (0...right.count).map { min($0, far) }
  for i in 0..<left.count {
    let band = max(0, i - limit)..<min(right.count, i + limit + 1)
    var diagonal = row[band.lowerBound]
    row[band.lowerBound] = band.lowerBound == 0 ? min(i + 1, far) : far
    var smallest = row[band.lowerBound]
    for j in band {
      let substitution = diagonal + (left[i] == right[j] ? 0 : 1)
      // The place above the band's end was never written for this row, and lies outside its band.
      diagonal = j == i + limit ? far : row[j + 1]
      row[j + 1] = min(row[j] + 1, diagonal + 1, substitution, far)
      smallest = min(smallest, row[j + 1])
    }
    if smallest > limit { return nil }
  }
  return row[right.count] <= limit ? row[right.count] : nil
}
