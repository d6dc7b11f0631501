public import FlowSchema
import NetTypes

/// Reads Google Cloud's VPC flow logs: LogEntry documents in JSON, one a
/// line as Cloud Storage has them, or in arrays as `gcloud logging read`
/// prints them.
///
/// Takes a file in pieces of any size and writes rows into a batch.
public struct GCPFlowLogs {
    /// What was counted.
    public private(set) var counters = CloudLogCounters()

    private let settings: CloudLogSettings
    private var place = JSONPlace()
    private var entry = GCPEntry()
    private var scratch: [UInt8] = []

    /// Bytes of the longest entry; Cloud Logging takes none over 256 KB.
    public static let mostBytes = 1 << 20

    /// Starts with the first file.
    public init(settings: CloudLogSettings = CloudLogSettings()) {
        self.settings = settings
    }

    /// Begins with another file; what was counted stays.
    public mutating func startFile() {
        place = JSONPlace()
    }

    /// Decodes entries from the start of some bytes, as long as the batch has room; as ``AWSFlowLogs/decode(_:isLast:into:)``.
    public mutating func decode(_ bytes: Span<UInt8>, isLast: Bool, into batch: FlowBatch) -> Int {
        var offset = 0
        if place.isSkipping { offset = place.skipLine(bytes, &counters) }
        decoding: while offset < bytes.count, batch.room > 0 {
            switch JSONDocuments.next(bytes, from: offset) {
            case .document(let range):
                place.countLines(bytes, offset..<range.lowerBound, &counters)
                decodeEntry(bytes.extracting(range), into: batch)
                place.countLines(bytes, range, &counters)
                offset = range.upperBound
            case .junk(let range):
                place.countLines(bytes, offset..<range.lowerBound, &counters)
                offset = range.lowerBound
                // The rest of it may be in the next piece.
                if range.upperBound == bytes.count, !isLast, range.count < Self.mostBytes { break decoding }
                place.reject(.badJSON, &counters)
                offset = range.upperBound
            case .incomplete(let seen):
                place.countLines(bytes, offset..<seen, &counters)
                offset = seen
                guard seen < bytes.count else { break decoding }
                if bytes.count - seen > Self.mostBytes {
                    // A quote that is missing makes a document endless: the next line begins anew.
                    place.reject(.tooLong, &counters)
                    offset += place.skipLine(bytes.extracting(seen..<bytes.count), &counters)
                } else if isLast {
                    place.reject(.cutShort, &counters)
                    place.countLines(bytes, seen..<bytes.count, &counters)
                    offset = bytes.count
                } else {
                    break decoding
                }
            }
        }
        counters.bytes += UInt64(offset)
        return offset
    }

    /// Decodes one LogEntry.
    private mutating func decodeEntry(_ bytes: Span<UInt8>, into batch: FlowBatch) {
        do throws(CloudLogError) {
            entry.clear()
            try entry.read(bytes)
            guard entry.isFlowLog else {
                counters.records += 1
                counters.ignored += 1
                return
            }
            if isDuplicate {
                counters.records += 1
                counters.duplicates += 1
                return
            }
            let flow = try entry.flow(settings)
            counters.records += 1
            write(flow, into: batch)
        } catch {
            place.reject(error, &counters)
        }
    }

    /// Whether the other end's entry tells the same flow: only then may one of both be left out.
    private var isDuplicate: Bool {
        guard entry.hasBothNetworks else { return false }
        return switch settings.reporter {
        case .source: entry.reporter == .destination
        case .destination: entry.reporter == .source
        case .both: false
        }
    }

    private mutating func write(_ flow: GCPFlow, into batch: FlowBatch) {
        let row = batch.reserve(1).lowerBound
        let project = entry.text([
            .sourceProject, .sourceVpcProject, .sourceGatewayProject, .destinationProject, .destinationVpcProject,
            .destinationGatewayProject,
        ])
        let account = entry.project ?? project
        let sampler = settings.samplerAddress ?? AccountAddress.named(entry.bytes(account), prefix: Self.samplerPrefix)
        flow.write(to: RowWriter(batch, row..<(row + 1)), row, sampler: sampler)
        if batch.keepsOrigins {
            let exporter = IPEndpoint(address: sampler, port: 0)
            batch.origins.append(RowOrigin(rows: row..<(row + 1), exporter: exporter, domain: 0, template: 0))
        }
        counters.flows += 1
        counters.lostTexts += entry.lostTexts
        append(.cloudAccount, account, row, batch)
        append(.cloudReporter, entry.reporterText, row, batch)
        let action: StaticString = flow.isDropped ? "DROPPED" : "ACCEPT"
        let word = (0..<action.utf8CodeUnitCount).map { unsafe action.utf8Start[$0] }
        if unsafe !batch.append(.cloudAction, row: row, value: word.span.bytes) { counters.lostTexts += 1 }
        append(.cloudReason, entry.dropReason, row, batch)
        for (column, texts) in GCPText.columns { append(column, entry.text(texts), row, batch) }
        for (column, source, destination) in GCPText.ofReporter {
            append(column, entry.text(entry.reporter == .destination ? destination : source), row, batch)
        }
        writeStrings(row, batch)
        writePath(row, batch)
    }

    private mutating func append(_ column: FlowColumn, _ range: Range<Int>?, _ row: Int, _ batch: FlowBatch) {
        guard let range, !range.isEmpty else { return }
        if unsafe !batch.append(column, row: row, value: entry.arena.span.bytes.extracting(range)) {
            counters.lostTexts += 1
        }
    }

    private mutating func writeStrings(_ row: Int, _ batch: FlowBatch) {
        guard !entry.named.isEmpty else { return }
        scratch.removeAll(keepingCapacity: true)
        for (index, range) in entry.named {
            scratch += GCPField.named[index].name
            scratch += entry.arena[range]
            scratch.append(0)
        }
        if unsafe !batch.append(.strings, row: row, value: scratch.span.bytes) { counters.lostTexts += 1 }
    }

    /// The AS path out of Google's network.
    private mutating func writePath(_ row: Int, _ batch: FlowBatch) {
        guard !entry.path.isEmpty else { return }
        scratch.removeAll(keepingCapacity: true)
        for number in entry.path {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                scratch.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        if unsafe !batch.append(.asPath, row: row, value: scratch.span.bytes) { counters.lostTexts += 1 }
    }

    /// fd67:6370 is "gcp" in ASCII.
    private static let samplerPrefix: UInt64 = 0xFD67_6370_0000_0000
}
