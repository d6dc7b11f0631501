import Enrichment
import Foundation
import NameSources
import NetTypes
import VirtualExporters

// AddressMapBenchmark write PEERS SHARE    a made-up full table, or a share (0 to 1) of it, to standard output
// AddressMapBenchmark read FILE            parses a file: time, bytes, memory
// AddressMapBenchmark build FILE           that, and the map: time, memory alone and beside another
// AddressMapBenchmark measure FILE         that, and what becomes of it: build, look-ups, the compiled file

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "write" where arguments.count == 4:
    let share = Double(arguments[3]) ?? 1
    var writer = TableWriter(peers: Int(arguments[2]) ?? 1)
    writer.write(FullTable(v4: Int(1_000_000 * share), v6: Int(220_000 * share)))
case "read" where arguments.count == 3:
    _ = try Measurement(arguments[2]).read()
case "build" where arguments.count == 3:
    _ = try Measurement(arguments[2]).build()
case "measure" where arguments.count == 3:
    try Measurement(arguments[2]).all()
default:
    print("usage: AddressMapBenchmark write PEERS SHARE | read FILE | build FILE | measure FILE")
    exit(2)
}

/// What is measured of one file.
struct Measurement {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    func read() throws -> AddressMapBuilder {
        var builder = AddressMapBuilder()
        var report: RouteFile.Report?
        var seconds = 0.0
        let busy = try processorTime { seconds = try time { report = try RouteFile(path).read(into: &builder) } }
        guard let counters = report?.counters, counters.isBalanced else { fatalError("the counters don't add up") }
        let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        tell("read", "\(ms(seconds)) ms", "\(size / 1_000_000) MB file, \(Int(Double(size) / seconds / 1e6)) MB/s")
        tell(
            "",
            "\(ms(busy)) ms",
            "of processor time: \(Double(Int(Double(size) / busy / 1e5)) / 10) MB/s of the file"
        )
        tell(
            "",
            "\(counters.routes) routes",
            "\(counters.entries) entries, \(Int(Double(counters.entries) / seconds / 1000)) k/s"
        )
        tell("peak memory", "\(Memory.now("VmHWM")) MB", "of the process since its start")
        return builder
    }

    func build() throws -> AddressMap {
        var builder = try read()
        var map = AddressMap()
        tell("build", "\(ms(time { map = builder.build() })) ms", "\(map.routes.v4) v4, \(map.routes.v6) v6")
        tell("memory", "\(Memory.now("VmRSS")) MB", "of the process with the map")

        // Once more, beside the map that is in use.
        builder = AddressMapBuilder()
        let before = Memory.now("VmRSS")
        Memory.resetPeak()
        var second = AddressMap()
        let seconds = try time {
            _ = try RouteFile(path).read(into: &builder)
            second = builder.build()
        }
        tell("read and build", "\(ms(seconds)) ms", "\(Memory.now("VmHWM") - before) MB at the peak beside the old map")
        precondition(second.routes == map.routes)
        return map
    }

    func all() throws {
        let map = try build()
        try lookUps(map)
        try compiled(map)
    }

    private func lookUps(_ map: AddressMap) throws {
        var prefixes: [Prefix: UInt32] = [:]
        var builder = AddressMapBuilder()
        _ = try RouteFile(path).read(into: &builder)
        builder.forEachRoute { prefix, asn, _ in prefixes[prefix] = asn }
        let reference = PlainTable(prefixes)
        let all = prefixes.keys.sorted()
        let v4 = all.filter(\.isV4)
        let v6 = all.filter { !$0.isV4 }
        var random = SplitMix(seed: 1)
        for (name, chosen) in [("v4 and v6", all), ("v4", v4), ("v6", v6)] {
            // An address of a random prefix.
            let addresses = (0..<2_000_000).map { _ in Self.address(in: chosen[random.below(chosen.count)], &random) }
            measure("look-up, \(name)", addresses, map, reference)
        }
        // Every address as likely as any other.
        var addresses: [IPAddress] = []
        while addresses.count < 2_000_000 {
            let address = IPAddress(v4: UInt32(truncatingIfNeeded: random.next()))
            if map.lookUp(address) != nil { addresses.append(address) }
        }
        measure("look-up, v4 uniform", addresses, map, reference)
    }

