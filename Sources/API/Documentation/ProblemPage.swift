/// What a kind of problem means and what to do about it, for whoever follows its `type`.
enum ProblemPage {
  static func html(_ kind: ProblemKind) -> String {
    HTML.page(title: kind.title, root: "../") { html in
      html.element("h1", text: kind.title)
      html.element("p") { html in
        html.plain("Status \(kind.status), type ")
        html.element("code") { $0.plain("/problems/\(kind.rawValue)") }
        html.plain(".")
      }
      html.element("p", text: kind.advice)
      html.element("p") { html in
        html.plain("Answered by: ")
        let operations = EndpointTable.all.filter { $0.allProblems.contains(kind) }
        if operations.isEmpty || operations.count == EndpointTable.all.count {
          html.plain("any operation.")
        } else {
          for (index, operation) in operations.enumerated() {
            if index > 0 { html.plain(", ") }
            html.link("/docs#\(operation.operationID)", operation.operationID)
          }
          html.plain(".")
        }
      }
    }
  }
}
