import Foundation

// Built by scripts/fuzz alone, with libFuzzer's `main`.

/// The target that the environment names.
private let target: FuzzTarget = {
  guard let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"],
    let target = FuzzTarget(rawValue: name)
  else { fatalError("FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue))") }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
