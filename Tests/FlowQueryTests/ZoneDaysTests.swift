import FlowQuery
import FlowSchema
import Foundation
import Testing

struct ZoneDaysTests {
    /// Zones whose clocks change in the night, at midnight, by half an hour, and by a whole day.
    static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
        "Asia/Beirut", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati",
    ]

    static func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name), "\(name)") }

    static func days(of zone: TimeZone, _ range: TimeRange, earlier: UInt64 = 0) -> ZoneDays {
        ZoneDays(covering: range, earlier: earlier) {
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0)))
        }
    }

    /// The local day, as the calendar of the system has it.
    private func day(_ time: UInt64, _ zone: TimeZone) -> DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.dateComponents(
            [.year, .month, .day, .weekday],
            from: Date(timeIntervalSince1970: Double(time))
        )
    }

    @Test(arguments: zones)
    func daysBeginWhereTheCalendarSaysSo(name: String) throws {
        let zone = try Self.zone(name)
        // 2011, when Samoa left out a day, and 2018 and 2026 with all of their changes.
        for from: UInt64 in [1_293_876_543, 1_514_800_000, 1_767_300_000] {
            let range = try TimeRange(from: from, to: from + 366 * 86400)
            let buckets = try Buckets(range: range, width: 86400).inDays(Self.days(of: zone, range))
            let starts = buckets.starts
            #expect(starts[0] <= range.from && day(starts[0], zone) == day(range.from, zone), "\(name)")
            for start in starts.dropFirst() {
                #expect(day(start, zone) != day(start - 1, zone), "\(name) \(start)")
            }
            let seconds = Array(stride(from: range.from, to: range.to, by: 1800)) + [range.to - 1]
            let all = Set(seconds.map { day($0, zone) })
            #expect(starts.count == all.count, "\(name)")
            #expect(buckets.starts.indices.reduce(0) { $0 + buckets.coveredSeconds(at: $1) } == range.seconds)
            for (index, start) in starts.enumerated() {
                #expect(buckets.index(of: start) == index)
                if index + 1 < starts.count { #expect(buckets.index(of: starts[index + 1] - 1) == index) }
            }
        }
    }

    /// A chart of all traffic.
    private func chart(_ buckets: Buckets) throws -> GraphQuery {
        let top = try TopQuery(Question(range: buckets.range), dimensions: [], buckets: buckets)
        return GraphQuery(top: top, keys: [])
    }

    @Test(arguments: zones)
    func weeksBeginOnMondays(name: String) throws {
        let zone = try Self.zone(name)
        let range = try TimeRange(from: 1_767_300_000, to: 1_767_300_000 + 200 * 86400)
        let buckets = try Buckets(range: range, width: 7 * 86400).inDays(Self.days(of: zone, range))
        #expect(buckets.starts.allSatisfy { day($0, zone).weekday == 2 }, "\(name)")
        #expect(buckets.first <= range.from && buckets.count >= 29)
    }

    @Test func berlinHasADayOf23AndOneOf25Hours() throws {
        let zone = try Self.zone("Europe/Berlin")
        for (midnight, hours) in [(UInt64(1_774_738_800), UInt64(23)), (1_792_879_200, 25)] {
            let range = try TimeRange(from: midnight - 86400, to: midnight + 2 * 86400)
            let starts = try Buckets(range: range, width: 86400).inDays(Self.days(of: zone, range)).starts
            let place = try #require(starts.firstIndex(of: midnight))
            #expect(starts[place + 1] - midnight == hours * 3600)
        }
    }

    @Test func whatIsEarlierIsAsManyDaysEarlier() throws {
        let zone = try Self.zone("Europe/Berlin")
        // Three days of summer beside those a week before, with the change of clocks in between.
        let range = try TimeRange(from: 1_774_994_400 + 3600, to: 1_774_994_400 + 3 * 86400)
        let days = Self.days(of: zone, range, earlier: 604_800)
        let buckets = try Buckets(range: range, width: 86400).inDays(days)
        let before = try #require(try chart(buckets).earlier(by: 604_800)).top.buckets
        #expect(before.range.from == range.from - 604_800 + 3600)
        #expect(before.starts == buckets.starts.map { $0 - 604_800 + 3600 })
        #expect(before.count == buckets.count)
        #expect(try chart(buckets).earlier(by: 4000 * 86400) == nil)
    }

    @Test func whatIsNoDayStaysAsItIs() throws {
        let zone = try Self.zone("Asia/Kathmandu")
        let range = try TimeRange(from: 1_767_300_000, to: 1_767_300_000 + 90 * 86400)
        for width: UInt64 in [3600, 43200, 100_000, 32 * 86400] {
            let buckets = try Buckets(range: range, width: width)
            #expect(buckets.inDays(Self.days(of: zone, range)) == buckets)
        }
        let days = try Buckets(range: range, width: 86400).inDays(Self.days(of: zone, range))
        #expect(!Spreading.Choice.on.spreads(days))
        // 15 minutes past the hour: sums of hours would lie in two days, those of 5 minutes don't.
        let source = try chart(days).source
        #expect(source.resolution == 300)
        #expect(source.parts.first?.from == range.from && source.parts.last?.to == range.to)
    }

    @Test(arguments: [0, 1000, 3_456_000] as [UInt64])
    func theFirstDaysOf1970HaveAllOfThem(from: UInt64) throws {
        let zone = try Self.zone("America/New_York")
        let range = try TimeRange(from: from, to: from + 100 * 86400)
        for count: UInt64 in [1, 7, 31] {
            let buckets = try Buckets(range: range, width: count * 86400).inDays(Self.days(of: zone, range))
            #expect(buckets.first <= from)
            #expect(buckets.starts.indices.reduce(0) { $0 + buckets.coveredSeconds(at: $1) } == range.seconds)
        }
    }
}
