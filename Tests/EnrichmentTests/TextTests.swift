import Enrichment
import NetTypes
import Testing

struct CSVRoutesTests {
    private func read(_ text: String, pieces: Int = .max, isWhole: Bool = true) -> (CSVRoutes, [String]) {
        var reader = CSVRoutes()
        var builder = AddressMapBuilder()
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let end = bytes.count - offset > pieces ? offset + pieces : bytes.count
            reader.read(Array(bytes[offset..<end]).span.bytes, into: &builder)
            offset = end
        }
        reader.finish(isWhole: isWhole, into: &builder)
        var routes: [String] = []
        builder.forEachRoute { prefix, asn, place in routes.append("\(prefix),\(asn),\(place.country),\(place.city)") }
        return (reader, routes)
    }

    private static let text = """
        # ours

        prefix,asn,country,city,name\r
        10.0.0.0/8,64512,de,"Frankfurt, Main","The ""best"" net"
        192.0.2.7/24 , AS64500
        2001:db8::/32,,FR
        10.0.0.0/33,1
        10.0.0.0/8,many
        10.0.0.0/8,1,Germany
        10.0.0.0/8,"1
        0.0.0.0/0,1
        198.51.100.9,4294967295
        """

    @Test(arguments: [1, 7, .max])
    func lines(_ pieces: Int) {
        let (reader, routes) = read(Self.text, pieces: pieces)
        #expect(
            routes == [
                "10.0.0.0/8,64512,DE,Frankfurt, Main", "192.0.2.0/24,64500,,", "198.51.100.9/32,4294967295,,",
                "2001:db8::/32,0,FR,",
            ]
        )
        #expect(reader.names[64512]?.name == #"The "best" net"#)
        #expect(reader.problems.map(\.line) == [7, 8, 9, 10])
        #expect(
            reader.problems.first?.description
                == "line 7: '10.0.0.0/33' is no prefix such as 192.0.2.0/24 or 2001:db8::/32"
        )
        #expect(reader.counters[.malformed] == 4 && reader.counters[.blank] == 3 && reader.counters[.defaultRoute] == 1)
        #expect(reader.counters.isBalanced)
    }

    /// GeoLite2's own columns, in its order.
    @Test func columnsByName() {
        let (reader, routes) = read(
            """
            network,autonomous_system_number,autonomous_system_organization
            192.0.2.0/24,64500,"Example, Inc"
            """
        )
        #expect(routes == ["192.0.2.0/24,64500,,"])
        #expect(reader.names[64500]?.name == "Example, Inc")
    }

    @Test func brokenOff() {
        let (reader, routes) = read("192.0.2.0/24,64500\n192.0.2.0/2", isWhole: false)
        #expect(routes == ["192.0.2.0/24,64500,,"])
        #expect(reader.counters.isTruncated)
    }

    @Test func longLines() {
        let (reader, routes) = read("#" + String(repeating: "x", count: 200_000) + "\n192.0.2.0/24,1\n", pieces: 1000)
        #expect(routes == ["192.0.2.0/24,1,,"])
        #expect(reader.counters.records == 2)
    }
}

struct ASNameTests {
    private func read(_ bytes: [UInt8]) -> ASNameReader {
        var reader = ASNameReader()
        for byte in bytes { reader.read([byte].span.bytes) }
        reader.finish()
        return reader
    }

    @Test(arguments: [
        ("13335 CLOUDFLARENET, US", 13335, "CLOUDFLARENET", "US"),
        ("3320 DTAG Internet service provider operations, DE", 3320, "DTAG Internet service provider operations", "DE"),
        ("64500 EXAMPLE, Inc, SE", 64500, "EXAMPLE, Inc", "SE"),
        ("64500 EXAMPLE, Inc", 64500, "EXAMPLE, Inc", ""),
        ("23456 -Reserved AS-, ZZ", 23456, "-Reserved AS-", ""),
        (#"<a href="/cgi-bin/as-report?as=AS1&view=2.0">AS1    </a> LVLT-1, US"#, 1, "LVLT-1", "US"),
        (#"<a href="x">AS64500</a> A&amp;B &#8211; &#xe4;&bogus; C, Ltd., GB"#, 64500, "A&B – ä&bogus; C, Ltd.", "GB"),
        (#"AS64500,"Ex, Inc",gb"#, 64500, "Ex, Inc", "GB"),
        ("64500,Example", 64500, "Example", ""),
    ])
    func lines(_ line: String, _ asn: UInt32, _ name: String, _ country: String) {
        let reader = read(Array(line.utf8))
        #expect(reader.names[asn] == ASNames.Entry(name: name, country: country))
        #expect(reader.names.count == 1 && reader.problems.isEmpty)
    }

    @Test func latin1() {
        let reader = read(Array("64500 TELEF".utf8) + [0xD3] + Array("NICA, ES\n64501 MÜNCHEN, DE\n64502\n".utf8))
        #expect(reader.names[64500]?.name == "TELEFÓNICA")
        #expect(reader.names[64501]?.name == "MÜNCHEN")
        #expect(reader.named == 2)
    }

    @Test func overrides() {
        var names = read(Array("64500 OLD, DE\n64501 OTHER, FR".utf8)).names
        var own = ASNames()
        own.set(64500, name: "ours")
        names.merge(own)
        #expect(names[64500] == ASNames.Entry(name: "ours", country: "DE"))
        #expect(names.label(64501) == "OTHER")
        #expect(names.label(64999) == "AS64999")
        #expect(names.sorted.map(\.asn) == [64500, 64501])
    }
}
