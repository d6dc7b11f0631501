import Enrichment
import FlowSchema
import NetTypes
import Testing

@Suite("Rows from a router's routes")
struct RouteFillTests {
    private let ends = [
        "10.1.0.1 > 10.2.0.1", "10.2.0.1 > 10.1.0.1", "10.1.0.1 > 8.8.8.8", "10.1.0.1 > 2001:db8::1",
        "10.1.0.1 > 10.3.0.1",
    ]

    @Test("only rows of the router's own flows get something, and only what they lack")
    func exporterFirst() throws {
        let batch = rows(ends + ends)
        set(
            batch,
            .samplerAddress,
            samplers([String](repeating: "192.0.2.1", count: 5) + [String](repeating: "192.0.2.2", count: 5))
        )
        set(batch, .dstAS, [UInt32(77)] + [UInt32](repeating: 0, count: 9))
        set(batch, .dstNet, [UInt8(9)] + [UInt8](repeating: 0, count: 9))
        set(batch, .nextHop, samplers(["203.0.113.1"] + [String](repeating: "::", count: 9)))
        try enrich(batch)
        let none = [UInt64](repeating: 0, count: 5)
        #expect(numbers(batch, .dstAS) == [77, 65001, 0, 65003, 0] + none)
        #expect(numbers(batch, .dstNet) == [9, 16, 0, 32, 16] + none)
        #expect(numbers(batch, .srcAS) == [65001, 65002, 65001, 65001, 65001] + none)
        #expect(numbers(batch, .srcNet) == [16, 16, 16, 16, 16] + none)
        // A default route tells the next hop of what no other one does; a route of the router's own has none.
        #expect(
            addresses(batch, .nextHop) == ["203.0.113.1", "192.0.2.11", "192.0.2.10", "2001:db8::b", "::"]
                + [String](repeating: "::", count: 5)
        )
        #expect(numbers(batch, .nextHopAS) == [64501, 64501, 64500, 64501, 0] + none)
        #expect(!batch.isPresent(.asPath) && !batch.isPresent(.bgpCommunities) && !batch.isPresent(.bgpNextHop))
    }

    @Test("whose AS counts is said by asFrom; the map comes behind where nothing else is said")
    func orders() throws {
        func number(_ order: ASOrder, exporter: UInt32) throws -> UInt64 {
            let batch = rows(["10.9.0.1 > 10.2.0.1"])
            set(batch, .samplerAddress, samplers(["192.0.2.1"]))
            set(batch, .dstAS, [exporter])
            var builder = AddressMapBuilder()
            for prefix in ["10.2.0.0/15", "10.9.0.0/16"] {
                _ = builder.add(Prefix(prefix) ?? Prefix(.unspecified, bits: 0), asn: 99)
            }
            try enrich(batch, order: order, map: builder.build())
            // What only the map knows comes from there in any order; the router's prefix is the one that counts.
            #expect(
                numbers(batch, .srcAS) == [99] && numbers(batch, .dstNet) == [16] && numbers(batch, .srcNet) == [16]
            )
            return batch.number(.dstAS, row: 0)
        }
        #expect(try number(.exporterFirst, exporter: 7) == 7 && number(.exporterFirst, exporter: 0) == 65002)
        #expect(try number(.bmpFirst, exporter: 7) == 65002)
        #expect(try number(.mapFirst, exporter: 7) == 99)
    }

    @Test("paths, communities and the BGP next hop come when they are asked for, and between those that are there")
    func details() throws {
        let batch = rows(ends)
        set(batch, .samplerAddress, samplers([String](repeating: "192.0.2.1", count: 5)))
        set(batch, .bgpNextHop, samplers(["203.0.113.9", "::", "::", "::", "::"]))
        let told: [UInt32] = [5, 6]
        for row in 2...3 { _ = batch.append(.asPath, row: row, value: told.span.bytes) }
        try enrich(batch, details: [.asPath, .communities, .bgpNextHop])
        #expect(lists(batch, .asPath) == [[64501, 65002], [64501, 65001], [5, 6], [5, 6], []])
        #expect(lists(batch, .bgpCommunities) == [[0xFBF4_0064], [], [], [], []])
        #expect(addresses(batch, .bgpNextHop) == ["203.0.113.9", "192.0.2.11", "192.0.2.10", "2001:db8::b", "::"])
        // A table that is no more takes nothing with it.
        batch.clear()
        let source = EnrichmentSource(routes: try tables())
        source.replace(routes: nil)
        var enricher = Enricher(source)
        let plain = rows(ends)
        set(plain, .samplerAddress, samplers([String](repeating: "192.0.2.1", count: 5)))
        plain.seal()
        enricher.enrich(plain)
        #expect(!plain.isPresent(.nextHop) && !plain.isPresent(.dstAS))
    }

    @Test("long lists are cut, and those of many rows keep their order")
    func longLists() throws {
        let batch = rows([String](repeating: "10.1.0.1 > 10.2.0.1", count: 1000))
        for row in stride(from: 0, to: 1000, by: 3) {
            let told = [UInt32](repeating: UInt32(row), count: row % 5)
            _ = batch.append(.asPath, row: row, value: told.span.bytes)
        }
        batch.seal()
        let long = [UInt32](repeating: 1, count: 300)
        batch.fillNumbers(.asPath) { row in row % 2 == 0 ? long[...] : [] }
        for row in 0..<1000 {
            let own = row % 3 == 0 ? [UInt32](repeating: UInt32(row), count: row % 5) : []
            let expected = own.isEmpty && row % 2 == 0 ? [UInt32](repeating: 1, count: 255) : own
            #expect(lists(batch, .asPath, row) == expected)
        }
    }

    /// Routes of 192.0.2.1: 10.1/16 to 10.3/16, of which the last is its own, 2001:db8::/32 and a default.
    private func tables(_ details: Set<RouteDetail> = []) throws -> RouterTables {
        typealias Bytes = BMPBytes
        var book = RouterBook(BMPSettings())
        book.settings.details = details
        let router = IPAddress(192, 0, 2, 1)
        let begun = book.begin(from: router)
        let number = try #require(begun)
        func route(_ prefix: String, _ path: [Int], _ hop: [UInt8], _ more: [UInt8] = []) -> [UInt8] {
            Bytes.routes(
                "::",
                type: 3,
                Bytes.update(attributes: Bytes.attributes(path, nextHop: hop) + more, nlri: Bytes.nlri(prefix))
            )
        }
        let hop: [UInt8] = [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [0xB]
        let reach = Bytes.attribute(0x80, 14, [0, 2, 1, 16] + hop + [0] + Bytes.nlri("2001:db8::/32"))
        var session = BMPSession()
        var stream = Bytes.initiation
        stream += route("10.1.0.0/16", [64501, 65001], [192, 0, 2, 11])
        stream += route(
            "10.2.0.0/16",
            [64501, 65002],
            [192, 0, 2, 11],
            Bytes.attribute(0xC0, 8, [0xFB, 0xF4, 0, 100])
        )
        stream += route("10.3.0.0/16", [], [0, 0, 0, 0])
        stream += route("0.0.0.0/0", [64500, 65009], [192, 0, 2, 10])
        stream += Bytes.routes(
            "::",
            type: 3,
            Bytes.update(attributes: reach + Bytes.attributes([64501, 65003], nextHop: nil))
        )
        try feed(&session, stream) { book.apply($0, session: number, of: router, at: 0) }
        return book.makeTables()
    }

    private func enrich(
        _ batch: FlowBatch,
        order: ASOrder = .exporterFirst,
        map: AddressMap? = nil,
        details: Set<RouteDetail> = []
    ) throws {
        var settings = EnrichmentSettings()
        settings.asOrder = order
        batch.seal()
        var enricher = Enricher(EnrichmentSource(settings, map: map, routes: try tables(details)))
        enricher.enrich(batch)
    }

    private func samplers(_ texts: [String]) -> [AddressBytes] {
        texts.map { AddressBytes(IPAddress($0) ?? .unspecified) }
    }

    private func addresses(_ batch: FlowBatch, _ column: FlowColumn) -> [String] {
        (0..<batch.count).map { batch.address(column, row: $0).description }
    }

    private func lists(_ batch: FlowBatch, _ column: FlowColumn) -> [[UInt32]] {
        (0..<batch.count).map { lists(batch, column, $0) }
    }

    private func lists(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> [UInt32] {
        VariableValue.numbers(batch.variable(column)?.value(row: row) ?? [])
    }
}
