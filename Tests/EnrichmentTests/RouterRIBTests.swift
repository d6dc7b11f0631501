import Enrichment
import NetTypes
import Testing

@Suite("Routes of a router")
struct RouterRIBTests {
    private typealias Bytes = BMPBytes

    /// A router's sessions and its routes.
    private struct Router {
        var rib = RouterRIB()
        var sessions: [Int: BMPSession] = [:]
        var now: UInt32 = 1000
        var most = Int.max
        var refused = 0

        mutating func tell(_ messages: [UInt8]..., session number: Int = 1) throws {
            var session = sessions[number] ?? BMPSession()
            let bytes = (sessions[number] == nil ? BMPBytes.initiation : []) + messages.flatMap { $0 }
            try feed(&session, bytes) { refused += rib.apply($0, session: number, at: now, most: most) }
            sessions[number] = session
        }

        mutating func end(session number: Int) {
            sessions[number] = nil
            rib.end(session: number, at: now)
        }

        mutating func pass(_ seconds: UInt32) {
            now += seconds
            rib.expire(at: now, hold: 60)
        }

        /// `next hop, path` of the route to an address.
        mutating func route(_ address: String) -> String? {
            guard let address = IPAddress(address), let found = rib.makeTable().lookUp(address) else { return nil }
            return "/\(found.prefixLength) \(found.attributes.nextHop) \(Array(found.attributes.path))"
        }
    }

    private static func announce(_ prefix: String, _ path: [Int], hop: UInt8 = 1, preference: Int? = nil) -> [UInt8] {
        Bytes.update(
            attributes: Bytes.attributes(path, nextHop: [192, 0, 2, hop], preference: preference),
            nlri: Bytes.nlri(prefix)
        )
    }

