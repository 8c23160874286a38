import Access
import Autodiff
import Datasets
import HTTP
import JSON
import Runs
import Store
import Training

/// The one place that knows which problem each target's errors are.
///
/// The switches have no default: a new code doesn't compile until it is given its status here.
enum ProblemMapping {
  /// The problem of any error; `nil` for one that is our own fault, whose words are for the log alone.
  static func problem(for error: any Error) -> Problem? {
    switch error {
    case let error as Problem: error
    case let error as Faults: Problem(error)
    case let error as JSONSyntaxError: Problem(.malformedJSON, error.description)
    case let error as HTTPError: problem(of: error)
    case let error as DatasetError: problem(kind(of: error.code), error.description)
    case let error as LibraryError: problem(kind(of: error.code), error.description)
    case let error as ArchiveError:
      Problem(.invalid, "the archive isn't taken: \(error.description)")
    case let error as RunError where error.code == .queueFull:
      Problem(.queueFull, error.description).with(header: "Retry-After", "60")
    case let error as RunError where error.code == .draining:
      Problem(.draining, error.description).with(header: "Retry-After", "2")
    case let error as RunError: problem(kind(of: error.code), error.description)
    case let error as StoreError where error.code == .quota:
      Problem(.quotaExceeded, error.description).with(header: "Retry-After", "60")
    case let error as StoreError: problem(kind(of: error.code), error.description)
    case let error as AccessError: Problem(.conflict, error.description)
    case let error as TrainingError: problem(kind(of: error.code), error.description)
    case let error as GraphError: Problem(.invalid, error.description)
    default: nil
    }
  }

  private static func problem(_ kind: ProblemKind?, _ detail: String) -> Problem? {
    kind.map { Problem($0, detail) }
  }

  private static func problem(of error: HTTPError) -> Problem? {
    switch error.code {
    case .badRequest: Problem(.badRequest, error.message)
    case .notFound: Problem(.notFound, error.message)
    case .methodNotAllowed(let methods):
      Problem(.methodNotAllowed, error.message)
        .with(header: "Allow", methods.joined(separator: ", "))
    case .bodyTooLarge: Problem(.bodyTooLarge, error.message)
    case .headersTooLarge: Problem(.headersTooLarge, error.message)
    case .expectationFailed: Problem(.expectationFailed, error.message)
    case .notImplemented: Problem(.notImplemented, error.message)
    case .misdirected: Problem(.misdirected, error.message)
    case .tooManyConnections(let seconds):
      Problem(.tooManyConnections, error.message).with(header: "Retry-After", "\(seconds)")
    case .overloaded(let seconds):
      Problem(.draining, error.message).with(header: "Retry-After", "\(seconds)")
    // Nobody is there to read it.
    case .disconnected: Problem(.badRequest, error.message)
    case .internalFault: nil
    }
  }

  private static func kind(of code: DatasetError.Code) -> ProblemKind? {
    switch code {
    case .empty, .malformed, .missingValue, .unsupported, .option: .invalid
    case .limitExceeded: .bodyTooLarge
    case .diskFull: .diskFull
    case .unavailable: .draining
    case .storage: nil
    }
  }

  private static func kind(of code: LibraryError.Code) -> ProblemKind? {
    switch code {
    case .notFound: .notFound
    case .diskFull: .diskFull
    case .unavailable: .draining
    case .storage: nil
    }
  }

  private static func kind(of code: StoreError.Code) -> ProblemKind? {
    switch code {
    case .notFound: .notFound
    case .conflict: .conflict
    case .quota: .quotaExceeded
    case .diskFull: .diskFull
    case .unavailable: .draining
    case .locked, .incompatible, .corrupt: nil
    }
  }

  private static func kind(of code: TrainingError.Code) -> ProblemKind? {
    switch code {
    case .mismatch, .invalidWeights, .plan, .workload: .invalid
    case .data: nil
    }
  }

  private static func kind(of code: RunError.Code) -> ProblemKind? {
    switch code {
    case .notFound, .noCheckpoint: .notFound
    case .illegalTransition: .conflict
    case .draining: .draining
    case .queueFull: .queueFull
    case .invalidRequest: .invalid
    }
  }
}
