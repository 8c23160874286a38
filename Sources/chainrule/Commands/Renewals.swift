import Dispatch
import Foundation
import HTTP

/// Reads the certificate and its key again on SIGHUP.
final class Renewals: @unchecked Sendable {
  private let source: any DispatchSourceSignal

  init(_ files: TLSFiles, log: @escaping @Sendable (String) -> Void) {
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    source.setEventHandler {
      do throws(ServerError) {
        try files.load()
        log("read the certificate again")
      } catch {
        log("the certificate stays as it was: \(error)")
      }
    }
    source.activate()
    self.source = source
  }

  func stop() { source.cancel() }
}
