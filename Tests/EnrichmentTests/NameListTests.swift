import Enrichment
import NetTypes
import Testing

@Suite("Lists of names")
struct NameListTests {
    private func read(_ text: String, pieces: Int = 7) -> NameListReader {
        var reader = NameListReader()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            reader.read(Array(bytes[start..<min(start + pieces, bytes.count)]).span.bytes)
        }
        reader.finish()
        return reader
    }

    @Test("every kind, with columns in an order of their own", arguments: [1, 7, 100_000])
    func kinds(_ pieces: Int) throws {
        let reader = read(
            """
            \u{FEFF}# from our inventory
            name,Kind,sampler,id,role,site,tags,provider,country
            edge 1,sampler,192.0.2.1,,edge,fra1,x,,
            "Transit: Example, Inc",interface,192.0.2.1,17,,,,Example,
            ,interface,2001:db8::1,18,,,,Other,
            guests,vlan,192.0.2.1,100,,,,,
            web,host,192.0.2.1,198.51.100.7,,,,,
            Example Networks,as,,AS64500,,,,,de
            Customers,prefix,,198.51.100.0/24,customer,fra1,,,
            """,
            pieces: pieces
        )
        #expect(reader.bad == 0 && reader.failure == nil && reader.named == 7 && reader.list.count == 7)
        let exporter = try #require(reader.list.exporters[address("192.0.2.1")])
        #expect(exporter.name == "edge 1" && exporter.classes == [.role: "edge", .site: "fra1"])
        #expect(exporter.interfaces[17] == .init(name: "Transit: Example, Inc", classes: [.provider: "Example"]))
        #expect(exporter.vlans == [100: "guests"] && exporter.hosts == [address("198.51.100.7"): "web"])
        let other = reader.list.exporters[address("2001:db8::1")]
        #expect(other?.interfaces == [18: .init(name: "", classes: [.provider: "Other"])])
        #expect(reader.list.systems[64500] == .init(name: "Example Networks", country: "DE"))
        let network = reader.list.networks[prefix("198.51.100.0/24")]
        #expect(network == [.name: "Customers", .role: "customer", .site: "fra1"])
    }

    @Test("a bad line costs that line, and is told with its number")
    func badLines() {
        let reader = read(
            """
            kind,sampler,id,name
            sampler,192.0.2.1,,one
            router,192.0.2.1,,two
            interface,192.0.2.1,x,three

            interface,192.0.2.999,1,four
            as,,0,five
            prefix,,10.0.0.0/33,six
            vlan,192.0.2.1,7,"seven
            host,192.0.2.1,,eight
            sampler,192.0.2.1,,
            sampler,192.0.2.1,,\(String(repeating: "n", count: 257))
            interface,192.0.2.1,1,last
            interface,192.0.2.1,1,but the first counts
            """
        )
        #expect(reader.named == 3 && reader.bad == 9)
        #expect(reader.problems.map(\.line) == [3, 4, 6, 7, 8, 9, 10, 11, 12])
        #expect(reader.problems.first?.description.hasPrefix("line 3: 'router' is none of the kinds") == true)
        #expect(reader.list.exporters[address("192.0.2.1")]?.interfaces[1]?.name == "last")
    }

    @Test("without a head it is no list; nor is a text beyond the bounds read to its end")
    func noList() {
        #expect(read("192.0.2.1,edge\n").failure?.hasPrefix("line 1 has to name the columns") == true)
        #expect(read("# nothing\n").failure?.contains("empty") == true)
        var reader = read("kind,id,name\n")
        let line = Array("as,1,x\n".utf8)
        let block = Array(repeatElement(line, count: 50_000).joined())
        for _ in 0..<21 { reader.read(block.span.bytes) }
        #expect(reader.failure?.contains("more than 1000000 lines") == true && !reader.wantsMore)
        #expect(reader.list.count == 1)
    }

    @Test("of several lists the first counts, thing by thing")
    func order() {
        var first = read("kind,sampler,id,name,role\nsampler,192.0.2.1,,a,\nas,,1,x,\n").list
        first.fill(
            from: read(
                "kind,sampler,id,name,role\nsampler,192.0.2.1,,b,core\ninterface,192.0.2.1,1,i,\nas,,1,y,\nas,,2,z,\n"
            ).list
        )
        let exporter = first.exporters[address("192.0.2.1")]
        #expect(exporter?.name == "a" && exporter?.classes == [.role: "core"] && exporter?.interfaces[1]?.name == "i")
        #expect(first.systems[1]?.name == "x" && first.systems[2]?.name == "z")
    }
}
