import FlowSchema
public import NetTypes

/// Says which process of this host a connection belongs to. All of it is called on the decoder's thread, and returns at
/// once.
public protocol ConnectionOwners: AnyObject, Sendable {
    /// A connection was seen for the first time.
    ///
    /// - Parameters:
    ///   - connection: a number of the kernel's that is its own while it lasts.
    ///   - client: its ends as the host that began it sees them, if that is this one.
    ///   - server: its ends as the host that it goes to sees them.
    func began(_ connection: UInt64, client: ConnectionEnds, server: ConnectionEnds)
    /// The process that it belongs to; nil when there is none, or none was found yet.
    func owner(of connection: UInt64) -> ConnectionOwner?
    /// A connection is over.
    func ended(_ connection: UInt64)
}

/// A process that has a connection.
public struct ConnectionOwner: Hashable, Sendable {
    /// Its number.
    public var process: UInt32
    /// What it is called.
    public var name: String

    /// Describes one.
    public init(process: UInt32, name: String) {
        self.process = process
        self.name = name
    }
}

/// Both ends of a connection, seen from one of them.
public struct ConnectionEnds: Hashable, Sendable {
    /// 6 for TCP, 17 for UDP.
    public var proto: UInt8
    /// The end that the process has.
    public var local: IPEndpoint
    /// The other one.
    public var remote: IPEndpoint
}

extension ConntrackMessage {
    /// What the kernel knows it by while it lasts.
    var number: UInt64 { UInt64(zone) << 32 | UInt64(id) }

    /// Its ends as the host that began it sees them: NAT comes after that.
    var client: ConnectionEnds {
        ConnectionEnds(
            proto: original.proto,
            local: IPEndpoint(address: original.source.address, port: original.sourcePort),
            remote: IPEndpoint(address: original.destination.address, port: original.destinationPort)
        )
    }

    /// Its ends as the host that it goes to sees them: NAT comes before that.
    var server: ConnectionEnds {
        ConnectionEnds(
            proto: original.proto,
            local: IPEndpoint(address: reply.source.address, port: reply.sourcePort),
            remote: IPEndpoint(address: reply.destination.address, port: reply.destinationPort)
        )
    }

    /// Whether it is of a protocol that the kernel tells sockets of.
    var hasSockets: Bool { original.proto == 6 || original.proto == 17 }
}
