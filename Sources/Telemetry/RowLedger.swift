/// A place where rows are between the decoder and the store's acknowledgement.
///
/// All of them together are what is in flight; another place is one more case and its line in ``stage``.
public enum RowPlace: String, CaseIterable, Sendable {
    /// In a batch that still fills.
    case batch
    /// In a sealed batch that waits.
    case queue
    /// In the spool, until the store takes it.
    case spool
    /// With the store, not yet acknowledged.
    case insert

    /// The stage that it belongs to.
    public var stage: LossStage {
        switch self {
        case .batch, .queue, .spool: .queue
        case .insert: .store
        }
    }

    /// What rows do there, in a few words.
    public var explanation: String {
        switch self {
        case .batch: "in batches that fill"
        case .queue: "in batches that wait"
        case .spool: "in the spool"
        case .insert: "being inserted"
        }
    }
}

/// Rows in double-entry: each row that decoders wrote is in one place, stored or lost.
///
/// Written is what the decoders count, all else what the batches hold: that
/// both agree is the identity that ``holds`` tests. Counts are signed, so that
/// a mistake shows as a figure and not as a trap.
public struct RowLedger: Hashable, Sendable {
    /// Rows that the decoders say they wrote, and those that an earlier life of the process left.
    public private(set) var written = 0
    /// Rows that the store acknowledged.
    public private(set) var stored = 0
    /// Rows lost, by reason.
    public private(set) var lost: [LossReason: Int] = [:]
    private var places: [RowPlace: Int] = [:]

    /// Starts with no row.
    public init() {}

    /// Rows that came since the last call: by the decoder's count, and by the batch that it fills.
    public mutating func write(_ rows: Int, inBatch: Int) {
        written += rows
        places[.batch, default: 0] += inBatch
    }

    /// Rows that an earlier life of the process left in a place: they came in, too.
    public mutating func recover(_ rows: Int, in place: RowPlace) {
        written += rows
        places[place, default: 0] += rows
    }

    /// Rows go on to another place.
    public mutating func move(_ rows: Int, from: RowPlace, to: RowPlace) {
        places[from, default: 0] -= rows
        places[to, default: 0] += rows
    }

    /// The store acknowledged rows.
    public mutating func store(_ rows: Int, from: RowPlace) {
        places[from, default: 0] -= rows
        stored += rows
    }

    /// Rows are given up.
    public mutating func lose(_ rows: Int, from: RowPlace, _ reason: LossReason) {
        places[from, default: 0] -= rows
        lost[reason, default: 0] += rows
    }

    /// Rows in one place.
    public func rows(in place: RowPlace) -> Int { places[place] ?? 0 }

    /// Rows in all places.
    public var inFlight: Int { places.values.reduce(0, +) }

    /// Rows lost for whatever reason.
    public var lostTotal: Int { lost.values.reduce(0, +) }

    /// Whether written = stored + lost + in flight.
    public var holds: Bool { written == stored + lostTotal + inFlight && places.values.allSatisfy { $0 >= 0 } }
}
