import JSON

/// What a client may ask of something that an operation made, by the id in its answer: OpenAPI's links.
enum FollowingOperations {
  /// - Returns: `nil` for an answer that tells of nothing new.
  static func links(of answer: Answer, to endpoint: Endpoint) -> JSON? {
    guard answer.headers.contains(where: { $0.name == Answer.location.name }) else { return nil }
    let collection = endpoint.path.split(separator: "/").prefix(2)
      .map { $0.split(separator: ":")[0] }.joined(separator: "/")
    let following = EndpointTable.all.filter { other in
      other.method == .get && other.path.hasPrefix("/\(collection)/{id}")
        && other.pathParameters.count == 1 && !other.query.contains(where: \.isRequired)
    }
    if following.isEmpty { return nil }
    return .object(
      JSONObject(
        following.map { other in
          (
            other.operationID,
            [
              "operationId": .string(other.operationID),
              "parameters": ["id": "$response.body#/id"],
              "description": .string("\(other.summary)."),
            ]
          )
        }))
  }
}
