import FlowDecoders
import FlowSchema
import LinuxCapture
import Telemetry

/// Connection tracking: events as they come, and a listing of all connections now and then.
final class ConntrackSource: HostSource {
    private let options: ConntrackOptions
    private var decoder: ConntrackDecoder
    private var events: NetlinkSocket?
    private var listings: NetlinkSocket?
    private var owners: SocketOwners?
    private var advice: [String] = []

    /// Milliseconds of ``MonotonicClock``.
    private var nextListing: UInt64 = 0
    /// When something of the listing that is under way came last; nil when none is.
    private var listingSince: UInt64?
    private var sequence: UInt32 = 0
    private var overruns: UInt64 = 0
    private var drops: UInt64 = 0
    private var interruptions: UInt64 = 0
    private var failedListings: UInt64 = 0
    private var looks = 0
    private var mayNotSeeOthers = false

    /// Bytes for the answers to questions, which wait until they are read.
    private static let listingBuffer = 4 << 20
    /// The soonest that a listing follows another one, though events were lost or it was interrupted.
    private static let leastMilliseconds: UInt64 = 5000
    /// A listing of which nothing comes for so long is given up.
    private static let patienceMilliseconds: UInt64 = 3000

    init(_ options: ConntrackOptions) {
        self.options = options
        decoder = ConntrackDecoder(sampler: options.place.sampler, view: options.view)
    }

    var exporter: HostExporter {
        get { decoder.exporter }
        set { decoder.exporter = newValue }
    }

    /// Every question to netfilter takes it.
    var needs: Set<Capability> { [.netAdmin] }

    func open() throws(SourceError) {
        events = try NetlinkSocket(
            .netfilter,
            groups: ConntrackRequest.eventGroups,
            receiveBuffer: options.buffer,
            purpose: "listen to connection tracking"
        )
        listings = try NetlinkSocket(
            .netfilter,
            receiveBuffer: Self.listingBuffer,
            purpose: "list tracked connections"
        )
        // While this thread may still do all that it might need.
        if options.tellsProcesses {
            mayNotSeeOthers = !HostThread.has(.sysPtrace) || !HostThread.has(.dacReadSearch)
            owners = SocketOwners()
            decoder.owners = owners
        }
    }

    func read(into batch: FlowBatch, at now: HostTime) throws(SourceError) -> Bool {
        guard let events, let listings else { return false }
        let tick = MonotonicClock.milliseconds
        if let since = listingSince {
            let outcome = try readListing(listings, into: batch, at: now)
            if outcome != .nothing {
                if listingSince != nil { listingSince = tick }
            } else if tick &- since > Self.patienceMilliseconds {
                failedListings += 1
                listingSince = nil
            }
            return true
        }
        if tick >= nextListing {
            try beginListing(listings, tick)
            return true
        }
        let outcome = try events.receive { decoder.decodeEvents($0, at: now, into: batch) }
        if outcome == .overrun {
            overruns += 1
            // What was lost isn't known; what is there now is.
            hurry(tick)
        }
        return outcome != .nothing
    }

    private func beginListing(_ socket: NetlinkSocket, _ tick: UInt64) throws(SourceError) {
        sequence &+= 1
        decoder.beginListing()
        try socket.send(ConntrackRequest.list(sequence: sequence))
        listingSince = tick
        lastListing = tick
        nextListing = tick + UInt64(options.interval) * 1000
    }
    private var lastListing: UInt64 = 0

    private func readListing(
        _ socket: NetlinkSocket,
        into batch: FlowBatch,
        at now: HostTime
    ) throws(SourceError) -> NetlinkSocket.Outcome {
        var listing = ConntrackDecoder.Listing.goesOn
        let outcome = try socket.receive { listing = decoder.decodeListing($0, at: now, into: batch) }
        switch listing {
        case .goesOn where outcome != .overrun: break
        case .ended(false): listingSince = nil
        case .ended(true):
            interruptions += 1
            listingSince = nil
            hurry(MonotonicClock.milliseconds)
        case .failed, .goesOn:
            failedListings += 1
            listingSince = nil
        }
        return outcome
    }

    private func hurry(_ tick: UInt64) {
        nextListing = min(nextListing, max(tick, lastListing + Self.leastMilliseconds))
    }

    func end() -> Bool {
        guard listingSince == nil else { return true }
        // What connections did since the last listing.
        nextListing = 0
        return true
    }

    func look(at now: HostTime, network: HostNetwork?) {
        if let events { drops = events.takeDrops() }
        guard network != nil else { return }
        looks += 1
        // A host may be silent for a while.
        let isSilent = looks > 3 && decoder.counts.new + decoder.counts.listed == 0
        let (problem, more) = Self.circumstances(isSilent: isSilent)
        decoder.exporter.problem = problem
        advice = (problem.map { [$0] } ?? []) + more
        if mayNotSeeOthers {
            advice.append(
                "processes of other users aren't told: run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
            )
        }
    }

    /// Why there can be no flows, and what to change for there to be more to tell.
    private static func circumstances(isSilent: Bool) -> (problem: String?, advice: [String]) {
        guard let counts = HostThread.setting("netfilter/nf_conntrack_acct") else {
            let problem =
                "connections aren't tracked here: no rule of the firewall needs it; "
                + "nft add table inet netmeta, then a chain with a rule on ct state (see Docs/host-sources.md)"
            return (problem, [])
        }
        var advice: [String] = []
        // It counts for connections that begin after it; those of before have no flows either.
        let problem = counts == 0 ? "accounting is off: sysctl -w net.netfilter.nf_conntrack_acct=1" : nil
        if HostThread.setting("netfilter/nf_conntrack_timestamp") == 0 {
            advice.append(
                "the kernel doesn't note when connections begin: sysctl -w net.netfilter.nf_conntrack_timestamp=1"
            )
        }
        if HostThread.setting("netfilter/nf_conntrack_events") == 0 {
            advice.append(
                "the kernel tells no events, so short connections are missed: sysctl -w "
                    + "net.netfilter.nf_conntrack_events=1"
            )
        }
        if isSilent, HostThread.setting("netfilter/nf_conntrack_count") == 0 {
            advice.append(
                "no connection is tracked: a rule of the firewall must need it, one for each of IPv4 and IPv6 "
                    + "(see Docs/host-sources.md)"
            )
        }
        return (problem, advice)
    }

    var report: SourceReport {
        let counts = decoder.counts
        var report = SourceReport(
            kind: "conntrack",
            name: options.place.name,
            lost: ["buffer_full": drops],
            figures: [
                "new": counts.new, "updated": counts.updated, "destroyed": counts.destroyed,
                "listed": counts.listed, "listings": counts.listings, "uncounted": counts.uncounted,
                "lost_ends": counts.lostEnds, "unfollowed": counts.unfollowed, "followed": UInt64(decoder.followed),
                "overruns": overruns, "interrupted_listings": interruptions, "failed_listings": failedListings,
                "buffer_bytes": UInt64(events?.receiveBuffer ?? 0),
            ],
            advice: advice
        )
        if let found = owners?.figures {
            report.figures["owners_found"] = found.found
            report.figures["owners_missed"] = found.missed
            report.figures["owners_left_out"] = found.leftOut
        }
        return report
    }
}
