import FlowDecoders
import FlowSchema
import LinuxCapture
import Telemetry

/// Packets that rules of the firewall log to groups.
final class NFLogSource: HostSource {
    private let options: NFLogOptions
    private var decoder: NFLogDecoder
    private var socket: NetlinkSocket?
    private var overruns: UInt64 = 0
    private var advice: [String] = []

    /// Packets that the kernel may gather before it sends them; rules may ask for fewer.
    private static let bundle: UInt32 = 64

    init(_ options: NFLogOptions) {
        self.options = options
        decoder = NFLogDecoder(sampler: options.place.sampler, groups: options.groups)
    }

    var exporter: HostExporter {
        get { decoder.exporter }
        set { decoder.exporter = newValue }
    }

    /// The groups are bound.
    var needs: Set<Capability> { [] }

    func open() throws(SourceError) {
        let socket = try NetlinkSocket(
            .netfilter,
            receiveBuffer: options.buffer,
            purpose: "listen to logged packets"
        )
        for (number, group) in options.groups.keys.sorted().enumerated() {
            let sequence = UInt32(2 * number + 1)
            let bound = try socket.request(NFLogRequest.bind(group, sequence: sequence))
            guard bound == 0 else { throw Self.refusal(group, code: bound) }
            let shape = NFLogRequest.shape(group, range: options.snap, bundle: Self.bundle, sequence: sequence + 1)
            let shaped = try socket.request(shape)
            guard shaped == 0 else { throw SourceError("set up the group \(group) of logged packets", code: shaped) }
        }
        self.socket = socket
    }

    /// The kernel says the same of a group that somebody else has and of a missing privilege.
    private static func refusal(_ group: UInt16, code: Int32) -> SourceError {
        guard HostThread.has(.netAdmin) else {
            return SourceError("listen to the group \(group) of logged packets", code: code, needing: .netAdmin)
        }
        let lines = HostThread.text("/proc/thread-self/net/netfilter/nfnetlink_log")?.split(separator: "\n") ?? []
        let owners = lines.map { $0.split(separator: " ") }.filter { $0.first.map(String.init) == String(group) }
        guard let owner = owners.first, owner.count > 1 else {
            return SourceError("listen to the group \(group) of logged packets", code: code)
        }
        return SourceError(
            "the group \(group) of logged packets has another reader (netlink port \(owner[1]), often its process id); "
                + "a group has one: stop it (ulogd2, tcpdump -i nflog:\(group)), or log to another group"
        )
    }

    func read(into batch: FlowBatch, at now: HostTime) throws(SourceError) -> Bool {
        guard let socket else { return false }
        let outcome = try socket.receive { decoder.decode($0, at: now, into: batch) }
        // How many are lost, the numbers of the next ones tell.
        if outcome == .overrun { overruns += 1 }
        return outcome != .nothing
    }

    func look(at now: HostTime, network: HostNetwork?) {
        guard let network else { return }
        decoder.outside = Set(options.outside.compactMap { network.index(of: $0) })
        let absent = options.outside.filter { network.index(of: $0) == nil }
        advice = absent.map { "there is no interface \($0), which outside names" }
    }

    var report: SourceReport {
        let counts = decoder.counts
        return SourceReport(
            kind: "nflog",
            name: options.place.name,
            lost: ["sequence_gap": counts.missing],
            figures: [
                "overruns": overruns, "unknown_prefixes": counts.unknownPrefixes,
                "unknown_lengths": counts.unknownLengths, "buffer_bytes": UInt64(socket?.receiveBuffer ?? 0),
            ],
            advice: advice
        )
    }
}
