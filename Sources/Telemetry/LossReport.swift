/// What became of the rows that came in: received = stored + lost + in flight,
/// at any time within one life of the process.
public struct LossReport: Hashable, Sendable {
    /// Rows received, and rows that are known to have been lost before they were read.
    public var received: UInt64
    /// Rows that the store acknowledged.
    public var stored: UInt64
    /// Rows on their way.
    public var inFlight: UInt64
    /// Rows lost, by reason.
    public var lost: [LossReason: UInt64]

    /// Gathers counters.
    public init(
        received: UInt64 = 0,
        stored: UInt64 = 0,
        inFlight: UInt64 = 0,
        lost: [LossReason: UInt64] = [:]
    ) {
        self.received = received
        self.stored = stored
        self.inFlight = inFlight
        self.lost = lost
    }

    /// Rows lost for whatever reason.
    public var lostTotal: UInt64 { lost.values.reduce(0, &+) }

    /// Whether the identity holds.
    public var isBalanced: Bool { received == stored &+ inFlight &+ lostTotal }
}

/// Why something never became a row; the raw values are published in the API and in metrics.
public enum LossReason: String, CaseIterable, Sendable {
    /// The kernel's socket buffer was full (SO_RXQ_OVFL).
    case kernelDrop = "kernel_drop"
    /// Data whose template never came.
    case noTemplate = "no_template"
    /// Bytes that break their protocol.
    case malformed = "malformed"
    /// The way to the store was full.
    case queueFull = "queue_full"
    /// The spool was full, so that its oldest batch made room for a newer one.
    case spoolFull = "spool_full"
    /// A batch in the spool couldn't be read any more.
    case spoolBroken = "spool_broken"
    /// The store refused for good.
    case storeRejected = "store_rejected"
    /// From an address that isn't allowed to send.
    case notAllowed = "not_allowed"
    /// From an exporter beyond those that are kept in mind.
    case tooManyExporters = "too_many_exporters"

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .kernelDrop: "the kernel dropped datagrams because the receive buffer was full"
        case .noTemplate: "data records came without their template"
        case .malformed: "data that breaks its protocol"
        case .queueFull: "rows came faster than the store took them"
        case .spoolFull: "the store didn't take rows for so long that the spool was full (store.spool)"
        case .spoolBroken: "files of the spool were damaged; they end in .broken"
        case .storeRejected: "the store refused rows"
        case .notAllowed: "datagrams from addresses that listeners.allow leaves out"
        case .tooManyExporters: "datagrams of more exporters than are kept in mind; narrow listeners.allow to yours"
        }
    }
}
