/// How fast rows come in, and how far back the room will reach at that rate.
struct RetentionForecast {
    private var samples: [(time: ContinuousClock.Instant, rows: Int)] = []

    private static let interval = Duration.seconds(10)
    private static let window = Duration.seconds(600)
    private static let leastTime = Duration.seconds(30)
    private static let leastRows = 10_000

    /// Notes how many raw rows have come so far, those that went since included.
    mutating func note(rows: Int, at time: ContinuousClock.Instant) {
        if let last = samples.last, time - last.time < Self.interval { return }
        samples.append((time, rows))
        samples.removeAll { time - $0.time > Self.window }
    }

    /// Raw rows a second over the last minutes; nil when it isn't known yet.
    var rowsPerSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.time - first.time >= Self.leastTime else {
            return nil
        }
        return max(0, Double(last.rows - first.rows)) / ((last.time - first.time) / .seconds(1))
    }

    /// Bytes on disk of a raw row; nil while there are too few to tell.
    static func bytesPerRow(_ usage: StoreUsage) -> Double? {
        usage.rawRows < leastRows ? nil : Double(usage.rawBytes) / Double(usage.rawRows)
    }

    /// How long rows will be kept; what isn't raw takes the room that it takes now.
    static func keeps(
        _ usage: StoreUsage,
        policy: RetentionPolicy,
        rowsPerSecond: Double?,
        bytesPerRow: Double?
    ) -> RetentionReport.Keeps? {
        guard let rowsPerSecond, let bytesPerRow, rowsPerSecond * bytesPerRow > 0 else { return nil }
        let rest = usage.bytes - usage.rawBytes
        let onDisk = usage.bytes + usage.free - policy.floor(of: usage.disk)
        let bounds: [(RetentionReason, Double)] =
            [(.time, Double(policy.days) * 86_400), (.freeSpace, seconds(onDisk))]
            + (policy.size.map { [(.size, seconds($0))] } ?? [])
        return bounds.min { $0.1 < $1.1 }.map { RetentionReport.Keeps(seconds: $0.1, bound: $0.0) }

        func seconds(_ room: Int) -> Double { Double(max(0, room - rest)) / (rowsPerSecond * bytesPerRow) }
    }
}
