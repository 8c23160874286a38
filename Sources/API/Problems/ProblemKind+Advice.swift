extension ProblemKind {
  /// What it means and what to do, in a sentence or two.
  var advice: String {
    switch self {
    case .badRequest:
      "The request's line, headers or form can't be read in one way only. `detail` names what; send it otherwise."
    case .malformedJSON:
      "The body isn't JSON (RFC 8259), nests too deep, or names a member twice. `detail` has the line and column."
    case .unauthorized:
      "Send a key as `Authorization: Bearer chainrule_…`. One that was revoked or whose time is over is of no use; ask whoever keeps the server for another."
    case .forbidden:
      "The key lacks the scope that the operation needs, or a browser's page of another origin asked for a change."
    case .notFound:
      "Nothing is there: it was deleted, never was, or belongs to another project than the key's."
    case .methodNotAllowed: "The address is right, the method isn't; `Allow` lists those that are."
    case .notAcceptable:
      "The answer can't be had in any media type of `Accept`; `detail` lists those it comes in."
    case .requestTimeout:
      "The request's body took too long to arrive. Send it again, or in a resumable upload."
    case .conflict:
      "The thing is in a state that doesn't allow this, such as a run that is over or a dataset in use. `detail` says which."
    case .lengthRequired: "Say how long the body is with `Content-Length`."
    case .preconditionFailed:
      "The thing changed since the client last saw it, so that its `If-Match` names a version that is no more. Get it again and decide anew."
    case .bodyTooLarge:
      "The body exceeds a limit; `detail` names it. docs/limits.md lists all of them."
    case .unsupportedMediaType:
      "Say what the body is with `Content-Type`; `detail` lists what is taken."
    case .rangeNotSatisfiable:
      "No range of `Range` lies within the content; `Content-Range` has its length."
    case .expectationFailed: "The only expectation that is met is `Expect: 100-continue`."
    case .misdirected:
      "The request came under a name that isn't the server's. Whoever keeps it lists other names with `--allowed-hosts`."
    case .invalid:
      "The body or query can be read, but asks for something that can't be. `errors` has every fault, with its place."
    case .idempotencyKeyReused:
      "The `Idempotency-Key` came with another request before; take a new one for a new request."
    case .headersTooLarge:
      "The request's headers exceed the server's limit; send fewer or shorter ones."
    case .internalFault:
      "The server failed, and that is no fault of the request. Its log tells why under the request's id, which `instance` names."
    case .notImplemented:
      "The server doesn't know the transfer coding that the request uses; send it chunked, or with a length."
    case .queueFull: "As many wait as may. Ask again after `Retry-After` seconds."
    case .quotaExceeded:
      "The key has as much as its quota allows; `detail` names which. `GET /v1/keys/current` shows what it uses."
    case .rateLimited:
      "The key asked more often than its quota allows. `RateLimit` tells what is left; ask again after `Retry-After` seconds."
    case .tooManyConnections:
      "Keep connections open and send one request after the other over them, or fewer at once."
    case .draining:
      "The server is starting, going down, or can't write now. Ask again after `Retry-After` seconds."
    case .diskFull:
      "There is no room on the server's disk. Delete what isn't needed, or ask again when others have."
    }
  }
}
