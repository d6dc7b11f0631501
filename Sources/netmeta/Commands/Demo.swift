import ArgumentParser
import FlowStore
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
            amplification attack of 45 seconds. AS numbers, addresses and domains are those for documentation; what \
            they are called goes into the data folder of the server on this machine as a list of names. A server \
            elsewhere takes the list by enrichment.names: --names prints it. Ctrl-C ends it.
            """
    )

    @Option(help: "The collector's address.")
    var target = "127.0.0.1"

    @Option(help: "Flow records a second on the day's average, all routers together.")
    var rate = 500.0

    @Option(help: "The same seed gives the same traffic for the same times.")
    var seed: UInt64 = 1

    @Flag(help: "Print the list of invented names and end.")
    var names = false

    @OptionGroup
    var folder: FolderOptions

    func validate() throws {
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate must lie between 0 and 100000") }
        guard address != nil else { throw ValidationError("--target must be an IP address, such as 127.0.0.1 or ::1") }
    }

    private var address: IPAddress? {
        target == "localhost" ? IPAddress(127, 0, 0, 1) : IPAddress(target)
    }

    func run() throws {
        guard let address else { throw UsageError("--target must be an IP address") }
        if names {
            let network = DemoNetwork(rate: rate, seed: seed, now: LoadClock.unixMilliseconds)
            return print(network.names, terminator: "")
        }
        Interruption.watch()
        var run = try DemoRun(target: address, rate: rate, seed: seed)
        let data = address.isLoopback ? try folder.load().store.data : nil
        var naming = DemoNaming(names: run.network.names, data: data)
        let routers = run.network.routers.map { "\($0.profile.name) \($0.protocolName)" }.joined(separator: ", ")
        announce(
            "sending about \(Int(rate)) flows/s to \(target) (\(routers)); look at http://127.0.0.1:8080, Ctrl-C ends it"
        )
        try run.send(beside: { naming.look { announce($0) } }, status: { announce($0) })
        announce("sent \(run.totals.flows) flows in \(run.datagrams) datagrams")
    }

    private func announce(_ line: String) {
        print(line)
        fflush(nil)
    }
}

/// Names what the demo sends, once the server is there that has the data folder open.
private struct DemoNaming {
    let names: String
    /// The data folder; nil for a server elsewhere.
    let data: String?
    private var isDone = false
    private var isWaiting = false

    init(names: String, data: String?) {
        self.names = names
        self.data = data
    }

    mutating func look(_ say: (String) -> Void) {
        guard !isDone else { return }
        guard let data else {
            isDone = true
            return say("for names on that server, give it the list that --names prints (enrichment.names)")
        }
        guard FolderLock.holder(folder: data) != nil else {
            if isWaiting { return }
            isWaiting = true
            return say("no server has the data folder \(data) open, so AS numbers have no names; --data sets it")
        }
        isDone = true
        do {
            say("names are in \(try NameFolder.put(names, as: "demo.csv", data: data))")
        } catch {
            say("AS numbers have no names: \(error)")
        }
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

    /// - Parameter beside: called at the start and every ten seconds.
    mutating func send(beside: () -> Void, status: (String) -> Void) throws {
        var writer = DatagramWriter(capacity: 1 << 20)
        var nextStatus = LoadClock.seconds + Self.statusInterval
        var before = FlowTotals()
        var refusedBefore: UInt64 = 0
        beside()
        while !Interruption.isRequested {
            let now = LoadClock.unixMilliseconds
            for index in outlets.indices {
                writer.removeAll()
                totals += network.advance(router: index, to: now, into: &writer)
                try outlets[index].send(writer)
            }
            if LoadClock.seconds >= nextStatus {
                nextStatus += Self.statusInterval
                beside()
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
