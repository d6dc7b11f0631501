public import FlowSchema
import NetTypes
import WireFormat

/// Decodes sFlow version 5 datagrams (sflow.org/sflow_version_5.txt): every
/// flow sample and every discarded packet is one row, and counter samples of
/// interfaces go to the batch's ``FlowSchema/InterfaceCounterBatch``.
///
/// Everything in a datagram may be made up. Counts only end loops early: what
/// bounds them, and all memory, are the bytes. Each structure is cut to its
/// declared length before its inside is read, so a broken sample loses only
/// itself, and samples before a cut are kept. What a sample that turned out to be
/// none wrote into its row is taken back.
///
/// One thread owns a decoder. It serves all exporters of the thread, because
/// all that it keeps is the last drop counts that data sources told.
public struct SFlowDecoder: Sendable {
    private var aside = FlowSample()
    private var drops = SFlowDrops()

    /// Starts without knowledge of any exporter.
    public init() {}

    /// An upper bound of the rows that a datagram of so many bytes can give.
    public static func mostRows(in byteCount: Int) -> Int {
        byteCount / FlowSample.fewestBytes
    }

    /// Decodes one datagram into rows.
    ///
    /// Counts flow samples and discarded packets as `records`, rows as `flows`,
    /// samples that gave none as `rejectedRecords` beside the reason in
    /// `malformed`, counter samples, and as `bytesSkipped` what is behind the last sample and isn't zeros. Counting the datagram and its bytes is left to the caller, who has
    /// looked at the version word too. Samples that the batch has no room for
    /// are rejected: see ``mostRows(in:)``.
    ///
    /// - Parameters:
    ///   - datagram: the whole UDP payload, version word included.
    ///   - context: where it came from, and when.
    ///   - batch: takes the rows.
    ///   - counters: what is added to.
    ///   - view: which packet of a tunnel the main columns tell of.
    /// - Returns: what the header tells; nil when it could not be read, which is counted.
    public mutating func decode(
        _ datagram: RawSpan,
        context: DatagramContext,
        into batch: FlowBatch,
        counters: inout DecodeCounters,
        view: TunnelView = .outer
    ) -> SFlowHeader? {
        do throws(DecodeError) {
            var header = try SFlowHeader(datagram)
            if header.source.agent.isUnspecified { header.source.agent = context.source.address }
            decode(datagram, &header, receivedAt: context.receivedAt, into: batch, &counters, view)
            return header
        } catch {
            counters.count(error)
            counters.bytesRejected += UInt64(datagram.byteCount)
            return nil
        }
    }

    /// The same behind a header that was read, whose agent is known.
    @inline(__always)
    mutating func decode(
        _ datagram: RawSpan,
        _ header: inout SFlowHeader,
        receivedAt: UInt32,
        into batch: FlowBatch,
        _ counters: inout DecodeCounters,
        _ view: TunnelView
    ) {
        // As many rows as there may be; those that turn out to be none are given back.
        let most = min(batch.room, Int(header.samples), Self.mostRows(in: datagram.byteCount))
        let rows = batch.reserve(most)
        var columns = SFlowColumns(batch, rows, header, receivedAt: receivedAt)
        Self.decodeSamples(datagram, view, receivedAt, into: &aside, &drops, &columns, &header, &counters)
        let taken = columns.count
        if taken < most { batch.truncate(to: rows.lowerBound + taken) }
        header.rows = rows.lowerBound..<(rows.lowerBound + taken)
        counters.flows += UInt64(taken)
    }

