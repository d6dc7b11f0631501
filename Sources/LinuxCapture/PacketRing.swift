import CLinuxCapture
import Glibc

/// A ring that the kernel writes an interface's frames into: one thread's.
@safe
public final class PacketRing: @unchecked Sendable {
    // Made and used on one thread: hence Sendable.
    private let ring: OpaquePointer
    /// The interface's index.
    public let interface: UInt32
    private var counts = Counts()

    /// What the kernel counted since the ring was made.
    public struct Counts: Equatable, Sendable {
        /// Frames that it took, or dropped for want of room.
        public var frames: UInt64 = 0
        /// Those that it dropped.
        public var drops: UInt64 = 0
        /// How often the ring was full.
        public var freezes: UInt64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// How rings are made.
    public struct Options: Sendable {
        /// One of so many frames is taken, chosen by a random number of the kernel's.
        public var rate: UInt32 = 1
        /// Bytes that are kept of a frame.
        public var snap: UInt32 = 256
        /// Bytes of the ring.
        public var bytes = 16 << 20
        /// Whether frames for other hosts are taken, too.
        public var isPromiscuous = true
        /// Whether frames that this host sends are left out.
        public var ignoresOutgoing = false

        /// The defaults.
        public init() {}
    }

    /// A frame as the kernel tells it; its bytes are handed over beside it.
    public struct Frame: Sendable {
        /// When it came, in seconds since 1970 UTC.
        public var seconds: UInt32
        /// Nanoseconds of the second.
        public var nanoseconds: UInt32
        /// Bytes on the wire without the tag that the kernel took off.
        public var length: UInt32
        /// That tag; nil when there was none.
        public var tag: UInt16?
        /// The size of the packets that it stands for several of; else 0.
        public var segment: UInt16
        /// Whether there is no Ethernet header.
        public var isBare: Bool
        /// Whether this host sent it.
        public var isOutgoing: Bool
    }

    /// Whether other rings have a part of the interface's frames (packet(7), PACKET_FANOUT).
    public enum Sharing: Sendable {
        /// All frames come to this one.
        case alone
        /// It is the first of a group, which the kernel gives a number.
        case first
        /// It joins the group of that number, which may be 0: the first after the kernel's start is.
        case group(UInt16)
    }

    private static let blockSize: UInt32 = 256 << 10

    /// Makes a ring for an interface of the calling thread's network namespace.
    ///
    /// - Parameters:
    ///   - sharing: of the first of a group the group comes back.
    public init(
        interface: UInt32,
        name: String,
        _ options: Options,
        sharing: inout Sharing
    ) throws(SourceError) {
        var wanted = netmeta_ring_options()
        wanted.interface = interface
        wanted.rate = max(1, options.rate)
        wanted.snap = options.snap
        wanted.block_size = Self.blockSize
        wanted.blocks = UInt32(clamping: max(2, options.bytes / Int(Self.blockSize)))
        wanted.promiscuous = options.isPromiscuous
        wanted.ignore_outgoing = options.ignoresOutgoing
        switch sharing {
        case .alone: break
        case .first: wanted.fanout = 1
        case .group(let number): (wanted.fanout, wanted.fanout_id) = (2, number)
        }
        var code: Int32 = 0
        guard let made = unsafe netmeta_ring_create(&wanted, &code) else {
            throw SourceError("capture on \(name)", code: -code, needing: .netRaw)
        }
        unsafe ring = made
        self.interface = interface
        if case .first = sharing { sharing = .group(wanted.fanout_id) }
    }

    deinit { unsafe netmeta_ring_destroy(ring) }

    /// Hands the frames that are there to `body`, at most `most`.
    ///
    /// - Returns: how many.
    public func read(most: Int, _ body: (RawSpan, Frame) -> Void) -> Int {
        var frame = unsafe netmeta_frame()
        var count = 0
        while count < most, unsafe netmeta_ring_next(ring, &frame) == 1 {
            count += 1
            let bytes = unsafe RawSpan(_unsafeStart: frame.bytes, byteCount: Int(frame.captured))
            let facts = unsafe Frame(
                seconds: frame.seconds,
                nanoseconds: frame.nanoseconds,
                length: frame.length,
                tag: frame.has_tag != 0 ? frame.tag : nil,
                segment: frame.segment,
                // ARPHRD_ETHER, and loopback, whose frames have such a header too.
                isBare: frame.hardware != 1 && frame.hardware != 772,
                isOutgoing: frame.direction == 4
            )
            body(bytes, facts)
        }
        return count
    }

    /// Asks the kernel for its counts; to be done every second, since its own wrap.
    public func takeCounts() -> Counts {
        var (frames, drops, freezes): (UInt32, UInt32, UInt32) = (0, 0, 0)
        guard unsafe netmeta_ring_statistics(ring, &frames, &drops, &freezes) == 0 else { return counts }
        counts.frames += UInt64(frames)
        counts.drops += UInt64(drops)
        counts.freezes += UInt64(freezes)
        return counts
    }

    /// Waits until one of several rings has frames, at most so long.
    ///
    /// - Returns: the places of rings whose interface is gone.
    public static func wait(_ rings: [PacketRing], milliseconds: Int32) -> [Int] {
        var entries = rings.map { unsafe pollfd(fd: netmeta_ring_socket($0.ring), events: Int16(POLLIN), revents: 0) }
        guard unsafe poll(&entries, nfds_t(entries.count), milliseconds) > 0 else { return [] }
        return rings.indices.filter {
            guard entries[$0].revents & Int16(POLLERR) != 0 else { return false }
            return unsafe netmeta_ring_error(rings[$0].ring) != 0
        }
    }
}
