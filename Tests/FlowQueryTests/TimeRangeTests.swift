import FlowQuery
import Testing

struct TimeRangeTests {
    static let now: UInt64 = 1_795_413_600

    @Test(arguments: [
        ("now", now), ("-15m", now - 900), ("-6h", now - 21600), ("-7d", now - 604_800), ("-2w", now - 1_209_600),
        ("-30s", now - 30), ("1795413600", now), ("2026-11-23T06:00:00Z", now), ("2026-11-23T07:30:00+01:30", now),
        ("2026-11-23T05:00:00.999-01:00", now), ("2026-11-23 06:00:00z", now), ("1970-01-01T00:00:00Z", 0),
        ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-03-01T00:00:00Z", 951_868_800), ("-99999999d", 0),
    ])
    func readsInstants(text: String, expected: UInt64) {
        #expect(TimeRange.instant(text, now: Self.now) == expected)
    }

    @Test(arguments: [
        "", "-", "-m", "m", "15m", "-15", "-15y", "yesterday", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-11-23", "2026-11-23T06:00:00", "2026-11-23T06:00:00.Z", "2026-11-23T06:00:00Zx", "99999999999999999999",
        "-9999999999999999999w", "1970-01-01T00:00:00+01:00", "+5", "-+5m", "１２３", "2026-11-23T25:00:00Z",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(TimeRange.instant(text, now: Self.now) == nil)
    }

    @Test func rangesGoForward() throws {
        #expect(throws: QueryError.self) { try TimeRange(from: 5, to: 5) }
        #expect(throws: QueryError.self) { try TimeRange(from: 5, to: 0x1_0000_0000) }
        let error = try #require(throws: QueryError.self) { try TimeRange(from: "-1h", to: "soon", now: Self.now) }
        #expect(error.parameter == "to")
        #expect(try TimeRange(from: "-1h", to: "now", now: Self.now).seconds == 3600)
    }

    @Test(arguments: [
        (60, 1), (299, 1), (300, 2), (900, 5), (3600, 15), (21600, 120), (86400, 300), (604_800, 3600),
        (31_536_000, 604_800),
    ])
    func choosesBuckets(seconds: UInt64, width: UInt64) throws {
        let buckets = Buckets(range: try TimeRange(from: 1000, to: 1000 + seconds))
        #expect(buckets.width == width)
        #expect(buckets.count <= Buckets.comfortable)
    }

    @Test func bucketsCoverTheRangeExactly() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            let from = UInt64.random(in: 0...2_000_000_000, using: &random)
            let range = try TimeRange(from: from, to: from + .random(in: 1...100_000, using: &random))
            let buckets = try Buckets(range: range, width: .random(in: 30...7000, using: &random))
            #expect(buckets.starts.count == buckets.count)
            #expect((0..<buckets.count).reduce(0) { $0 + buckets.coveredSeconds(at: $1) } == range.seconds)
            #expect(buckets.starts.allSatisfy { $0 % buckets.width == 0 })
            for (index, start) in buckets.starts.enumerated() { #expect(buckets.index(of: start) == index) }
        }
    }

    @Test func bucketsHaveLimits() throws {
        let range = try TimeRange(from: 0, to: 1_000_000)
        #expect(throws: QueryError.self) { try Buckets(range: range, width: 0) }
        #expect(throws: QueryError.self) { try Buckets(range: range, width: 1) }
        #expect(throws: QueryError.self) { try Buckets(range: range, width: .max) }
        #expect(try Buckets(range: range, width: 2_000_000).count == 1)
    }
}
