import Enrichment
import NetTypes
import Testing

@Suite("BMP session")
struct BMPSessionTests {
    @Test("messages are the same wherever the stream is cut")
    func cuts() throws {
        let stream =
            BMPBytes.initiation + BMPBytes.peerUp("192.0.2.1")
            + BMPBytes.routes(
                "192.0.2.1",
                BMPBytes.update(attributes: BMPBytes.attributes([64501]), nlri: BMPBytes.nlri("10.0.0.0/8"))
            )
            + BMPBytes.peerDown("192.0.2.1") + BMPBytes.message(5, [0, 1, 0, 2, 0, 3])
        let whole = try actions(stream, cut: stream.count)
        #expect(
            whole == [
                "initiation edge 1, a router", "up 192.0.2.1", "routes 192.0.2.1 prePolicy", "down 192.0.2.1",
                "termination 3",
            ]
        )
        for cut in 1..<40 { #expect(try actions(stream, cut: cut) == whole) }
    }

    @Test("a session begins with an Initiation, of version 3, of a length that can be")
    func beginnings() {
        #expect(throws: BMPSessionError.initiation) { try actions(BMPBytes.peerUp("192.0.2.1")) }
        #expect(throws: BMPSessionError.version) { try actions(BMPBytes.message(4, [], version: 4)) }
        #expect(throws: BMPSessionError.version) { try actions(Array("GET / HTTP/1.1\r\n".utf8)) }
        #expect(throws: BMPSessionError.length) { try actions([3, 0, 0, 0, 5, 4]) }
        #expect(throws: BMPSessionError.length) { try actions([3, 0xFF, 0xFF, 0xFF, 0xFF, 4]) }
        // Neither can the length be a little more than is held.
        #expect(throws: BMPSessionError.length) { try actions([3, 0, 4, 0, 1, 4]) }
    }

