public import FlowDecoders
public import NetTypes

/// What a source of this host has, whichever it is.
public struct SourcePlace: Hashable, Sendable {
    /// What the configuration calls it.
    public var name: String
    /// The network namespace that it is in, by name or path; nil for the one that the program runs in.
    public var namespace: String?
    /// The address that its rows name as the sampler.
    public var sampler: IPAddress

    /// Describes one; by itself it is in the program's own namespace.
    public init(
        name: String = "host",
        namespace: String? = nil,
        sampler: IPAddress = IPAddress(127, 0, 0, 1)
    ) {
        self.name = name
        self.namespace = namespace
        self.sampler = sampler
    }
}

/// Connection tracking as a source.
public struct ConntrackOptions: Hashable, Sendable {
    /// Where it is.
    public var place = SourcePlace()
    /// Seconds between two listings of the connections.
    public var interval: UInt32 = 60
    /// Which addresses rows tell of translated connections.
    public var view = ConntrackDecoder.View.preNAT
    /// Whether rows tell the process of this host that a connection belongs to.
    public var tellsProcesses = false
    /// Bytes that the kernel holds while the program is busy.
    public var buffer = 16 << 20

    /// The defaults.
    public init() {}
}

/// Logged packets as a source.
public struct NFLogOptions: Hashable, Sendable {
    /// Where it is.
    public var place = SourcePlace()
    /// The groups that are read.
    public var groups: [UInt16: NFLogDecoder.Group] = [5: .init()]
    /// Names of interfaces that lead out of the network.
    public var outside: [String] = []
    /// Bytes of each packet that are asked for.
    public var snap: UInt32 = 128
    /// Bytes that the kernel holds while the program is busy.
    public var buffer = 16 << 20

    /// The defaults.
    public init() {}
}

/// Captured frames as a source.
public struct MirrorOptions: Hashable, Sendable {
    /// An interface, or two that a tap copies each direction's frames to.
    public struct Tap: Hashable, Sendable {
        /// The interface; of two the one with what comes in.
        public var receive: String
        /// The interface with what goes out; nil for one that has both directions.
        public var transmit: String?

        /// Describes a tap.
        public init(receive: String, transmit: String? = nil) {
            self.receive = receive
            self.transmit = transmit
        }
    }

    /// Where it is.
    public var place = SourcePlace()
    /// What is captured; with none, the interfaces of default routes.
    public var taps: [Tap] = []
    /// One of so many frames is captured.
    public var rate: UInt32 = 1000
    /// Whether frames are gathered into flows; else each is a row.
    public var gathersFlows = false
    /// How they are.
    public var flows = FlowCacheOptions()
    /// Threads that share the frames of each interface.
    public var workers = 1
    /// Bytes of the ring of each interface and thread.
    public var buffer = 16 << 20

    /// The defaults.
    public init() {}
}
