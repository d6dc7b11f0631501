import Enrichment
import NetTypes
import Testing

struct MRTReaderTests {
    /// The end of a path, and what it gives for a peer with AS 64500.
    struct Ending: Sendable {
        var attributes: [UInt8]
        var origin: UInt32

        init(_ origin: UInt32, _ attributes: [UInt8]...) {
            self.attributes = attributes.flatMap { $0 }
            self.origin = origin
        }
    }

    private static func sequence(_ numbers: Int..., type: Int = 2) -> [UInt8] {
        MRTBytes.path(.sequence(numbers), type: type)
    }

    private static let endings: [Ending] = [
        Ending(64496, sequence(64500, 3356, 64496)),
        Ending(64497, MRTBytes.path(.sequence([64500]), .set([64498, 64497]))),
        Ending(64498, MRTBytes.path(.sequence([64500]), .set([64498]))),
        Ending(64499, MRTBytes.path(.set([64498, 64497]), .sequence([64499]))),
        Ending(64496, MRTBytes.path(.sequence([64500, 64496]), .confederation([65001]))),
        Ending(64500, MRTBytes.path(.confederation([65001, 65002]))),
        Ending(64500, MRTBytes.path()),
        Ending(64496, MRTBytes.path(.sequence([64500, 64496]), .sequence([]))),
        Ending(64500),
        Ending(4_200_000_077, sequence(64500, 23456), sequence(4_200_000_077, type: 17)),
        Ending(4_200_000_077, sequence(4_200_000_077, type: 17), sequence(64500, 23456)),
        Ending(64496, sequence(64500, 64496), sequence(4_200_000_077, type: 17)),
        Ending(23456, sequence(64500, 23456)),
    ]

    @Test(arguments: endings)
    func origin(_ ending: Ending) {
        let file = MRTBytes.peers([64500]) + MRTBytes.route("192.0.2.0/24", [(0, ending.attributes)])
        let outcome = MRTOutcome(file)
        #expect(outcome.origins == ["192.0.2.0/24": ending.origin])
        #expect(outcome.counters.isBalanced)
    }

    private static func ones(_ count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }

    /// MP_REACH_NLRI cut down to the next hop (RFC 6396 section 4.3.4), and in full.
    private static let reaches: [[UInt8]] = [
        [16] + ones(16), [32] + ones(32), [0, 2, 1, 16] + ones(16) + [0, 48, 0x20, 1, 0xD, 0xB8, 0, 1],
    ]

    @Test(arguments: reaches)
    func reach(_ value: [UInt8]) {
        let attributes = MRTBytes.attribute(14, value) + MRTBytes.path(.sequence([64505]))
        let outcome = MRTOutcome(
            MRTBytes.peers([64500]) + MRTBytes.route("2001:db8:1::/48", [(0, attributes)], subtype: 4)
        )
        #expect(outcome.origins == ["2001:db8:1::/48": 64505])
    }

    /// Peers and the origins that they see.
    private static let votes: [([(Int, Int)], UInt32)] = [
        ([(0, 64501), (1, 64999)], 64501),
        ([(0, 64999), (1, 64501)], 64501),
        ([(0, 64501), (1, 64999), (2, 64999)], 64999),
        // One peer's three paths are one vote.
        ([(0, 64999), (0, 64999), (0, 64999), (1, 64501), (2, 64501)], 64501),
        ([(2, 7), (1, 7), (0, 8), (3, 8), (4, 9), (5, 8)], 8),
    ]

    @Test(arguments: votes)
    func majority(_ votes: [(Int, Int)], _ expected: UInt32) {
        let entries = votes.map { (peer: $0.0, attributes: MRTBytes.path(.sequence([$0.1]))) }
        let outcome = MRTOutcome(
            MRTBytes.peers([1, 2, 3, 4, 5, 6]) + MRTBytes.route("192.0.2.0/24", entries, subtype: 8)
        )
        #expect(outcome.origins == ["192.0.2.0/24": expected])
        #expect(outcome.counters.contested == 1)
    }

    @Test func oldTables() {
        func narrow(_ numbers: [Int]) -> [UInt8] { MRTBytes.path(.sequence(numbers), wide: false) }
        let file =
            MRTBytes.entry("192.0.2.0/24", peer: "198.51.100.1", peerAS: 1, narrow([1, 64501]))
            + MRTBytes.entry("192.0.2.0/24", peer: "198.51.100.2", peerAS: 2, narrow([2, 64999]))
            + MRTBytes.entry("192.0.2.0/24", peer: "198.51.100.3", peerAS: 3, narrow([3, 64999]))
            + MRTBytes.entry("203.0.113.0/24", peer: "198.51.100.2", peerAS: 2, narrow([]))
            + MRTBytes.entry("0.0.0.0/0", peer: "198.51.100.2", peerAS: 2, narrow([2, 3]))
            + MRTBytes.entry(
                "198.51.100.0/24",
                peer: "198.51.100.2",
                peerAS: 2,
                narrow([2, 23456]) + MRTBytes.path(.sequence([2, 400_000]), type: 17)
            )
        let outcome = MRTOutcome(file)
        #expect(outcome.origins == ["192.0.2.0/24": 64999, "203.0.113.0/24": 2, "198.51.100.0/24": 400_000])
        #expect(outcome.counters.contested == 1)
        #expect(outcome.counters[.defaultRoute] == 1)
        #expect(outcome.counters.longNumbers == 1)
        #expect(outcome.counters.isBalanced)
    }

