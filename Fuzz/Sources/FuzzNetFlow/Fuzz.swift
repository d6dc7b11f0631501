import FuzzSupport

/// NetFlow v1, v5, v7 and v9: the sender's bits 2, 4 and 5 tell which.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let (options, datagrams) = FuzzSequence.datagrams(input) { bytes, sender in
        let (version, header, record) =
            switch sender & 0x34 {
            case 4: (5, 24, 48)
            case 0x10: (1, 16, 52)
            case 0x20: (7, 24, 52)
            default: (9, 0, 0)
            }
        FuzzSequence.set(&bytes, 0, version)
        // A count that contradicts the length is rejected whole; bit 3 leaves it alone.
        if record > 0, sender & 8 == 0 { FuzzSequence.set(&bytes, 2, max(bytes.count - header, 0) / record) }
    }
    FuzzLaws.check(datagrams, options)
    return 0
}