    @Test("what isn't used is counted, and the session goes on")
    func skips() throws {
        let other = BMPBytes.message(0, BMPBytes.header("192.0.2.1", type: 1, distinguisher: 7))
        let out = BMPBytes.message(0, BMPBytes.header("192.0.2.1", flags: 0x10))
        let stream =
            BMPBytes.initiation + BMPBytes.message(1, []) + BMPBytes.message(6, []) + BMPBytes.message(9, [])
            + BMPBytes.routes("192.0.2.9", BMPBytes.update()) + other + out + BMPBytes.message(3, [1, 2, 3])
            + BMPBytes.peerDown("192.0.2.8") + BMPBytes.peerUp("192.0.2.1") + BMPBytes.routes("192.0.2.1", [0, 9])
        #expect(
            try actions(stream).dropFirst() == [
                "skipped statistics", "skipped mirrored", "skipped unknown_type", "skipped unknown_peer",
                "skipped other_instance", "skipped adj_rib_out", "skipped malformed", "skipped unknown_peer",
                "up 192.0.2.1", "skipped malformed",
            ]
        )
    }

    @Test("peers are bounded")
    func peers() throws {
        var session = BMPSession()
        var skipped = 0
        try feed(&session, BMPBytes.initiation) { _ in }
        for number in 0..<(BMPSession.mostPeers + 5) {
            try feed(&session, BMPBytes.peerUp("10.0.\(number >> 8).\(number & 255)")) { action in
                if case .skipped(.tooManyPeers, _) = action { skipped += 1 }
            }
        }
        #expect(session.peerCount == BMPSession.mostPeers && skipped == 5)
    }

    @Test("Loc-RIB, own routes and both views of a peer are told apart")
    func views() throws {
        let update = BMPBytes.update(attributes: BMPBytes.attributes([64501]), nlri: BMPBytes.nlri("10.0.0.0/8"))
        let stream =
            BMPBytes.initiation + BMPBytes.peerUp("2001:db8::1") + BMPBytes.routes("2001:db8::1", update)
            + BMPBytes.routes("2001:db8::1", flags: 0x40, update) + BMPBytes.routes("::", type: 3, update)
            + BMPBytes.routes("0.0.0.0", flags: 0x40, update)
        #expect(
            try actions(stream).dropFirst(2) == [
                "routes 2001:db8::1 prePolicy", "routes 2001:db8::1 postPolicy", "routes :: local",
                "routes 0.0.0.0 postPolicy",
            ]
        )
    }

    @Test("path identifiers are read where both sides said so, and not where a router leaves them out")
    func addPath() throws {
        let up = BMPBytes.peerUp(
            "192.0.2.1",
            sent: BMPBytes.open(BMPBytes.addPath(1)),
            received: BMPBytes.open(asn: 64501, BMPBytes.addPath(2))
        )
        func update(_ nlri: [UInt8]) -> [UInt8] {
            BMPBytes.routes("192.0.2.1", BMPBytes.update(attributes: BMPBytes.attributes([64501]), nlri: nlri))
        }
        let with = update(BMPBytes.nlri("10.0.0.0/8", path: 7))
        let without = update(BMPBytes.nlri("198.51.100.0/24"))
        #expect(try announced(BMPBytes.initiation + up + with) == ["10.0.0.0/8 7"])
        #expect(
            try announced(BMPBytes.initiation + up + without + without) == ["198.51.100.0/24 0", "198.51.100.0/24 0"]
        )
        // Where they were seen, what hasn't them is malformed.
        #expect(try announced(BMPBytes.initiation + up + with + without) == ["10.0.0.0/8 7"])
        // Only one side: none.
        let oneSide = BMPBytes.peerUp("192.0.2.1", sent: BMPBytes.open(BMPBytes.addPath(1)))
        #expect(try announced(BMPBytes.initiation + oneSide + without) == ["198.51.100.0/24 0"])
    }

    @Test("noise neither traps nor grows")
    func noise() {
        var random = SeededGenerator(state: 7)
        let valid =
            BMPBytes.initiation + BMPBytes.peerUp("192.0.2.1", sent: BMPBytes.open(BMPBytes.addPath(3)))
            + BMPBytes.routes(
                "192.0.2.1",
                BMPBytes.update(
                    withdrawn: BMPBytes.nlri("10.0.0.0/8"),
                    attributes: BMPBytes.attributes([1, 2]),
                    nlri: BMPBytes.nlri("10.1.0.0/16")
                )
            )
        for _ in 0..<5000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                // Behind the Initiation's header, so that most of it is still read.
                bytes[Int.random(in: 7..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            var session = BMPSession()
            var rib = RouterRIB()
            try? feed(&session, bytes) { _ = rib.apply($0, session: 1, at: 0, most: 1 << 20) }
            #expect(rib.routes < 100)
            _ = rib.makeTable()
        }
    }

    private func actions(_ bytes: [UInt8], cut: Int = .max) throws -> [String] {
        var session = BMPSession()
        var texts: [String] = []
        for start in stride(from: 0, to: bytes.count, by: min(cut, bytes.count)) {
            try feed(&session, Array(bytes[start..<min(bytes.count, start + min(cut, bytes.count))])) { action in
                switch action {
                case .initiation(let name, let description): texts.append("initiation \(name), \(description)")
                case .peerUp(let peer): texts.append("up \(peer.address)")
                case .peerDown(let peer): texts.append("down \(peer.address)")
                case .routes(let peer, let view, _): texts.append("routes \(peer.address) \(view)")
                case .termination(let reason): texts.append("termination \(reason)")
                case .skipped(let reason, _): texts.append("skipped \(reason.rawValue)")
                }
            }
        }
        return texts
    }

    private func announced(_ bytes: [UInt8]) throws -> [String] {
        var session = BMPSession()
        var texts: [String] = []
        try feed(&session, bytes) { action in
            guard case .routes(_, _, let update) = action else { return }
            texts += update.announced.map { "\($0.prefix) \($0.path)" }
        }
        return texts
    }
}

/// Hands bytes to a session.
func feed(_ session: inout BMPSession, _ bytes: [UInt8], _ act: (BMPAction) -> Void) throws {
    try session.feed(bytes.span.bytes, act)
}

/// The same numbers in every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
