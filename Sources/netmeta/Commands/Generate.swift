import ArgumentParser
import Glibc
import NetTypes
import VirtualExporters

/// `netmeta generate`: flow datagrams at a stated rate, for load tests.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send flow datagrams at a stated rate.",
        discussion: """
            Virtual exporters with different source addresses in 127.0.0.0/8 (source ports for other targets) send \
            templates and options first, repeat them every 20 seconds, and flows in between. The last line of output \
            is JSON: datagrams and announcements sent, flows, bytes and packets as the records report them, and the \
            rate of flow datagrams that was reached. Announcements come on top of the rate.
            """
    )

    @Option(name: .customLong("protocol"), help: "v5, v9, ipfix, sflow or mixed.")
    var kind: LoadProtocol

    @Option(help: "Flow datagrams a second.")
    var rate: Double

    @Option(help: "How long to send.")
    var seconds: Double

    @Option(help: "Where to send to, HOST:PORT; an IPv6 address in brackets.")
    var target: IPEndpoint

    @Option(help: "Flow records a datagram (default: 24 for v9 and IPFIX, 30 for v5, 6 for sFlow).")
    var records: Int?

    @Option(help: "How many different flows there are; then they repeat.")
    var distinct: UInt64 = 1_000_000

    @Option(help: "How many exporters there are (default: 8; mixed 64, and at least 50).")
    var exporters: Int?

    @Option(help: "The same seed gives the same flows.")
    var seed: UInt64 = 1

    func validate() throws {
        guard rate > 0, rate <= 10_000_000 else { throw ValidationError("--rate must lie between 0 and 10000000") }
        guard seconds > 0, seconds <= 31_536_000 else { throw ValidationError("--seconds must be positive") }
        guard target.port != 0 else { throw ValidationError("--target needs a port other than 0") }
        let mostRecords = kind == .v5 ? NetFlow5Exporter.maximumRecords : LoadFleet.maximumRecords
        guard (1...mostRecords).contains(records ?? 1) else {
            throw ValidationError("--records must lie between 1 and \(mostRecords) for \(kind)")
        }
        guard (1...LoadTraffic.maximumDistinct).contains(distinct) else {
            throw ValidationError("--distinct must lie between 1 and \(LoadTraffic.maximumDistinct)")
        }
        guard (1...10_000).contains(exporters ?? 1) else {
            throw ValidationError("--exporters must lie between 1 and 10000")
        }
    }

    func run() throws {
        Interruption.watch()
        let fleet = LoadFleet(
            protocol: kind,
            count: exporters,
            records: records,
            distinct: distinct,
            seed: seed,
            now: LoadClock.unixMilliseconds
        )
        var run = try LoadRun(fleet: fleet, target: target, rate: rate, seconds: seconds)
        try run.send()
        print(run.report)
        fflush(nil)
    }
}

/// One load from the first announcement to the last flow.
private struct LoadRun {
    private var fleet: LoadFleet
    private var outlets: [DatagramOutlet]
    private var schedule: PacingSchedule
    private let seconds: Double
    private var totals = FlowTotals()
    private var announced = 0
    private var announcements: UInt64 = 0
    private var flowDatagrams: UInt64 = 0
    private var elapsed = 0.0

    /// Datagrams that one exporter sends at a go: enough for one system call
    /// to pay, few enough for the others to have their turn.
    private static let burst = 32
    /// Between bursts; short against what a receiver's buffer holds.
    private static let tick = 0.002
    private static let announcementInterval = 20.0
    /// How long beyond its time a load that fell behind may go on.
    private static let grace = 0.25

    init(fleet: LoadFleet, target: IPEndpoint, rate: Double, seconds: Double) throws {
        self.fleet = fleet
        self.seconds = seconds
        schedule = PacingSchedule(rate: rate, seconds: seconds)
        outlets = try fleet.exporters.map { try DatagramOutlet(address: $0.profile.address, target: target) }
    }

    mutating func send() throws {
        var writer = DatagramWriter()
        for index in outlets.indices { try announce(index, writer: &writer) }
        let start = LoadClock.seconds
        var exporter = 0
        while !schedule.isComplete, elapsed < seconds + Self.grace, !Interruption.isRequested {
            var due = schedule.due(elapsed: elapsed)
            while due > 0 {
                let count = try sendFlows(exporter, upTo: min(due, Self.burst), writer: &writer)
                due -= count
                exporter = (exporter + 1) % outlets.count
            }
            try repeatAnnouncements(writer: &writer)
            elapsed = LoadClock.seconds - start
            let next = max(schedule.nextDue, elapsed + Self.tick)
            if !schedule.isComplete { LoadClock.sleep(seconds: next - elapsed) }
            elapsed = LoadClock.seconds - start
        }
    }

    private mutating func sendFlows(_ index: Int, upTo count: Int, writer: inout DatagramWriter) throws -> Int {
        writer.removeAll()
        totals += fleet.export(exporter: index, datagrams: count, now: LoadClock.unixMilliseconds, into: &writer)
        try outlets[index].send(writer)
        let written = writer.count
        schedule.note(sent: written)
        flowDatagrams += UInt64(written)
        return written
    }

    private mutating func announce(_ index: Int, writer: inout DatagramWriter) throws {
        writer.removeAll()
        fleet.announce(exporter: index, now: LoadClock.unixMilliseconds, into: &writer)
        try outlets[index].send(writer)
        announcements += UInt64(writer.count)
        announced += 1
    }

    /// The exporters take turns, so that announcements don't come in a heap.
    private mutating func repeatAnnouncements(writer: inout DatagramWriter) throws {
        let rounds = elapsed / Self.announcementInterval
        let due = outlets.count + Int(rounds * Double(outlets.count))
        while announced < due {
            try announce(announced % outlets.count, writer: &writer)
        }
    }

    /// What was sent, as one line of JSON.
    var report: String {
        let dropped = outlets.reduce(0) { $0 + $1.dropped }
        let achieved = elapsed > 0 ? Double(flowDatagrams) / elapsed : 0
        return """
            {"datagrams":\(flowDatagrams + announcements),"flows":\(totals.flows),"bytes":\(totals.bytes),\
            "packets":\(totals.packets),"achievedRate":\((achieved * 10).rounded() / 10),\
            "announcements":\(announcements),"refused":\(dropped),"exporters":\(outlets.count),\
            "seconds":\((elapsed * 1000).rounded() / 1000)}
            """
    }
}
