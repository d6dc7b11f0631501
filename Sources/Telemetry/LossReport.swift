public import NetTypes

/// What became of all that came in, since the start of the process.
///
/// Three sums are exact at any time: datagrams, of which arrived = decoded +
/// lost; the decoder's records, of which read + reverse = rows + events +
/// rejected; and ``rows``, of which written = stored + lost + in flight. What
/// sequence numbers tell is an estimate and belongs to none of them.
public struct LossReport: Hashable, Sendable {
    /// Datagrams and messages that were read from sockets.
    public var read: UInt64
    /// Those of them of which something could be read.
    public var decoded: UInt64
    /// What the decoder made of them.
    public var decoder: Decoder
    /// Rows from the decoder to the store.
    public var rows: RowLedger
    /// Everything that was lost before it was a row, by reason, each in its unit.
    public var lostBefore: [LossReason: UInt64]
    /// ``LossReason/malformed`` and ``LossReason/malformedSet`` by what is wrong with them.
    public var kinds: [LossReason: [String: UInt64]]
    /// What is not known exactly.
    public var estimates: Estimates
    /// Senders that ``LossReason/notAllowed`` speaks of, those that were noticed first; the rest isn't told apart.
    public var refused: [RefusedSender]

    /// Gathers counters.
    public init(
        read: UInt64 = 0,
        decoded: UInt64 = 0,
        decoder: Decoder = Decoder(),
        rows: RowLedger = RowLedger(),
        lostBefore: [LossReason: UInt64] = [:],
        kinds: [LossReason: [String: UInt64]] = [:],
        estimates: Estimates = Estimates(),
        refused: [RefusedSender] = []
    ) {
        self.read = read
        self.decoded = decoded
        self.decoder = decoder
        self.rows = rows
        self.lostBefore = lostBefore
        self.kinds = kinds
        self.estimates = estimates
        self.refused = refused
    }

    /// What the decoder read and wrote, beside what it lost.
    public struct Decoder: Hashable, Sendable {
        /// Flow records.
        public var records: UInt64 = 0
        /// Second rows of biflow records.
        public var reverseRows: UInt64 = 0
        /// Records that are events without traffic.
        public var events: UInt64 = 0
        /// Records of options data.
        public var options: UInt64 = 0
        /// Samples of interface counters.
        public var counterSamples: UInt64 = 0
        /// Rows written.
        public var rows: UInt64 = 0
        /// Data sets that wait now for a template or a sampling rate.
        public var waitingSets: UInt64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// Whether records and reverse rows = rows + events + rejected records.
    public var recordsHold: Bool {
        decoder.records + decoder.reverseRows == decoder.rows + decoder.events + lost(.rejectedRecord)
    }

    /// What is not known exactly: these figures are in no sum.
    public struct Estimates: Hashable, Sendable {
        /// Datagrams that sequence numbers say are missing (NetFlow v9, sFlow).
        public var missingDatagrams: UInt64 = 0
        /// Flow records that sequence numbers say are missing (NetFlow v5 and v7, IPFIX).
        public var missingRecords: UInt64 = 0
        /// Rows that the missing ones would have been, at the rows a datagram that came.
        public var missingRows: UInt64 = 0
        /// Rows that datagrams which the kernel dropped would have been. Sequence numbers miss these too.
        public var kernelDropRows: UInt64 = 0

        /// Nothing is missing.
        public init() {}

        /// Rows lost on the way to this host: what is missing beyond what its kernel dropped.
        public var rowsBeforeUs: UInt64 { missingRows > kernelDropRows ? missingRows - kernelDropRows : 0 }
    }

    // MARK: - Sums

    /// How much was lost for a reason, in its unit.
    public func lost(_ reason: LossReason) -> UInt64 {
        lostBefore[reason] ?? UInt64(clamping: rows.lost[reason] ?? 0)
    }

    /// How much was lost in a unit.
    public func lost(_ unit: LossUnit) -> UInt64 {
        LossReason.allCases.reduce(0) { $1.unit == unit ? $0 + lost($1) : $0 }
    }

    /// Datagrams and messages that reached a socket: those that were read and those that the kernel dropped.
    public var arrived: UInt64 { read + lost(.kernelDrop) + lost(.sourceOverrun) }

    /// Whether arrived = decoded + lost, of datagrams.
    public var datagramsHold: Bool { arrived == decoded + lost(.datagrams) }

    /// Whether anything was lost that isn't usual: single records that tell nothing come everywhere.
    public var isAnythingLost: Bool { LossReason.allCases.contains { $0 != .rejectedRecord && lost($0) > 0 } }
}

/// Somebody whose datagrams weren't taken.
public struct RefusedSender: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// Datagrams from there.
    public var datagrams: UInt64

    /// Counts somebody's datagrams.
    public init(address: IPAddress, datagrams: UInt64) {
        self.address = address
        self.datagrams = datagrams
    }
}

// MARK: - Stages

/// What went into a stage, what came out and what stayed.
public struct StageReport: Hashable, Sendable {
    /// Which stage.
    public var stage: LossStage
    /// Its figures, in the order of the way.
    public var figures: [Figure]

    /// One count of a stage.
    public struct Figure: Hashable, Sendable {
        /// For programs: `arrived`.
        public var name: String
        /// What is counted.
        public var unit: LossUnit
        /// The count.
        public var value: UInt64
        /// A few words, for people.
        public var explanation: String
    }
}

extension LossReport {
    /// The stages in the order of the way, with all but their losses.
    public var stages: [StageReport] {
        LossStage.allCases.map { stage in
            let waiting = RowPlace.allCases.filter { $0.stage == stage }.map { place in
                StageReport.Figure(
                    name: place.rawValue,
                    unit: .rows,
                    value: UInt64(clamping: rows.rows(in: place)),
                    explanation: place.explanation
                )
            }
            return StageReport(stage: stage, figures: figures(stage) + waiting)
        }
    }

    private func figures(_ stage: LossStage) -> [StageReport.Figure] {
        func figure(_ name: String, _ unit: LossUnit, _ value: UInt64, _ words: String) -> StageReport.Figure {
            StageReport.Figure(name: name, unit: unit, value: value, explanation: words)
        }
        return switch stage {
        case .socket:
            [
                figure("arrived", .datagrams, arrived, "reached a socket"),
                figure("read", .datagrams, read, "read from it"),
            ]
        case .admission:
            [figure("admitted", .datagrams, decoded + lost(.malformed), "from senders that may")]
        case .decoder:
            [
                figure("decoded", .datagrams, decoded, "of which something was read"),
                figure("waiting", .sets, decoder.waitingSets, "wait for a template or a rate"),
                figure("records", .records, decoder.records, "flow records read"),
                figure("options", .records, decoder.options, "of options data"),
                figure("events", .records, decoder.events, "events without traffic"),
                figure("counter_samples", .records, decoder.counterSamples, "samples of interface counters"),
                figure("reverse_rows", .rows, decoder.reverseRows, "second rows of biflow records"),
                figure("rows", .rows, decoder.rows, "written into batches"),
            ]
        case .queue: [figure("written", .rows, UInt64(clamping: rows.written), "came from the decoder")]
        case .store: [figure("stored", .rows, UInt64(clamping: rows.stored), "acknowledged")]
        }
    }
}