    @Test func genericTables() {
        let path = MRTBytes.path(.sequence([64500, 64496]))
        let outcome = MRTOutcome(
            MRTBytes.peers([64500]) + MRTBytes.route("192.0.2.0/24", [(0, path)], subtype: 6)
                + MRTBytes.route("2001:db8::/32", [(0, path)], subtype: 6)
        )
        #expect(outcome.origins == ["192.0.2.0/24": 64496, "2001:db8::/32": 64496])
    }

    @Test func skipsAreCounted() {
        let path = MRTBytes.path(.sequence([64496]))
        let broken = MRTBytes.attribute(2, [9, 1, 0, 0, 0, 1])
        var short = MRTBytes.route("198.51.100.0/24", [(0, path), (0, path)])
        // The record says that it is complete, and its last entry isn't.
        short.removeLast(4)
        short[11] -= 4
        let records: [[UInt8]] = [
            MRTBytes.record(type: 17, subtype: 4, [0, 0, 0, 1]),
            MRTBytes.record(type: 16, subtype: 4, []),
            MRTBytes.record(subtype: 3, [1, 2, 3]),
            MRTBytes.record(subtype: 12, [1, 2, 3]),
            MRTBytes.record(subtype: 2, [0, 0, 0, 1, 33, 1, 2, 3, 4, 5, 0, 0]),
            MRTBytes.record(subtype: 6, [0, 0, 0, 1, 0x40, 4, 71, 0]),
            MRTBytes.route("192.0.2.0/24", [(0, path), (9, MRTBytes.path()), (0, broken)]),
            MRTBytes.route("203.0.113.0/24", [(9, [])]),
            MRTBytes.route("0.0.0.0/0", [(0, path)]),
            MRTBytes.route("192.0.2.1/32", [(0, path)]),
            MRTBytes.route("10.0.0.0/8", [(0, path)]),
            short,
        ]
        let file = MRTBytes.peers([64500]) + records.flatMap { $0 }
        let counters = MRTOutcome(file, filter: RouteFilter(longestV4: 24, dropsBogons: false)).counters
        let expected: [RouteSkip: UInt64] = [
            .otherType: 2, .otherSubtype: 2, .malformed: 1, .otherFamily: 1, .originlessEntry: 2, .malformedEntry: 1,
            .noOrigin: 1, .defaultRoute: 1, .tooSpecific: 1, .truncatedEntry: 1,
        ]
        for reason in RouteSkip.allCases { #expect(counters[reason] == expected[reason] ?? 0, "\(reason)") }
        #expect(counters.isBalanced)
        #expect(counters.routes == 3)
        #expect(!counters.isTruncated)
        let strict = MRTOutcome(file, filter: RouteFilter(dropsBogons: true)).counters
        #expect(strict[.bogon] == 5 && strict.routes == 0)
    }

    /// A header that promises 4 GB costs no memory, and what follows is read.
    @Test func oversized() {
        var file = MRTBytes.record(subtype: 2, [UInt8](repeating: 0, count: MRTReader.largestRecord + 1))
        file += MRTBytes.route("192.0.2.0/24", [(0, MRTBytes.path(.sequence([64496])))])
        let outcome = MRTOutcome(file, pieces: 100_000)
        #expect(outcome.counters[.oversized] == 1)
        #expect(outcome.origins == ["192.0.2.0/24": 64496])
        #expect(MRTOutcome(Array(file.prefix(1000))).counters.isTruncated)
    }

    private static let sample: [UInt8] =
        MRTBytes.peers([64500, 64501])
        + MRTBytes.route("192.0.2.0/24", [(0, MRTBytes.path(.sequence([64500, 3356, 64496]), .set([1, 2])))])
        + MRTBytes.entry(
            "198.51.100.0/24",
            peer: "192.0.2.1",
            peerAS: 5,
            MRTBytes.path(.sequence([5, 6]), wide: false)
        )
        + MRTBytes.record(type: 17, subtype: 4, [1, 2, 3, 4, 5])
        + MRTBytes.route("2001:db8::/32", [(1, MRTBytes.path(.sequence([64507])) + [0x50, 14, 0, 1, 0])], subtype: 10)
        + MRTBytes.route("203.0.113.0/24", [(1, []), (0, MRTBytes.path(.confederation([9])))], subtype: 6)

    @Test func piecesOfAnySize() {
        let whole = MRTOutcome(Self.sample)
        #expect(whole.origins.count == 4)
        for size in 1...70 {
            let outcome = MRTOutcome(Self.sample, pieces: size)
            #expect(outcome.origins == whole.origins)
            #expect(outcome.counters == whole.counters)
        }
    }

    @Test func cutAnywhere() {
        let whole = MRTOutcome(Self.sample)
        for length in 0..<Self.sample.count {
            let outcome = MRTOutcome(Array(Self.sample.prefix(length)))
            #expect(outcome.counters.isBalanced)
            #expect(outcome.origins.allSatisfy { whole.origins[$0.key] == $0.value })
        }
    }

    /// Bytes changed at random: nothing traps, and everything is accounted for.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func damaged(_ seed: UInt64) {
        var random = TestRandom(seed)
        for _ in 0..<500 {
            var file = Self.sample
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<file.count, using: &random)
                file[index] = random.next() % 3 == 0 ? 255 : UInt8.random(in: 0...255, using: &random)
            }
            let outcome = MRTOutcome(file, pieces: Int.random(in: 1...200, using: &random))
            #expect(outcome.counters.isBalanced)
        }
    }
}