    private func measure(_ name: String, _ addresses: [IPAddress], _ map: AddressMap, _ reference: PlainTable) {
        var best = Double.infinity
        var sum: UInt64 = 0
        for _ in 0..<5 {
            sum = 0
            let seconds = processorTime {
                for address in addresses {
                    if let match = map.lookUp(high: address.high, low: address.low) { sum &+= UInt64(match.asn) }
                }
            }
            best = min(best, seconds)
        }
        var together = Double.infinity
        // As ingest does: the addresses of some rows at a time.
        var matches = [AddressMap.Match?](repeating: nil, count: 256)
        for _ in 0..<5 {
            var other: UInt64 = 0
            let seconds = processorTime {
                for start in stride(from: 0, to: addresses.count, by: matches.count) {
                    let count = min(matches.count, addresses.count - start)
                    var found = matches.mutableSpan
                    map.lookUp(addresses.span.extracting(start..<start + count), into: &found)
                    for match in matches[..<count] { other &+= UInt64(match?.asn ?? 0) }
                }
            }
            precondition(other == sum, "look-ups in batches differ")
            together = min(together, seconds)
        }
        let few = addresses.prefix(200_000)
        var plain: UInt64 = 0
        let plainTime = processorTime { for address in few { plain &+= UInt64(reference.lookUp(address) ?? 0) } }
        let wrong = few.count { map.lookUp($0)?.asn != reference.lookUp($0) }
        precondition(wrong == 0, "\(wrong) look-ups differ from the reference")
        let nanoseconds = best / Double(addresses.count) * 1e9
        let plainNanoseconds = plainTime / Double(few.count) * 1e9
        let batched = together / Double(addresses.count) * 1e9
        tell(
            name,
            "\(Int(nanoseconds.rounded())) ns",
            "in batches \(Int(batched.rounded())) ns; a hash table for each length: \(Int(plainNanoseconds)) ns; \(sum)"
        )
    }

    private func compiled(_ map: AddressMap) throws {
        let cache = AddressMapCache(path + ".map")
        defer { try? FileManager.default.removeItem(atPath: cache.path) }
        let writing = try time { try cache.write(map, stamp: "benchmark") }
        let size = (try FileManager.default.attributesOfItem(atPath: cache.path)[.size] as? Int) ?? 0
        var loaded = AddressMap()
        let loading = try time { loaded = try cache.read().map }
        precondition(loaded.routes == map.routes)
        tell("compiled file", "\(size / 1_000_000) MB", "written in \(ms(writing)) ms")
        tell("load", "\(ms(loading)) ms", "the compiled file, checked")
    }

    private static func address(in prefix: Prefix, _ random: inout SplitMix) -> IPAddress {
        let (first, last) = (prefix.first, prefix.last)
        return IPAddress(
            high: first.high | random.next() & (first.high ^ last.high),
            low: first.low | random.next() & (first.low ^ last.low)
        )
    }
}

/// The reference: a hash table of prefixes, asked from the longest length down.
struct PlainTable {
    private let prefixes: [Prefix: UInt32]
    private let lengthsV4: [Int]
    private let lengthsV6: [Int]

    init(_ prefixes: [Prefix: UInt32]) {
        self.prefixes = prefixes
        lengthsV4 = Set(prefixes.keys.filter(\.isV4).map(\.bits)).sorted(by: >)
        lengthsV6 = Set(prefixes.keys.filter { !$0.isV4 }.map(\.bits)).sorted(by: >)
    }

    func lookUp(_ address: IPAddress) -> UInt32? {
        for bits in address.isV4 ? lengthsV4 : lengthsV6 {
            if let asn = prefixes[Prefix(address, bits: bits)] { return asn }
        }
        return nil
    }
}

/// The kernel's figures of this process.
enum Memory {
    /// Megabytes of a line of /proc/self/status.
    static func now(_ name: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first }
            .flatMap { Int($0) }.map { $0 / 1024 } ?? 0
    }

    /// Lets the peak begin anew (proc(5), clear_refs).
    static func resetPeak() {
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }
}

func time(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
}

/// Seconds that this process had the processor; what else runs on the machine counts less.
func processorTime(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
}

func ms(_ seconds: Double) -> Int { Int((seconds * 1000).rounded()) }

func tell(_ name: String, _ value: String, _ more: String) {
    print(
        name.padding(toLength: 22, withPad: " ", startingAt: 0),
        value.padding(toLength: 16, withPad: " ", startingAt: 0),
        more
    )
}