    @Test("the longest prefix counts, and what is withdrawn uncovers what is behind it")
    func longest() throws {
        var router = Router()
        try router.tell(
            Bytes.peerUp("192.0.2.1"),
            Bytes.routes("192.0.2.1", Self.announce("0.0.0.0/0", [1], hop: 9)),
            Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1, 2])),
            Bytes.routes("192.0.2.1", Self.announce("10.1.0.0/16", [1, 3], hop: 3))
        )
        #expect(router.route("10.1.2.3") == "/16 192.0.2.3 [1, 3]" && router.route("10.2.0.0") == "/8 192.0.2.1 [1, 2]")
        #expect(router.route("8.8.8.8") == "/0 192.0.2.9 [1]" && router.route("2001:db8::1") == nil)
        try router.tell(Bytes.routes("192.0.2.1", Bytes.update(withdrawn: Bytes.nlri("10.1.0.0/16"))))
        #expect(router.route("10.1.2.3") == "/8 192.0.2.1 [1, 2]")
        // Told again with other attributes: in place of the old ones.
        try router.tell(Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1, 4])))
        #expect(router.route("10.1.2.3") == "/8 192.0.2.1 [1, 4]" && router.rib.routes == 2)
    }

    @Test("the router's own choice goes before what is behind its policy, and that before what it was sent")
    func views() throws {
        var router = Router()
        try router.tell(
            Bytes.peerUp("192.0.2.1"),
            Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1], preference: 900))
        )
        #expect(router.route("10.0.0.1") == "/8 192.0.2.1 [1]")
        try router.tell(Bytes.routes("192.0.2.1", flags: 0x40, Self.announce("10.0.0.0/8", [1, 1, 2], hop: 2)))
        #expect(router.route("10.0.0.1") == "/8 192.0.2.2 [1, 1, 2]")
        try router.tell(Bytes.routes("::", type: 3, Self.announce("10.0.0.0/8", [7, 7, 7, 7], hop: 3)))
        #expect(router.route("10.0.0.1") == "/8 192.0.2.3 [7, 7, 7, 7]" && router.rib.routes == 3)
    }

    @Test("of several peers BGP's rules decide: preference, length of the path, origin, next hop")
    func choice() throws {
        var router = Router()
        try router.tell(
            Bytes.peerUp("192.0.2.1"),
            Bytes.peerUp("192.0.2.2"),
            Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1, 2], hop: 2)),
            Bytes.routes("192.0.2.2", Self.announce("10.0.0.0/8", [3, 2], hop: 1))
        )
        #expect(router.route("10.0.0.1") == "/8 192.0.2.1 [3, 2]")
        try router.tell(Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1], hop: 2)))
        #expect(router.route("10.0.0.1") == "/8 192.0.2.2 [1]")
        try router.tell(Bytes.routes("192.0.2.2", Self.announce("10.0.0.0/8", [3, 3, 3], hop: 1, preference: 101)))
        #expect(router.route("10.0.0.1") == "/8 192.0.2.1 [3, 3, 3]")
    }

    @Test("routes outlive their peer for a while, behind those of peers that are up")
    func held() throws {
        var router = Router()
        try router.tell(
            Bytes.peerUp("192.0.2.1"),
            Bytes.peerUp("192.0.2.2"),
            Bytes.routes("192.0.2.1", Self.announce("10.0.0.0/8", [1])),
            Bytes.routes("192.0.2.2", Self.announce("10.0.0.0/8", [2, 2, 2], hop: 2)),
            Bytes.routes("192.0.2.1", Self.announce("11.0.0.0/8", [1]))
        )
        try router.tell(Bytes.peerDown("192.0.2.1"))
        #expect(router.route("10.0.0.1") == "/8 192.0.2.2 [2, 2, 2]" && router.route("11.0.0.1") == "/8 192.0.2.1 [1]")
        router.pass(59)
        #expect(router.route("11.0.0.1") != nil && router.rib.heldViews == 1)
        router.pass(1)
        #expect(router.route("11.0.0.1") == nil && router.rib.heldViews == 0 && router.rib.routes == 1)
        router.end(session: 1)
        #expect(router.route("10.0.0.1") == "/8 192.0.2.2 [2, 2, 2]")
        router.pass(60)
        #expect(router.rib.isEmpty && router.rib.bytes == 0)
    }

    @Test("a session that comes back replaces its routes one by one, and ends the rest at its End-of-RIB")
    func replaced() throws {
        var router = Router()
        let peer = "192.0.2.1"
        try router.tell(
            Bytes.peerUp(peer),
            Bytes.routes(peer, Self.announce("10.0.0.0/8", [1])),
            Bytes.routes(peer, Self.announce("11.0.0.0/8", [1])),
            Bytes.routes(peer, Self.announce("12.0.0.0/8", [1]))
        )
        router.end(session: 1)
        try router.tell(
            Bytes.peerUp(peer),
            Bytes.routes(peer, Self.announce("10.0.0.0/8", [1, 5, 5])),
            Bytes.routes(peer, Bytes.update(withdrawn: Bytes.nlri("12.0.0.0/8"))),
            session: 2
        )
        #expect(router.route("10.0.0.1") == "/8 192.0.2.1 [1, 5, 5]" && router.route("11.0.0.1") == "/8 192.0.2.1 [1]")
        #expect(router.route("12.0.0.1") == nil && router.rib.routes == 2)
        try router.tell(Bytes.routes(peer, Bytes.update()), session: 2)
        #expect(router.route("11.0.0.1") == nil && router.route("10.0.0.1") != nil && router.rib.routes == 1)
        // The old session's time takes nothing from the new one.
        router.pass(60)
        #expect(router.route("10.0.0.1") == "/8 192.0.2.1 [1, 5, 5]")
    }

    @Test("when memory is full routes are refused and counted, and what was known of them goes")
    func bounded() throws {
        var router = Router()
        let peer = "192.0.2.1"
        try router.tell(Bytes.peerUp(peer), Bytes.routes(peer, Self.announce("10.0.0.0/8", [1])))
        router.most = 20_000
        for number in 0..<1000 {
            try router.tell(
                Bytes.routes(peer, Self.announce("11.\(number >> 8).\(number & 255).0/24", [1, number + 1]))
            )
        }
        #expect(router.refused > 100 && router.rib.routes + router.refused == 1001 && router.rib.bytes < 21_000)
        try router.tell(Bytes.routes(peer, Self.announce("10.0.0.0/8", [9])))
        #expect(router.route("10.0.0.1") == nil)
    }

    @Test("changes one by one give the same table as all at once")
    func incremental() throws {
        var random = SeededGenerator(state: 3)
        var router = Router()
        try router.tell(Bytes.peerUp("192.0.2.1"), Bytes.peerUp("192.0.2.2"))
        var messages: [[UInt8]] = []
        for _ in 0..<60 {
            for _ in 0..<20 {
                let prefix =
                    "10.\(Int.random(in: 0...3, using: &random)).\(Int.random(in: 0...3, using: &random) * 64).0/\(Int.random(in: 18...24, using: &random))"
                let peer = Bool.random(using: &random) ? "192.0.2.1" : "192.0.2.2"
                let text = Prefix(prefix)?.description ?? prefix
                let update =
                    Bool.random(using: &random)
                    ? Self.announce(text, [Int.random(in: 1...9, using: &random)])
                    : Bytes.update(withdrawn: Bytes.nlri(text))
                messages.append(Bytes.routes(peer, update))
                try router.tell(messages[messages.count - 1])
            }
            _ = router.rib.makeTable()
        }
        var other = Router()
        try other.tell(Bytes.peerUp("192.0.2.1"), Bytes.peerUp("192.0.2.2"))
        for message in messages { try other.tell(message) }
        #expect(router.rib.routes == other.rib.routes && router.rib.prefixes == other.rib.prefixes)
        for third in 0...3 {
            for fourth in 0...255 {
                let address = "10.\(third).\(fourth).77"
                #expect(router.route(address) == other.route(address))
            }
        }
    }

    @Test("routers are kept apart, named, forgotten, and bounded together")
    func book() throws {
        var settings = BMPSettings()
        settings.exporters = [IPAddress(192, 0, 2, 9): [IPAddress(198, 51, 100, 1), IPAddress(198, 51, 100, 2)]]
        settings.holdSeconds = 10
        var book = RouterBook(settings)
        func tell(_ router: IPAddress, _ session: Int, _ bytes: [UInt8]) throws {
            var state = BMPSession()
            try feed(&state, BMPBytes.initiation + bytes) { book.apply($0, session: session, of: router, at: 0) }
        }
        let (one, two) = (IPAddress(192, 0, 2, 9), IPAddress(192, 0, 2, 10))
        let (begun, other) = (book.begin(from: one), book.begin(from: two))
        let first = try #require(begun)
        let second = try #require(other)
        #expect(first != second)
        try tell(one, first, Bytes.peerUp("10.0.0.1") + Bytes.routes("10.0.0.1", Self.announce("10.0.0.0/8", [1])))
        try tell(two, second, Bytes.peerUp("10.0.0.1") + Bytes.routes("10.0.0.1", Self.announce("10.0.0.0/8", [2])))
        #expect(book.isChanged)
        let tables = book.makeTables()
        #expect(!book.isChanged)
        #expect(Set(tables.tables.keys) == [IPAddress(198, 51, 100, 1), IPAddress(198, 51, 100, 2), two])
        #expect(tables.tables[two]?.lookUp(IPAddress(10, 0, 0, 1))?.attributes.origin == 2)
        #expect(tables.tables[IPAddress(198, 51, 100, 2)]?.lookUp(IPAddress(10, 0, 0, 1))?.attributes.origin == 1)
        #expect(book.all.map(\.name) == ["edge 1", "edge 1"] && book.all.map(\.routes) == [1, 1])
        book.end(session: first, of: one, at: 5)
        book.expire(at: 14)
        #expect(book.all.map(\.sessions) == [0, 1])
        book.expire(at: 15)
        #expect(book.all.map(\.address) == [two] && book.isChanged && Set(book.makeTables().tables.keys) == [two])
        let more = (1..<RouterBook.mostRouters).compactMap { book.begin(from: IPAddress(v4: UInt32($0))) }
        #expect(more.count == RouterBook.mostRouters - 1)
        let beyond = book.begin(from: IPAddress(v4: 0xFFFF))
        let known = book.begin(from: two)
        #expect(beyond == nil && known != nil)
    }
}
