import Enrichment
import FlowDecoders
import FlowSchema
import FlowStore
import Foundation

/// Stores the flows of clouds' flow logs, with the records' end times as TimeReceived.
///
/// As ``CaptureImport``: a file is known by its content, the rows of a batch
/// are named by the file's digest and their place in it, and the journal
/// notes what is stored. Batches end at the same rows of a file whatever is
/// configured, so that one that is sent twice is the same one. A batch is
/// stored while the next one is decoded.
struct CloudImport {
    private let storer: BatchStorer
    private let options: CloudLogOptions
    private let oldestKept: UInt64
    private let warn: (String) -> Void
    private var journal: any ImportLedger
    /// The batch that is decoded into; ``spare`` is the one that is stored meanwhile.
    private var batch = FlowBatch(capacity: rows)
    private var spare: FlowBatch?
    /// Makes text of a Parquet file, see ``ParquetText``.
    private let parquet: ParquetText?
    /// What became of all files so far.
    private(set) var summary = ImportSummary()
    /// The newest TimeReceived of all rows, in Unix seconds.
    private(set) var newest: UInt64 = 0

    /// Rows that are stored at once.
    private static let rows = 1 << 17
    /// Problems of a file that are told one by one.
    private static let mostTold = 8

    /// - Parameters: as of ``CaptureImport``.
    ///   - parquet: makes text of Parquet files; nil refuses them.
    init(
        store: any BatchStore,
        journal: any ImportLedger,
        options: CloudLogOptions,
        parquet: ParquetText?,
        enricher: Enricher = Enricher(EnrichmentSource()),
        oldestKept: UInt64,
        warn: @escaping (String) -> Void
    ) {
        storer = BatchStorer(store: store, enricher: enricher)
        self.journal = journal
        self.options = options
        self.parquet = parquet
        self.oldestKept = oldestKept
        self.warn = warn
    }

    /// Imports one file.
    ///
    /// - Parameters:
    ///   - name: what it is called in messages.
    ///   - identity: 64 hexadecimal digits that tell the file from all others; nil makes some of its content.
    ///   - shouldStop: asked behind each batch; what was stored until then stays.
    ///   - progress: is told how many rows were decoded, behind each batch.
    /// - Throws: ``Failure``, or ``ImportStopped``.
    mutating func add(
        _ path: String,
        name: String,
        identity: String? = nil,
        shouldStop: () -> Bool = { false },
        progress: (Int) -> Void
    ) throws {
        summary.files += 1
        let digest = try identity ?? TextPieces.digest(path, name: name)
        let known = journal[digest]
        if let known, known.isComplete {
            summary.filesKnown += 1
            summary.rowsKnown += UInt64(known.rows)
            return
        }
        var place = Place(digest: digest, name: name, known: known?.rows ?? 0)
        batch.clear()
        // Whatever ends it: nothing is under way behind it.
        defer { try? storer.wait() }
        if try ParquetText.isParquet(path) {
            guard let parquet else { throw Failure("\(name): Parquet needs the embedded store, whose engine reads it") }
            try parquet.withText(of: path, name: name) { text, layout in
                try decode(text, options.decoder(layout: layout), &place, shouldStop, progress)
            }
        } else {
            try decode(path, options.decoder(layout: options.layout), &place, shouldStop, progress)
        }
    }

    /// How far a file is.
    private struct Place {
        let digest: String
        let name: String
        /// Rows that an earlier import has stored.
        let known: Int
        /// Rows that were decoded.
        var rows = 0
        /// Rows of the batch that is being stored; they are the last ones.
        var underWay = 0
    }

    private mutating func decode(
        _ path: String,
        _ decoder: CloudLogDecoder,
        _ place: inout Place,
        _ shouldStop: () -> Bool,
        _ progress: (Int) -> Void
    ) throws {
        let pieces = try TextPieces(path, name: place.name)
        var decoder = decoder
        var bytes: [UInt8] = []
        var start = 0
        var isLast = false
        repeat {
            bytes.removeSubrange(..<start)
            start = 0
            isLast = try !pieces.read(into: &bytes)
            while true {
                let done = decoder.decode(bytes.span.extracting(start..<bytes.count), isLast: isLast, into: batch)
                start += done
                guard batch.room == 0 || decoder.awaitsRoom else { break }
                try keep(&place, isLast: false, progress)
                if shouldStop() {
                    try settle(&place, progress)
                    throw ImportStopped(rows: max(place.rows, place.known))
                }
            }
        } while !isLast
        if pieces.isCut {
            summary.filesCut += 1
            warn("\(place.name): the file ends within its gzip; what is before that is imported")
        }
        try keep(&place, isLast: true, progress)
        tell(decoder.counters, place.name)
        summary.add(decoder.counters)
    }

    private func tell(_ counters: CloudLogCounters, _ name: String) {
        for problem in counters.problems.prefix(Self.mostTold) {
            warn("\(name): line \(problem.line): \(problem.error.explanation)")
        }
        if counters.rejected > Self.mostTold {
            warn("\(name): \(counters.rejected) records in all were not read, \(counters.flows) were")
        }
        if counters.skipData > 0 {
            warn("\(name): AWS says that it lost records (SKIPDATA), \(counters.skipData) times")
        }
    }

    /// Hands the batch over to be stored, behind the one before.
    private mutating func keep(_ place: inout Place, isLast: Bool, _ progress: (Int) -> Void) throws {
        try settle(&place, progress)
        let count = batch.count
        if count > 0, place.rows + count <= place.known {
            summary.rowsKnown += UInt64(count)
        } else if count > 0 {
            batch.seal()
            for row in 0..<count {
                let time = batch.number(.timeReceived, row: row)
                newest = max(newest, time)
                if time < oldestKept { summary.rowsExpired += 1 }
            }
            storer.begin(batch, token: "import-\(place.digest)-\(place.rows)")
            place.underWay = count
            (batch, spare) = (spare ?? FlowBatch(capacity: Self.rows), batch)
        }
        place.rows += count
        batch.clear()
        guard isLast else { return }
        try settle(&place, progress)
        try note(place, isComplete: true, progress)
    }

    /// Waits for the batch that is being stored, and notes it.
    private mutating func settle(_ place: inout Place, _ progress: (Int) -> Void) throws {
        guard place.underWay > 0 else { return }
        do throws(StoreError) {
            try storer.wait()
        } catch {
            throw Failure("\(place.name): the store refuses rows: \(error.message)")
        }
        summary.rowsStored += UInt64(place.underWay)
        place.underWay = 0
        try note(place, isComplete: false, progress)
    }

    private mutating func note(_ place: Place, isComplete: Bool, _ progress: (Int) -> Void) throws {
        try journal.note(place.digest, rows: max(place.rows, place.known), isComplete: isComplete, path: place.name)
        progress(place.rows)
    }
}
