import Enrichment
import NetTypes
import Testing

/// Writes small MaxMind DBs.
private struct MMDBBytes {
    var nodes: [(left: Int, right: Int)] = []
    var data: [UInt8] = []
    var recordBits = 24
    var version = 6

    static func text(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        return (count < 29 ? [UInt8(0x40 + count)] : [0x5D, UInt8(count - 29)]) + Array(text.utf8)
    }
    static func number(_ value: UInt32) -> [UInt8] {
        [0xC4] + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
    static func map(_ entries: [(String, [UInt8])]) -> [UInt8] {
        [UInt8(0xE0 + entries.count)] + entries.flatMap { text($0.0) + $0.1 }
    }

    /// A record that leads to data: none of these is a node's number.
    func leaf(_ offset: Int) -> Int { nodes.count + 16 + offset }

    var file: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: Int, bytes count: Int) {
            for shift in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (shift * 8))) }
        }
        for (left, right) in nodes {
            if recordBits == 28 {
                append(left, bytes: 3)
                append((left >> 24) << 4 | right >> 24, bytes: 1)
                append(right, bytes: 3)
            } else {
                append(left, bytes: recordBits / 8)
                append(right, bytes: recordBits / 8)
            }
        }
        let metadata = Self.map([
            ("binary_format_major_version", Self.number(2)), ("node_count", Self.number(UInt32(nodes.count))),
            ("record_size", Self.number(UInt32(recordBits))), ("ip_version", Self.number(UInt32(version))),
            ("database_type", Self.text("Test")),
        ])
        return bytes + [UInt8](repeating: 0, count: 16) + data + [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
            + metadata
    }
}

struct MMDBTests {
    private func read(_ file: [UInt8]) throws -> (MMDBRoutes, [String]) {
        var reader = MMDBRoutes()
        var builder = AddressMapBuilder()
        try reader.read(file.span.bytes, into: &builder)
        var routes: [String] = []
        builder.forEachRoute { prefix, asn, place in routes.append("\(prefix) \(asn) \(place.country) \(place.city)") }
        return (reader, routes)
    }

    /// An IPv4 tree with one /2 for a record, in each size of its nodes.
    private func database(_ record: [UInt8], recordBits: Int = 24) -> [UInt8] {
        var bytes = MMDBBytes(recordBits: recordBits, version: 4)
        bytes.nodes = [(2, 1), (2, 2)]
        bytes.nodes[1].left = bytes.leaf(0)
        bytes.data = record
        return bytes.file
    }

    private static let geoASN = MMDBBytes.map([
        ("autonomous_system_number", MMDBBytes.number(64496)),
        ("autonomous_system_organization", MMDBBytes.text("Example")),
    ])
    private static let cityNames = MMDBBytes.map([("de", MMDBBytes.text("Wien")), ("en", MMDBBytes.text("Vienna"))])
    private static let geoCity = MMDBBytes.map([
        ("city", MMDBBytes.map([("names", cityNames)])),
        ("country", MMDBBytes.map([("iso_code", MMDBBytes.text("AT")), ("geoname_id", MMDBBytes.number(7))])),
        ("subdivisions", [0x01, 0x04] + MMDBBytes.map([("iso_code", MMDBBytes.text("9"))])),
    ])
    private static let ipinfo = MMDBBytes.map([
        ("asn", MMDBBytes.text("AS15169")), ("as_name", MMDBBytes.text("Google")),
        ("country", MMDBBytes.text("United States")), ("country_code", MMDBBytes.text("US")),
    ])
    private static let known: [([UInt8], String)] = [
        (geoASN, "128.0.0.0/2 64496  "), (geoCity, "128.0.0.0/2 0 AT Vienna"), (ipinfo, "128.0.0.0/2 15169 US "),
    ]

    @Test(arguments: known)
    func records(_ record: [UInt8], _ expected: String) throws {
        for bits in [24, 28, 32] {
            let (reader, routes) = try read(database(record, recordBits: bits))
            #expect(routes == [expected])
            #expect(reader.counters.isBalanced && reader.type == "Test")
        }
    }

    /// The key is a pointer, and so is the value.
    @Test func pointers() throws {
        let key = MMDBBytes.text("autonomous_system_number")
        let value = MMDBBytes.number(64500)
        // The record comes first, so that it is at offset 0.
        let record: [UInt8] = [0xE1, 0x20, 5, 0x20, UInt8(5 + key.count)]
        #expect(try read(database(record + key + value)).1 == ["128.0.0.0/2 64500  "])
        // A pointer to a pointer, and one to itself.
        let (reader, routes) = try read(database([0x20, 0] + key + value))
        #expect(routes.isEmpty && reader.counters[.malformedEntry] == 1)
    }

    /// IPv4 lies at ::/96; the ways from elsewhere are aliases.
    @Test func addressesOfBothFamilies() throws {
        var bytes = MMDBBytes()
        bytes.data = MMDBBytes.map([("asn", MMDBBytes.number(7))])
        let count = 98
        // 96 zero bits, then one more: 0.0.0.0/2. 8000::/1 leads to the same tree.
        bytes.nodes = (0..<count).map { ($0 + 1, count) }
        bytes.nodes[count - 1] = (bytes.leaf(0), count)
        bytes.nodes[0].right = 96
        bytes.nodes[1].right = bytes.leaf(0)
        let (reader, routes) = try read(bytes.file)
        #expect(routes == ["0.0.0.0/2 7  ", "4000::/2 7  "])
        #expect(reader.counters[.alias] == 1 && reader.counters.isBalanced)
    }

    @Test func loops() throws {
        var bytes = MMDBBytes()
        bytes.nodes = [(0, 1), (1, 0)]
        #expect(try read(bytes.file).0.counters[.alias] == 4 - 1)
    }

    @Test func foreignFiles() {
        #expect(throws: MMDBError.noMetadata) { try read([]) }
        #expect(throws: MMDBError.noMetadata) { try read([UInt8](repeating: 0xAB, count: 500_000)) }
        #expect(throws: MMDBError.badMetadata) { try read([0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)) }
    }

    /// Bytes changed at random: nothing traps.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func damaged(_ seed: UInt64) {
        var random = TestRandom(seed)
        let record = MMDBBytes.map([
            ("country", MMDBBytes.map([("iso_code", MMDBBytes.text("AT"))])), ("asn", MMDBBytes.number(5)),
            ("x", [0x02, 0x04, 0xA1, 1, 0x20, 0]),
        ])
        let file = database(record)
        for _ in 0..<1000 {
            var changed = file
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                changed[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let (reader, _) = try? read(changed) { #expect(reader.counters.isBalanced) }
        }
    }
}