    /// Reads the samples and stores their rows, those before an error too.
    @inline(__always)
    private static func decodeSamples(
        _ datagram: RawSpan,
        _ view: TunnelView,
        _ receivedAt: UInt32,
        into aside: inout FlowSample,
        _ drops: inout SFlowDrops,
        _ columns: inout SFlowColumns,
        _ header: inout SFlowHeader,
        _ counters: inout DecodeCounters
    ) {
        // Asked once for all samples whether the table is shared.
        var drops = drops.places.mutableSpan
        let source = SFlowDrops.key(header.source)
        var offset = header.samplesOffset
        do throws(DecodeError) {
            for _ in 0..<header.samples {
                try readSample(
                    datagram,
                    &offset,
                    view,
                    receivedAt,
                    into: &aside,
                    &drops,
                    source,
                    &columns,
                    &header,
                    &counters
                )
            }
            counters.bytesDecoded += UInt64(offset)
            if isZero(datagram, from: offset) {
                counters.bytesPadding += UInt64(datagram.byteCount - offset)
            } else {
                counters.bytesSkipped += UInt64(datagram.byteCount - offset)
            }
        } catch {
            counters.bytesDecoded += UInt64(offset)
            counters.bytesRejected += UInt64(datagram.byteCount - offset)
            counters.count(error)
        }
    }

    /// Reads one sample. Throws when the datagram ends within it; what is
    /// wrong inside of a sample ends with it, and is counted here.
    @inline(__always)
    private static func readSample(
        _ datagram: RawSpan,
        _ offset: inout Int,
        _ view: TunnelView,
        _ receivedAt: UInt32,
        into aside: inout FlowSample,
        _ drops: inout MutableSpan<SFlowDrops.Place>,
        _ source: UInt64,
        _ columns: inout SFlowColumns,
        _ header: inout SFlowHeader,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        let (format, length) = try datagram.formatAndLength(at: offset)
        let start = offset &+ 8
        let isFlow =
            format == SampleFormat.flow || format == SampleFormat.expandedFlow || format == SampleFormat.discard
        if isFlow { counters.records &+= 1 }
        guard length <= datagram.byteCount &- start else {
            if isFlow { counters.rejectedRecords += 1 }
            throw .truncated
        }
        offset = datagram.offset(after: length, from: start)
        if isFlow {
            guard columns.hasRoom else {
                counters.rejectedRecords += 1
                return
            }
            do throws(DecodeError) {
                aside.clear()
                let sample = datagram.cut(at: start, length: length)
                try aside.read(sample, format: format, view, &columns, &counters)
                header.droppedSamples &+= drops.increase(aside.dataSource, aside.drops, from: source)
                columns.finish(&aside.packet, bytes: aside.bytes)
                if aside.told.contains(.texts) {
                    counters.lostTexts += SampleTexts.store(
                        sample,
                        format,
                        columns.row - 1,
                        in: columns.writer.batch
                    )
                }
            } catch {
                columns.forget()
                counters.rejectedRecords += 1
                counters.count(error)
            }
        } else if format == SampleFormat.counters || format == SampleFormat.expandedCounters {
            counters.counterSamples += 1
            let sample = datagram.cut(at: start, length: length)
            keepCounters(sample, format, header, receivedAt, columns.writer.batch, &counters)
        } else {
            counters.skippedRecords += 1
        }
        // Everything else, which is other vendors' samples, is skipped by its length.
    }

    /// Puts a counter sample of an interface aside, in the rows' batch.
    @inline(never)
    private static func keepCounters(
        _ bytes: RawSpan,
        _ format: UInt32,
        _ header: SFlowHeader,
        _ receivedAt: UInt32,
        _ batch: FlowBatch,
        _ counters: inout DecodeCounters
    ) {
        var sample = CounterSample(bytes, isExpanded: format == SampleFormat.expandedCounters, &counters)
        guard sample.tellsInterface else { return }
        sample.interface.timeReceived = receivedAt
        sample.interface.samplerAddress = header.agent
        if !batch.appendInterfaceCounters(sample.interface) { counters.lostCounterSamples += 1 }
    }

    /// Whether nothing but zeros fills a datagram up.
    private static func isZero(_ datagram: RawSpan, from start: Int) -> Bool {
        (start..<datagram.byteCount).allSatisfy { datagram.number(at: $0, as: UInt8.self) == 0 }
    }
}

/// `struct sample_record`'s formats of enterprise 0.
enum SampleFormat {
    static let flow: UInt32 = 1
    static let counters: UInt32 = 2
    static let expandedFlow: UInt32 = 3
    static let expandedCounters: UInt32 = 4
    static let discard: UInt32 = 5
}
