import FlowDecoders
import FlowSchema
import FlowStore
import Foundation
import WireFormat

/// Stores the flows of capture files, with the captures' times as TimeReceived.
///
/// Each file is decoded by itself, so that what it gives doesn't depend on
/// what was imported before. The rows of a batch are named by the file's
/// digest and their place in it: a batch that is sent twice is stored once,
/// and ``ImportJournal`` keeps what is complete from being sent again.
struct CaptureImport {
    /// What became of all files.
    struct Totals {
        var files = 0
        /// Files that were in the store already, all of them.
        var filesKnown = 0
        var rowsStored = 0
        /// Files whose end is missing.
        var filesCut = 0
        /// Rows that an earlier import had stored.
        var rowsKnown = 0
        /// Rows whose day is over: the store will delete them.
        var rowsExpired = 0
        var counters = DecodeCounters()
        var cutDatagrams = 0
        var otherPackets = 0
    }

    private let store: any BatchStore
    private let batch: FlowBatch
    private let batchRows: Int
    private let settings: DecoderSettings
    /// Rows received before this are older than the retention allows.
    private let oldestKept: UInt64
    private let warn: (String) -> Void
    private var journal: ImportJournal
    private(set) var totals = Totals()

    /// - Parameters:
    ///   - batchRows: rows that are stored at once; a batch may have ``FlowDecoder/mostRows`` more.
    ///   - settings: how exporters' flows are read.
    ///   - oldestKept: the time before which the retention deletes rows.
    ///   - warn: is told what people should know and doesn't end the import.
    init(
        store: any BatchStore,
        journal: ImportJournal,
        batchRows: Int,
        settings: DecoderSettings,
        oldestKept: UInt64,
        warn: @escaping (String) -> Void
    ) {
        self.store = store
        self.journal = journal
        self.batchRows = batchRows
        self.settings = settings
        self.oldestKept = oldestKept
        self.warn = warn
        batch = FlowBatch(capacity: batchRows + FlowDecoder.mostRows)
    }

    /// Imports one file.
    ///
    /// - Parameter progress: is told how many rows were decoded, behind each batch.
    mutating func add(_ path: String, _ bytes: [UInt8], progress: (Int) -> Void) throws {
        guard CaptureReader.isCapture(bytes) else { throw Failure("\(path) is neither pcap nor pcapng") }
        totals.files += 1
        let digest = SHA256.hexDigest(of: bytes)
        let known = journal[digest]
        if let known, known.isComplete {
            totals.filesKnown += 1
            totals.rowsKnown += known.rows
            return
        }
        var place = Place(digest: digest, path: path, known: known?.rows ?? 0)
        batch.clear()
        var decoder = FileDecoder(settings: settings)
        do {
            try decoder.decodeCapture(bytes, into: batch) {
                // Where an earlier import ended a new batch begins, or rows would be stored twice.
                let isKnown = batch.count > 0 && place.rows + batch.count == place.known
                if batch.count >= batchRows || isKnown { try keep(&place, isLast: false, progress) }
            }
        } catch let error as CaptureError {
            // Captures that end within a packet are common: what was read before is good.
            totals.filesCut += 1
            warn("\(path): \(error.description) What is before that is imported.")
        }
        try decoder.finish(into: batch) { try keep(&place, isLast: false, progress) }
        try keep(&place, isLast: true, progress)
        totals.counters.add(decoder.counters)
        totals.cutDatagrams += decoder.cutDatagrams
        totals.otherPackets += decoder.otherPackets
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
            totals.rowsKnown += count
        } else if !batch.isEmpty {
            batch.seal()
            totals.rowsExpired += (0..<count).count { batch.number(.timeReceived, row: $0) < oldestKept }
            do throws(StoreError) {
                try store.append(batch, token: "import-\(place.digest)-\(place.rows)")
            } catch {
                throw Failure("\(place.path): the store refuses rows: \(error.message)")
            }
            totals.rowsStored += count
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
