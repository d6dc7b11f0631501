import Enrichment
import FuzzSupport
import NetTypes

/// Files of routes: the first byte says which form, the rest is the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let file = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    switch start[0] & 3 {
    case 0: fuzzMRT(file, pieces: 1 + Int(start[0] >> 2) * 4)
    case 1: fuzzCSV(file)
    case 2: fuzzDatabase(file)
    default: fuzzCompiled(file)
    }
    return 0
}

private func fuzzMRT(_ file: [UInt8], pieces: Int) {
    var (whole, cut) = (MRTReader(), MRTReader())
    var (first, second) = (AddressMapBuilder(), AddressMapBuilder())
    whole.read(file.span.bytes, into: &first)
    whole.finish(into: &first)
    var offset = 0
    while offset < file.count {
        let end = min(offset + pieces, file.count)
        cut.read(Array(file[offset..<end]).span.bytes, into: &second)
        offset = end
    }
    cut.finish(into: &second)
    FuzzLaws.require(whole.counters == cut.counters, "pieces make a difference")
    check(whole.counters, first, bytes: file.count)
}

private func fuzzCSV(_ file: [UInt8]) {
    var reader = CSVRoutes()
    var builder = AddressMapBuilder()
    reader.read(file.span.bytes, into: &builder)
    reader.finish(into: &builder)
    check(reader.counters, builder, bytes: file.count)
    var names = ASNameReader()
    names.read(file.span.bytes)
    names.finish()
    FuzzLaws.require(names.names.count <= names.named, "more names than lines")
}

private func fuzzDatabase(_ file: [UInt8]) {
    // Metadata that fits, so that the fuzzer needn't find it: the tree's size comes from the file.
    guard file.count > 8 else { return }
    let bits: UInt8 = [24, 28, 32][Int(file[0] % 3)]
    let version: UInt8 = file[0] & 0x80 == 0 ? 4 : 6
    var whole = Array(file[2...]) + [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8) + [0xE4]
    for (name, value) in [
        ("binary_format_major_version", 2), ("node_count", file[1]), ("record_size", bits), ("ip_version", version),
    ] {
        whole += name.utf8.count < 29 ? [0x40 + UInt8(name.utf8.count)] : [0x5D, UInt8(name.utf8.count - 29)]
        whole += Array(name.utf8) + [0xC1, value]
    }
    var reader = MMDBRoutes()
    var builder = AddressMapBuilder()
    guard (try? reader.read(whole.span.bytes, into: &builder)) != nil else { return }
    check(reader.counters, builder, bytes: whole.count * 8)
}

private func fuzzCompiled(_ file: [UInt8]) {
    var stamp = ""
    _ = try? AddressMap(file: file.span.bytes, stamp: &stamp)
}

private func check(_ counters: RouteCounters, _ builder: AddressMapBuilder, bytes: Int) {
    FuzzLaws.require(counters.isBalanced, "something disappeared")
    FuzzLaws.require(counters.routes <= bytes, "more routes than bytes")
    var routes = 0
    builder.forEachRoute { prefix, asn, place in
        routes += 1
        FuzzLaws.require(prefix.length > 0 && (asn != 0 || place != AddressMap.Place()), "a route that says nothing")
    }
    FuzzLaws.require(routes <= Int(counters.routes), "more routes than were counted")
}
