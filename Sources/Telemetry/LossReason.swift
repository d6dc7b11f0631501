/// A stage of the way from the socket to the store, in the order of the way.
public enum LossStage: String, CaseIterable, Sendable {
    /// The kernel's receive buffers.
    case socket
    /// Who may send.
    case admission
    /// From datagrams to rows.
    case decoder
    /// Batches that fill, and those that wait for the store, in memory or in the spool.
    case queue
    /// The inserts.
    case store

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .socket: "The kernel holds datagrams in each socket's receive buffer until they are read."
        case .admission: "listeners.allow, and the number of exporters that are kept in mind, decide who may send."
        case .decoder: "Datagrams become rows; sets wait for their template or sampling rate as long as they may."
        case .queue: "Rows fill batches, and full batches wait for the store, in the spool when it doesn't take them."
        case .store: "Batches are inserted; an acknowledged row can be queried."
        }
    }
}

/// What a count counts. Counts of different units are never added up.
public enum LossUnit: String, CaseIterable, Sendable {
    /// Datagrams, IPFIX messages of TCP sessions, and what sources of this host give: events, packets, frames.
    case datagrams
    /// Data sets of NetFlow v9 and IPFIX, and samples of sFlow.
    case sets
    /// Flow records.
    case records
    /// Rows.
    case rows
}

/// Why something never became a row; the raw values are published in the API and in metrics.
///
/// All that is told of a reason stands here: a new one is a case and a line in each property.
public enum LossReason: String, CaseIterable, Sendable {
    /// The kernel's socket buffer was full (the socket's drop counter).
    case kernelDrop = "kernel_drop"
    /// The kernel had no room for events, packets or frames of a source of this host.
    case sourceOverrun = "source_overrun"
    /// From an address that isn't allowed to send.
    case notAllowed = "not_allowed"
    /// From an exporter beyond those that are kept in mind.
    case tooManyExporters = "too_many_exporters"
    /// Datagrams that break their protocol so early that nothing of them could be read.
    case malformed
    /// Sets and samples, within datagrams that were read, that break their protocol.
    case malformedSet = "malformed_set"
    /// Data whose template never came.
    case noTemplate = "no_template"
    /// Flow records that gave neither a row nor an event.
    case rejectedRecord = "rejected_record"
    /// The way to the store was full.
    case queueFull = "queue_full"
    /// The spool was full, so that its oldest batch made room for a newer one.
    case spoolFull = "spool_full"
    /// A batch in the spool couldn't be read any more.
    case spoolBroken = "spool_broken"
    /// The store refused for good.
    case storeRejected = "store_rejected"

    /// Where it happens.
    public var stage: LossStage {
        switch self {
        case .kernelDrop, .sourceOverrun: .socket
        case .notAllowed, .tooManyExporters: .admission
        case .malformed, .malformedSet, .noTemplate, .rejectedRecord: .decoder
        case .queueFull, .spoolFull, .spoolBroken: .queue
        case .storeRejected: .store
        }
    }

    /// What is counted.
    public var unit: LossUnit {
        switch self {
        case .kernelDrop, .sourceOverrun, .notAllowed, .tooManyExporters, .malformed: .datagrams
        case .malformedSet, .noTemplate: .sets
        case .rejectedRecord: .records
        case .queueFull, .spoolFull, .spoolBroken, .storeRejected: .rows
        }
    }

    /// One sentence on what happened.
    public var explanation: String {
        switch self {
        case .kernelDrop: "The kernel dropped datagrams because the receive buffer was full."
        case .sourceOverrun:
            "The kernel dropped events, packets or frames of this host since a source's buffer was full."
        case .notAllowed: "Datagrams came from addresses that listeners.allow leaves out."
        case .tooManyExporters: "Datagrams came from more exporters than are kept in mind."
        case .malformed: "Datagrams broke their protocol, so that nothing of them could be read."
        case .malformedSet: "Sets or samples broke their protocol; the rest of their datagrams was read."
        case .noTemplate: "Data sets waited for their template in vain."
        case .rejectedRecord: "Flow records told neither traffic nor an event, or stood in a bad sample."
        case .queueFull: "Rows came faster than the store took them."
        case .spoolFull: "The store didn't take rows for so long that the spool was full."
        case .spoolBroken: "Files of the spool were damaged; they end in .broken."
        case .storeRejected: "The store refused rows, each batch several times."
        }
    }

    /// One sentence on what to do.
    public var remedy: String {
        switch self {
        case .kernelDrop:
            "Raise listeners.receiveBuffer (and net.core.rmem_max), give the server more CPU or a faster disk, or let "
                + "exporters send less: sample more sparsely, lengthen their active timeout."
        case .sourceOverrun:
            "Raise the source's buffer in the configuration's section sources, sample more sparsely, or give the server "
                + "more CPU."
        case .notAllowed: "Add the exporter's prefix to listeners.allow, or block the sender in the firewall."
        case .tooManyExporters: "Narrow listeners.allow to your exporters: made-up source addresses use up the room."
        case .malformed:
            "Something else sends to this port, or a device is broken: capture it (tcpdump -w x.pcap udp port …) and "
                + "look with netmeta decode x.pcap."
        case .malformedSet:
            "Capture the exporter's datagrams and look with netmeta decode; then report it to its maker."
        case .noTemplate: "Let the exporter send its templates every minute, and all of them after a restart."
        case .rejectedRecord:
            "A few are usual; if there are many, look which exporter sends them, and at a capture with netmeta decode."
        case .queueFull: "Give the store more CPU or a faster disk, or let exporters send less."
        case .spoolFull: "See why the store takes nothing (the server's log); a larger store.spool bridges longer."
        case .spoolBroken: "Check the disk (smartctl, dmesg); the rows of these files can't be had back."
        case .storeRejected: "The server's log says why: usually the disk is full or the memory limit too low."
        }
    }
}
