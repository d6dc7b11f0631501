/// Crashes on three bytes. Proves that the fuzzers built beside it see what
/// they run: Scripts/fuzz.sh fails when this one finds nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard input.count == 3 else { return 0 }
    if input[0] == 0x4E, input[1] == 0x4D, input[2] == 0x21 { fatalError("the canary was found") }
    return 0
}
