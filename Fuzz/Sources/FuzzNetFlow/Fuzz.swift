import FuzzSupport

/// NetFlow v5 and v9: the sender's bit 2 tells which.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let (options, datagrams) = FuzzSequence.datagrams(input) { bytes, sender in
        let isV5 = sender & 4 != 0
        FuzzSequence.set(&bytes, 0, isV5 ? 5 : 9)
        // A v5 count that contradicts the length is rejected whole; bit 3 leaves it alone.
        if isV5, sender & 8 == 0 { FuzzSequence.set(&bytes, 2, max(bytes.count - 24, 0) / 48) }
    }
    FuzzLaws.check(datagrams, isNarrow: options.contains(.narrow))
    return 0
}
