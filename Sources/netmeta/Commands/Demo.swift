import ArgumentParser
import Glibc
import NetTypes
import VirtualExporters

/// `netmeta demo`: a small provider's routers, so that there is something to
/// look at without a router.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send the traffic of a small virtual provider.",
        discussion: """
            Five routers (IPFIX, NetFlow v9 twice, NetFlow v5, sFlow) send to the usual ports 4739, 2055 and 6343: a \
            day curve, IPv4 and IPv6, sampling rates and interface names in options, and every five minutes an \
            amplification attack of 45 seconds. Ctrl-C ends it.
            """
    )

    @Option(help: "The collector's address.")
    var target = "127.0.0.1"

    @Option(help: "Flow records a second on the day's average, all routers together.")
    var rate = 500.0

    @Option(help: "The same seed gives the same traffic for the same times.")
    var seed: UInt64 = 1

    func validate() throws {
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate must lie between 0 and 100000") }
        guard address != nil else { throw ValidationError("--target must be an IP address, such as 127.0.0.1 or ::1") }
    }

    private var address: IPAddress? {
        target == "localhost" ? IPAddress(127, 0, 0, 1) : IPAddress(target)
    }

    func run() throws {
        guard let address else { throw UsageError("--target must be an IP address") }
        Interruption.watch()
        var run = try DemoRun(target: address, rate: rate, seed: seed)
        let names = run.network.routers.map { "\($0.profile.name) \($0.protocolName)" }.joined(separator: ", ")
        announce(
            "sending about \(Int(rate)) flows/s to \(target) (\(names)); look at http://127.0.0.1:8080, Ctrl-C ends it"
        )
        try run.send { announce($0) }
        announce("sent \(run.totals.flows) flows in \(run.datagrams) datagrams")
    }

    private func announce(_ line: String) {
        print(line)
        fflush(nil)
    }
}

private struct DemoRun {
    private(set) var network: DemoNetwork
    private(set) var totals = FlowTotals()
    private var outlets: [DatagramOutlet]

    private static let tick = 0.25
    private static let statusInterval = 10.0

    init(target: IPAddress, rate: Double, seed: UInt64) throws {
        let network = DemoNetwork(rate: rate, seed: seed, now: LoadClock.unixMilliseconds)
        outlets = try network.routers.map {
            try DatagramOutlet(address: $0.profile.address, target: IPEndpoint(address: target, port: $0.port))
        }
        self.network = network
    }

    var datagrams: UInt64 { outlets.reduce(0) { $0 + $1.sent } }
    private var refused: UInt64 { outlets.reduce(0) { $0 + $1.dropped } }

    mutating func send(status: (String) -> Void) throws {
        var writer = DatagramWriter(capacity: 1 << 20)
        var nextStatus = LoadClock.seconds + Self.statusInterval
        var before = FlowTotals()
        var refusedBefore: UInt64 = 0
        while !Interruption.isRequested {
            let now = LoadClock.unixMilliseconds
            for index in outlets.indices {
                writer.removeAll()
                totals += network.advance(router: index, to: now, into: &writer)
                try outlets[index].send(writer)
            }
            if LoadClock.seconds >= nextStatus {
                nextStatus += Self.statusInterval
                status(line(since: before, refused: refused - refusedBefore, now: now))
                before = totals
                refusedBefore = refused
            }
            LoadClock.sleep(seconds: Self.tick)
        }
    }

    private func line(since before: FlowTotals, refused: UInt64, now: UInt64) -> String {
        var line = "\(Int(Double(totals.flows - before.flows) / Self.statusInterval)) flows/s, \(totals.flows) in all"
        if let target = network.attackTarget(at: now) { line += "; attack on \(target)" }
        if refused > 0 { line += "; \(refused) datagrams refused: nothing listens there (start netmeta serve)" }
        return line
    }
}
