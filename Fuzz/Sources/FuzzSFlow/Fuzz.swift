import FuzzSupport

/// sFlow version 5.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let (options, datagrams) = FuzzSequence.datagrams(input) { bytes, _ in
        FuzzSequence.set(&bytes, 0, 0)
        FuzzSequence.set(&bytes, 2, 5)
    }
    FuzzLaws.check(datagrams, options)
    return 0
}
