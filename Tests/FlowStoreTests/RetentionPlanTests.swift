import Testing

@testable import FlowStore

/// What goes when there is too little room, without any store.
struct RetentionPlanTests {
    private let now = 1_800_000_000

    /// Parts of 10 bytes and 100 rows, the oldest first, an hour apart; the newest is an hour old.
    private func parts(_ table: String, _ count: Int, isRaw: Bool = true) -> [StoredPart] {
        (0..<count).map { index in
            let end = now - 3600 * (count - index)
            return StoredPart(
                table: table,
                name: "20270115_\(index)_\(index)_0",
                isRaw: isRaw,
                rows: 100,
                bytes: 10,
                times: end - 3000...end
            )
        }
    }

    private func plan(_ usage: StoreUsage, size: Int? = nil, days: Int = 7, growth: Int = 0) -> RetentionPlan {
        let policy = RetentionPolicy(days: days, size: size, freeSpace: 50)
        return RetentionPlan(usage, policy: policy, now: now, growth: growth)
    }

    @Test func nothingGoesWithinTheBudget() {
        let usage = StoreUsage(parts: parts("flows_raw", 10), disk: 1000, free: 500)
        let plan = plan(usage, size: 100)
        #expect(plan.surplus.isEmpty)
        #expect(plan.expired.isEmpty)
        #expect(plan.missing == 0)
    }

    @Test func theOldestGoUntilTheBudgetIsKept() {
        let all = parts("flows_raw", 10)
        let usage = StoreUsage(parts: all.shuffled(), otherBytes: 5, disk: 1000, free: 500)
        let result = plan(usage, size: 90)
        // 105 are used; 15 and a little more have to go.
        #expect(result.surplus == Array(all[..<2]))
        #expect(result.reason == .size)
        // What will have come until the next look counts.
        #expect(plan(usage, size: 90, growth: 20).surplus == Array(all[..<4]))
    }

    @Test func rawRowsGoBeforeRollupsAndTheNewestOfEachStays() {
        let raw = parts("flows_raw", 3)
        let rollup = parts("flows_1m", 2, isRaw: false)
        let usage = StoreUsage(parts: rollup + raw, disk: 1000, free: 500)
        #expect(plan(usage, size: 42).surplus == [raw[0]])
        let all = plan(usage, size: 5)
        // Rollups take more than half of this room.
        #expect(all.surplus == [rollup[0], raw[0], raw[1]])
        #expect(all.missing == 15)
        #expect(plan(usage, size: 40).surplus == [raw[0], raw[1]])
    }

    @Test func freeSpaceBelowTheFloorCountsAsOverBudget() {
        let all = parts("flows_raw", 10)
        var usage = StoreUsage(parts: all, disk: 1000, free: 35)
        let result = plan(usage)
        #expect(result.surplus == Array(all[..<2]))
        #expect(result.reason == .freeSpace)
        // Parts that a merge has replaced are about to be deleted.
        usage.otherBytes = 15
        #expect(plan(usage).surplus.isEmpty)
    }

    @Test func whatIsTooOldGoesAndMakesRoom() {
        let all = parts("flows_raw", 60)
        let usage = StoreUsage(parts: all, disk: 10_000, free: 5000)
        // 24 of them ended within the last day; the one that ended a day ago to the second is too old.
        let result = plan(usage, size: 300, days: 1)
        #expect(result.expired == Array(all[...36]))
        #expect(result.surplus.isEmpty)
        let rollups = StoreUsage(parts: parts("flows_1m", 60, isRaw: false), disk: 10_000, free: 5000)
        #expect(plan(rollups, days: 1).expired.isEmpty)
    }

    @Test func theFloorFollowsTheDisk() {
        let policy = RetentionPolicy(days: 7)
        #expect(policy.floor(of: 100_000_000_000) == 5_000_000_000)
        #expect(policy.floor(of: 8_000_000_000_000) == 10_000_000_000)
        #expect(policy.floor(of: 8_000_000_000) == 1_000_000_000)
        #expect(policy.floor(of: 1_000_000_000) == 500_000_000)
        #expect(RetentionPolicy(days: 7, freeSpace: 7).floor(of: 1_000_000_000) == 7)
    }

    @Test func piecesFollowTheRoom() {
        let small = RetentionPolicy(days: 7, size: 500_000_000)
        #expect(small.largestPart(disk: 100_000_000_000) == 31_250_000)
        #expect(small.oldPartSeconds(disk: 100_000_000_000) == 0)
        let disk = RetentionPolicy(days: 7)
        #expect(disk.largestPart(disk: 100_000_000_000) == 95_000_000_000 / 16)
        #expect(disk.oldPartSeconds(disk: 100_000_000_000) == 60)
    }

    @Test func aPartThatTheEngineDroppedIsToldFromOneThatWasMerged() {
        let old = parts("flows_raw", 3)
        var merged = old[0]
        merged.name = "20270115_0_1_1"
        let before = StoreUsage(parts: old)
        let after = StoreUsage(parts: [merged])
        #expect(RetentionKeeper.expired(in: before, but: after, at: now) == [old[2]])
        #expect(RetentionKeeper.expired(in: before, but: after, at: now - 9 * 86_400) == [])
        #expect(RetentionKeeper.expired(in: nil, but: after, at: now) == [])
    }

    @Test func theNearestBoundIsForecast() throws {
        // 1000 bytes, 100 rows each: 0.1 bytes a row.
        let usage = StoreUsage(parts: parts("flows_raw", 100), disk: 100_000, free: 50_000)
        func keeps(_ policy: RetentionPolicy, _ rate: Double?) -> RetentionReport.Keeps? {
            RetentionForecast.keeps(
                usage,
                policy: policy,
                rowsPerSecond: rate,
                bytesPerRow: RetentionForecast.bytesPerRow(usage)
            )
        }
        let budget = RetentionPolicy(days: 7, size: 10_000, freeSpace: 1000)
        let bySize = try #require(keeps(budget, 10))
        #expect(bySize.bound == .size)
        #expect(abs(bySize.seconds - 10_000) < 1e-6)
        #expect(keeps(budget, 0.001)?.bound == .time)
        #expect(keeps(RetentionPolicy(days: 7, freeSpace: 1000), 1000)?.bound == .freeSpace)
        #expect(keeps(budget, nil) == nil)
        #expect(keeps(budget, 0) == nil)
        #expect(RetentionForecast.bytesPerRow(StoreUsage(parts: parts("flows_raw", 5))) == nil)
    }

    @Test func theRateIsThatOfTheLastMinutes() {
        var forecast = RetentionForecast()
        let start = ContinuousClock.now
        for step in 0...10 { forecast.note(rows: step * 50, at: start + .seconds(step * 5)) }
        #expect(forecast.rowsPerSecond == 10)
        for step in 1...100 { forecast.note(rows: 500 + step * 200, at: start + .seconds(50 + step * 10)) }
        #expect(forecast.rowsPerSecond == 20)
        #expect(RetentionForecast().rowsPerSecond == nil)
    }
}
