import Crypto
import Enrichment
import FlowDecoders
import FlowSchema
import FlowStore
import Foundation
import WebAPI
import WireFormat

/// Stores the flows of capture files, with the captures' times as TimeReceived.
///
/// Each file is decoded by itself, so that what it gives doesn't depend on
/// what was imported before. The rows of a batch are named by the file's
/// digest and their place in it: a batch that is sent twice is stored once,
/// and ``ImportJournal`` keeps what is complete from being sent again.
struct CaptureImport {
    private let store: any BatchStore & TableStore
    private let batch: FlowBatch
    private let batchRows: Int
    private let settings: DecoderSettings
    private var enricher: Enricher
    /// Rows received before this are older than the retention allows.
    private let oldestKept: UInt64
    private let warn: (String) -> Void
    private var journal: ImportJournal
    /// What became of all files so far.
    private(set) var summary = ImportSummary()
    /// When the newest of scamper's measurements began that were stored, in Unix seconds; 0 without any.
    private(set) var newestMeasured: UInt64 = 0

    /// - Parameters:
    ///   - batchRows: rows that are stored at once; a batch may have twice ``FlowDecoder/mostRows`` more.
    ///   - settings: how exporters' flows are read.
    ///   - enricher: what rows get, and lose, before they are stored.
    ///   - oldestKept: the time before which the retention deletes rows.
    ///   - warn: is told what people should know and doesn't end the import.
    init(
        store: any BatchStore & TableStore,
        journal: ImportJournal,
        batchRows: Int,
        settings: DecoderSettings,
        enricher: Enricher = Enricher(EnrichmentSource()),
        oldestKept: UInt64,
        warn: @escaping (String) -> Void
    ) {
        self.store = store
        self.journal = journal
        self.batchRows = batchRows
        self.settings = settings
        self.enricher = enricher
        self.oldestKept = oldestKept
        self.warn = warn
        batch = FlowBatch(capacity: batchRows + 2 * FlowDecoder.mostRows)
    }

    /// Imports one file.
    ///
    /// - Parameters:
    ///   - shouldStop: asked behind each datagram; what was decoded until then is stored.
    ///   - progress: is told how many rows were decoded, behind each batch.
    /// - Throws: ``Failure``, or ``ImportStopped``.
    mutating func add(
        _ path: String,
        _ bytes: [UInt8],
        shouldStop: () -> Bool = { false },
        progress: (Int) -> Void
    ) throws {
        if TraceFileReader.isTraceFile(bytes) {
            summary.files += 1
            let measured = try WartsImport(path, bytes, store: store, enrichment: enricher.source.current).run(
                &journal,
                &summary,
                oldestKept: oldestKept,
                shouldStop: shouldStop,
                warn: warn,
                progress: progress
            )
            newestMeasured = max(newestMeasured, measured)
            return
        }
        guard CaptureReader.isCapture(bytes) else {
            throw Failure("\(path) is neither pcap, pcapng nor warts, nor JSON of sc_warts2json")
        }
        summary.files += 1
        let digest = SHA256.hash(data: bytes).hexadecimal
        let known = journal[digest]
        if let known, known.isComplete {
            summary.filesKnown += 1
            summary.rowsKnown += UInt64(known.rows)
            return
        }
        var place = Place(digest: digest, path: path, known: known?.rows ?? 0)
        batch.clear()
        var decoder = FileDecoder(settings: settings)
        do {
            try decoder.decodeCapture(bytes, into: batch) {
                // Where an earlier import ended a new batch begins, or rows would be stored twice.
                let isKnown = batch.count > 0 && place.rows + batch.count == place.known
                let isStopped = shouldStop()
                if batch.count >= batchRows || isKnown || isStopped { try keep(&place, isLast: false, progress) }
                if isStopped { throw ImportStopped(rows: max(place.rows, place.known)) }
            }
        } catch let error as CaptureError {
            // Captures that end within a packet are common: what was read before is good.
            summary.filesCut += 1
            warn("\(path): \(error.description) What is before that is imported.")
        }
        try decoder.finish(into: batch) { try keep(&place, isLast: false, progress) }
        try keep(&place, isLast: true, progress)
        summary.add(decoder)
    }

    /// How far a file is.
    private struct Place {
        let digest: String
        let path: String
        /// Rows that an earlier import has stored.
        let known: Int
        /// Rows that were decoded and dealt with.
        var rows = 0
    }

    private mutating func keep(_ place: inout Place, isLast: Bool, _ progress: (Int) -> Void) throws {
        let count = batch.count
        if count > 0, place.rows + count <= place.known {
            summary.rowsKnown += UInt64(count)
        } else if !batch.isEmpty {
            batch.seal()
            enricher.enrich(batch)
            let expired = (0..<count).count { batch.number(.timeReceived, row: $0) < oldestKept }
            summary.rowsExpired += UInt64(expired)
            do throws(StoreError) {
                try store.append(batch, token: "import-\(place.digest)-\(place.rows)")
            } catch {
                throw Failure("\(place.path): the store refuses rows: \(error.message)", isTemporary: true)
            }
            summary.rowsStored += UInt64(count)
        }
        place.rows += count
        batch.clear()
        try journal.note(
            place.digest,
            rows: max(place.rows, place.known),
            isComplete: isLast,
            path: place.path
        )
        progress(place.rows)
    }
}

/// An import was told to end; what is complete of the file is stored, and another import goes on behind it.
struct ImportStopped: Error {
    /// Rows of the file that are stored.
    let rows: Int
}
