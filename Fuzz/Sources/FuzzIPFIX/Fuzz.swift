import FuzzSupport

/// IPFIX: version and message length are set, unless the sender's bit 3 leaves the length alone.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let (options, datagrams) = FuzzSequence.datagrams(input) { bytes, sender in
        FuzzSequence.set(&bytes, 0, 10)
        if sender & 8 == 0 { FuzzSequence.set(&bytes, 2, bytes.count) }
    }
    FuzzLaws.check(datagrams, options)
    return 0
}
