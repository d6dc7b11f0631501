public import FlowSchema
public import NetTypes
import WireFormat

/// What one source of this host came to: it counts among the exporters.
public struct HostExporter: Sendable {
    /// The address that its rows name as the sampler.
    public let address: IPAddress
    /// What it is read by.
    public let type: FlowType
    /// What was read of it, and what became of that.
    public var counters = DecodeCounters()
    /// When something came last, in seconds since 1970 UTC.
    public var lastSeen: UInt32 = 0
    /// The sampling rate of its last row; nil before the first.
    public var rate: UInt32?
    /// Who told it.
    public var rateSource = SamplingSource.configuration
    /// Bytes times sampling rate of all rows.
    public var scaledBytes: UInt64 = 0
    /// What the host is called.
    public var name: String?
    /// Why it can give no flows as things are, with what to do; nil when it can.
    public var problem: String?
    /// What its interfaces are called, by index.
    public var interfaces: [UInt32: String] = [:]

    /// Names of interfaces that are kept; a host of containers has thousands.
    public static let mostInterfaces = ExporterNames.most

    /// Nothing was read yet.
    public init(address: IPAddress, type: FlowType) {
        self.address = address
        self.type = type
    }

    /// What is known of it.
    public var snapshot: ExporterSnapshot {
        var names = ExporterNames()
        names.interfaces = interfaces
        return ExporterSnapshot(
            address: address,
            types: lastSeen == 0 ? [] : [type],
            lastSeen: lastSeen,
            counters: counters,
            scaledBytes: scaledBytes,
            missingDatagrams: 0,
            missingRecords: 0,
            sequenceRestarts: 0,
            sequenceSinceLastRun: 0,
            sequenceMarks: [],
            agentDrops: 0,
            samplingRate: rate,
            samplingSource: rateSource,
            templates: 0,
            missingTemplates: 0,
            names: names,
            statistics: [:],
            clockOffset: nil,
            waitingSets: 0,
            refusedState: 0,
            stateBytes: 0,
            name: name,
            problem: problem
        )
    }

    /// Counts a message or a frame of so many bytes that was read.
    mutating func took(_ bytes: Int) {
        counters.datagrams &+= 1
        counters.decodedDatagrams &+= 1
        counters.bytes &+= UInt64(bytes)
        counters.bytesDecoded &+= UInt64(bytes)
    }

    /// Counts one of which nothing could be read.
    mutating func reject(_ error: DecodeError, bytes: Int) {
        counters.datagrams &+= 1
        counters.count(datagram: error, isDecoded: false)
        counters.bytes &+= UInt64(bytes)
        counters.bytesRejected &+= UInt64(bytes)
    }
}

/// A moment by the clock of this host.
public struct HostTime: Equatable, Sendable {
    /// Seconds since 1970 UTC.
    public var seconds: UInt32
    /// Nanoseconds of the second.
    public var nanoseconds: UInt32

    /// A moment.
    public init(seconds: UInt32, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Nanoseconds since 1970 UTC, as the kernel tells them.
    init(nanoseconds: UInt64) {
        seconds = UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000)
        self.nanoseconds = UInt32(truncatingIfNeeded: nanoseconds % 1_000_000_000)
    }
}
