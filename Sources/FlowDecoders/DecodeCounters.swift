public import WireFormat

/// What decoders counted: everything that came in went into one of these.
///
/// `records` is every data record read from a flow template, every NetFlow v5
/// record and every sFlow flow sample, whatever becomes of it:
/// records = ``flows`` - ``reverseFlows`` + ``eventRecords`` + ``rejectedRecords``.
public struct DecodeCounters: Equatable, Sendable {
    /// Datagrams, or messages of a stream, that were looked at.
    public var datagrams: UInt64 = 0
    /// Data records of flow templates, v5 records and sFlow flow samples.
    public var records: UInt64 = 0
    /// Rows written into the batch.
    public var flows: UInt64 = 0
    /// Second rows of biflow records, one for each direction that has traffic (RFC 5103).
    public var reverseFlows: UInt64 = 0
    /// Records of options templates.
    public var optionsRecords: UInt64 = 0
    /// NAT and firewall event records that carry no traffic.
    public var eventRecords: UInt64 = 0
    /// sFlow counter samples.
    public var counterSamples: UInt64 = 0
    /// Records of sFlow samples, and sFlow samples, of formats that tell no column.
    public var skippedRecords: UInt64 = 0
    /// sFlow counter samples that there was no room for until the next batch.
    public var lostCounterSamples: UInt64 = 0
    /// Template and options template records that were taken in.
    public var templates: UInt64 = 0
    /// Data sets without a template, which could not be decoded.
    public var unknownTemplateSets: UInt64 = 0
    /// Data sets without a template that were put aside to wait for it; those
    /// that waited in vain are in ``unknownTemplateSets`` too.
    public var parkedSets: UInt64 = 0
    /// Data sets that were put aside until the exporter tells its sampling rate; they become rows whether it does or not.
    public var heldSets: UInt64 = 0
    /// Sets with reserved ids, or with the other version's.
    public var unknownSets: UInt64 = 0
    /// Messages whose export time was more than an hour off their arrival.
    public var wrongClocks: UInt64 = 0
    /// Datagrams, or messages of a stream, of which something could be read: at the least a header and a set.
    ///
    /// With ``rejectedDatagrams`` and ``refusedDatagrams`` these are all that were looked at. A datagram
    /// that holds several messages counts once here and once for each in ``datagrams``.
    public var decodedDatagrams: UInt64 = 0
    /// Datagrams of which nothing could be read, by ``DecodeError``; they are in ``malformed`` too.
    public internal(set) var rejectedDatagrams = ErrorCounts()
    /// Datagrams of exporters beyond ``FlowDecoder/mostExporters``.
    public var refusedDatagrams: UInt64 = 0
    /// Texts that were cut, or left out because a record or a batch had too many.
    public var lostTexts: UInt64 = 0
    /// Bytes of all datagrams.
    public var bytes: UInt64 = 0
    /// Bytes of headers, of templates, and of sets and samples that were read; a record that
    /// was rejected within them is counted as such.
    public var bytesDecoded: UInt64 = 0
    /// Bytes that fill datagrams up.
    public var bytesPadding: UInt64 = 0
    /// Bytes of data sets without a template.
    public var bytesWithoutTemplate: UInt64 = 0
    /// Bytes of data sets that wait for a sampling rate.
    public var bytesHeld: UInt64 = 0
    /// Bytes of ``unknownSets``, and what is behind an sFlow datagram's last sample.
    public var bytesSkipped: UInt64 = 0
    /// Bytes that were given up with something ``malformed``.
    public var bytesRejected: UInt64 = 0
    /// Flow records that gave neither a row nor an event.
    public var rejectedRecords: UInt64 = 0
    /// Datagrams, sets or samples that broke the rules of their protocol, by ``DecodeError``.
    public private(set) var malformed = ErrorCounts()

    /// Starts at zero.
    public init() {}

    /// Whether every record became something.
    public var isBalanced: Bool {
        records &+ reverseFlows == flows &+ eventRecords &+ rejectedRecords
    }

    /// Bytes that none of the other counts explains: a decoder that skips in silence shows here.
    public var bytesUnaccounted: UInt64 {
        // What is explained twice is as wrong as what isn't explained.
        bytes > bytesExplained ? bytes - bytesExplained : bytesExplained - bytes
    }

    /// Bytes that some count explains.
    var bytesExplained: UInt64 {
        bytesDecoded &+ bytesPadding &+ bytesWithoutTemplate &+ bytesHeld &+ bytesSkipped &+ bytesRejected
    }

    /// Counts one error.
    public mutating func count(_ error: DecodeError) {
        malformed[error] += 1
    }

    /// Counts a datagram that threw `error`, of which `isDecoded` says whether something was read before that.
    mutating func count(datagram error: DecodeError, isDecoded: Bool) {
        count(error)
        if isDecoded { decodedDatagrams += 1 } else { rejectedDatagrams[error] += 1 }
    }

    /// Adds another thread's or exporter's counts.
    public mutating func add(_ other: DecodeCounters) {
        datagrams += other.datagrams
        records += other.records
        flows += other.flows
        reverseFlows += other.reverseFlows
        optionsRecords += other.optionsRecords
        eventRecords += other.eventRecords
        counterSamples += other.counterSamples
        skippedRecords += other.skippedRecords
        lostCounterSamples += other.lostCounterSamples
        templates += other.templates
        unknownTemplateSets += other.unknownTemplateSets
        parkedSets += other.parkedSets
        heldSets += other.heldSets
        unknownSets += other.unknownSets
        decodedDatagrams += other.decodedDatagrams
        rejectedDatagrams.add(other.rejectedDatagrams)
        refusedDatagrams += other.refusedDatagrams
        wrongClocks += other.wrongClocks
        lostTexts += other.lostTexts
        bytes += other.bytes
        bytesDecoded += other.bytesDecoded
        bytesPadding += other.bytesPadding
        bytesWithoutTemplate += other.bytesWithoutTemplate
        bytesHeld += other.bytesHeld
        bytesSkipped += other.bytesSkipped
        bytesRejected += other.bytesRejected
        rejectedRecords += other.rejectedRecords
        malformed.add(other.malformed)
    }
}

/// A count per ``DecodeError``, in place: decoding allocates nothing for it.
public struct ErrorCounts: Equatable, Sendable {
    private var counts = InlineArray<6, UInt64>(repeating: 0)

    /// The count of one error.
    public subscript(error: DecodeError) -> UInt64 {
        get { counts[error.index] }
        set { counts[error.index] = newValue }
    }

    /// The errors that happened, with how often.
    public var nonZero: [(error: DecodeError, count: UInt64)] {
        DecodeError.allCases.filter { self[$0] > 0 }.map { ($0, self[$0]) }
    }

    /// All errors together.
    public var total: UInt64 {
        var sum: UInt64 = 0
        for index in counts.indices { sum += counts[index] }
        return sum
    }

    /// Adds another's counts.
    mutating func add(_ other: ErrorCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// Whether every count is the same.
    public static func == (a: ErrorCounts, b: ErrorCounts) -> Bool {
        a.counts.indices.allSatisfy { a.counts[$0] == b.counts[$0] }
    }
}
