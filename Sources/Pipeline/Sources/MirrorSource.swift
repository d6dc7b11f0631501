import FlowDecoders
import FlowSchema
import LinuxCapture
import Synchronization
import Telemetry

/// The numbers of the groups in which rings of several threads share an interface's frames.
final class FanoutGroups: Sendable {
    private let workers: Int
    private let groups = Mutex<[UInt32: PacketRing.Sharing]>([:])

    init(workers: Int) { self.workers = workers }

    /// Makes a ring in the interface's group, or one alone when there is one thread.
    func ring(_ index: UInt32, _ name: String, _ options: PacketRing.Options) throws(SourceError) -> PacketRing {
        guard workers > 1 else {
            var alone = PacketRing.Sharing.alone
            return try PacketRing(interface: index, name: name, options, sharing: &alone)
        }
        // The first makes the group, and the others must find it made.
        let result: Result<PacketRing, SourceError> = groups.withLock { groups in
            do throws(SourceError) {
                var group = groups[index] ?? .first
                let ring = try PacketRing(interface: index, name: name, options, sharing: &group)
                groups[index] = group
                return .success(ring)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Frames of interfaces, through rings that the kernel writes into.
final class MirrorSource: HostSource {
    private let options: MirrorOptions
    private let place: SourcePlace
    private let groups: FanoutGroups
    private var decoder: MirrorDecoder
    private var rings: [Ring] = []
    /// Names of interfaces that are to be captured on, with the side of a tap that they are.
    private var wanted: [(name: String, side: Side)] = []
    private var gone = PacketRing.Counts()
    private var counts = PacketRing.Counts()
    private var reopened: UInt64 = 0
    private var problems: [String: String] = [:]
    private var isEnding = false

    /// What an interface has of a link's traffic.
    private enum Side {
        case both, receive, transmit
    }

    private struct Ring {
        var name: String
        var side: Side
        var ring: PacketRing
    }

    /// Frames that are read of an interface before it is the next one's turn.
    private static let mostFrames = 16_384

    init(_ options: MirrorOptions, _ place: SourcePlace, _ groups: FanoutGroups) {
        self.options = options
        self.place = place
        self.groups = groups
        decoder = MirrorDecoder(
            sampler: options.place.sampler,
            rate: options.rate,
            gathering: options.gathersFlows ? options.flows : nil
        )
        for tap in options.taps {
            guard let transmit = tap.transmit else {
                wanted.append((tap.receive, .both))
                continue
            }
            wanted += [(tap.receive, .receive), (transmit, .transmit)]
        }
    }

    var exporter: HostExporter {
        get { decoder.exporter }
        set { decoder.exporter = newValue }
    }

    /// Interfaces come and go.
    var needs: Set<Capability> { [.netRaw] }

    func open() throws(SourceError) {
        if wanted.isEmpty {
            wanted = Self.uplinks.map { ($0, .both) }
            guard !wanted.isEmpty else {
                throw SourceError(
                    "no interface has a default route; name those to capture on in sources.mirror, as "
                        + "{host: {taps: eth0}}"
                )
            }
        }
        let network = try HostNetwork.read()
        for (name, side) in wanted {
            guard let index = network.index(of: name) else {
                problems[name] = "there is no interface \(name); it is captured on when it comes"
                continue
            }
            try add(name, side, index)
        }
    }

    /// The interfaces of default routes.
    private static var uplinks: [String] {
        var names: Set<String> = []
        // Interface, destination, gateway, flags, reference count, use, metric, mask: in hexadecimal, behind a headline.
        for line in lines("/proc/thread-self/net/route").dropFirst() where line.count > 7 {
            if line[1] == "00000000", line[7] == "00000000" { names.insert(line[0]) }
        }
        // Destination and its length, source and its length, next hop, metric, reference count, use, flags, interface.
        for line in lines("/proc/thread-self/net/ipv6_route") where line.count > 9 {
            if line[1] == "00", line[0].allSatisfy({ $0 == "0" }) { names.insert(line[9]) }
        }
        names.remove("lo")
        return names.sorted()
    }

    private static func lines(_ path: String) -> [[String]] {
        let text = HostThread.text(path) ?? ""
        return text.split(separator: "\n").map { line in line.split(whereSeparator: \.isWhitespace).map(String.init) }
    }

    private func add(_ name: String, _ side: Side, _ index: UInt32) throws(SourceError) {
        var ring = PacketRing.Options()
        ring.rate = options.rate
        ring.bytes = options.buffer
        // A tap's interfaces only carry what others sent; what this host says on them isn't part of it.
        ring.ignoresOutgoing = side != .both
        rings.append(Ring(name: name, side: side, ring: try groups.ring(index, name, ring)))
        problems[name] = nil
    }

    func read(into batch: FlowBatch, at now: HostTime) throws(SourceError) -> Bool {
        var count =
            isEnding
            ? decoder.tellRest(at: now, most: FlowDecoder.mostRows / 2, into: batch)
            : decoder.tellEnded(at: now, most: FlowDecoder.mostRows / 2, into: batch)
        let broken = PacketRing.wait(rings.map(\.ring), milliseconds: count > 0 ? 0 : 100)
        // A frame gives a row at the most: its own, or that of a flow that goes for it.
        let room = max(1, min(Self.mostFrames, FlowDecoder.mostRows / 2 / max(1, rings.count)))
        for ring in rings {
            count += ring.ring.read(most: room) { bytes, frame in
                decoder.decode(bytes, Self.frame(frame, ring), into: batch)
            }
        }
        for place in broken.reversed() { drop(place) }
        return count > 0
    }

    private static func frame(_ frame: PacketRing.Frame, _ ring: Ring) -> MirrorDecoder.Frame {
        let isOutgoing =
            switch ring.side {
            case .both: frame.isOutgoing
            case .receive: false
            case .transmit: true
            }
        return MirrorDecoder.Frame(
            time: HostTime(seconds: frame.seconds, nanoseconds: frame.nanoseconds),
            length: frame.length,
            tag: frame.tag,
            segment: frame.segment,
            isBare: frame.isBare,
            isOutgoing: isOutgoing,
            interface: ring.ring.interface
        )
    }

    func end() -> Bool {
        isEnding = true
        return holdsSomething
    }

    var holdsSomething: Bool { decoder.gatheredFlows > 0 }

    /// Closes the ring of an interface that is gone or down; it comes back with the interface.
    private func drop(_ place: Int) {
        let ring = rings.remove(at: place)
        let last = ring.ring.takeCounts()
        gone.frames += last.frames
        gone.drops += last.drops
        gone.freezes += last.freezes
        problems[ring.name] = "the interface \(ring.name) is gone or down; it is captured on when it comes back"
    }

    func look(at now: HostTime, network: HostNetwork?) {
        var sum = gone
        for ring in rings {
            let counts = ring.ring.takeCounts()
            sum.frames += counts.frames
            sum.drops += counts.drops
            sum.freezes += counts.freezes
        }
        counts = sum
        let absent = wanted.filter { wish in !rings.contains { $0.name == wish.name } }
        guard !absent.isEmpty, let network = network ?? (try? HostNetwork.read()) else { return }
        for (name, side) in absent {
            guard let index = network.index(of: name), network.interfaces[index]?.isUp == true else { continue }
            do throws(SourceError) {
                try add(name, side, index)
                reopened += 1
            } catch {
                problems[name] = error.description
            }
        }
    }

    var report: SourceReport {
        var figures = [
            "captured": counts.frames, "freezes": counts.freezes, "super_frames": decoder.superFrames,
            "interfaces": UInt64(rings.count), "reopened": reopened, "sampling_rate": UInt64(options.rate),
        ]
        if options.gathersFlows {
            figures["gathered_flows"] = UInt64(decoder.gatheredFlows)
            figures["early_flows"] = decoder.earlyFlows
        }
        return SourceReport(
            kind: "mirror",
            name: place.name,
            lost: ["ring_full": counts.drops],
            figures: figures,
            advice: problems.values.sorted()
        )
    }
}
