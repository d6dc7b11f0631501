import NetTypes
import Testing

@testable import VirtualExporters

@Suite struct TrafficTests {
    private struct Key: Hashable {
        let source, destination: IPAddress
        let sourcePort, destinationPort: UInt16
        let ipProtocol: UInt8
    }

    private func key(_ flow: FlowRecord) -> Key {
        Key(
            source: flow.source,
            destination: flow.destination,
            sourcePort: flow.sourcePort,
            destinationPort: flow.destinationPort,
            ipProtocol: flow.ipProtocol
        )
    }

    @Test(arguments: [1, 1_000, 65_537], [true, false])
    func distinctFlowsAreDistinctAndComeAgain(count: UInt64, isV4: Bool) {
        let traffic = LoadTraffic(distinct: count, seed: 42)
        let keys = (0..<count).map { key(traffic.flow($0, isV4: isV4, interfaces: 8, now: noon)) }
        #expect(Set(keys).count == Int(count))
        #expect(key(traffic.flow(count, isV4: isV4, interfaces: 8, now: noon)) == keys[0])
    }

    @Test func flowsArePlausible() {
        let traffic = LoadTraffic(distinct: 1_000_000, seed: 1)
        for index in 0..<5_000 as Range<UInt64> {
            let flow = traffic.flow(index, isV4: index % 2 == 0, interfaces: 8, now: noon)
            #expect(flow.start <= flow.end && flow.end <= noon && noon - flow.start < 60_000)
            #expect(flow.packets > 0 && flow.bytes / flow.packets >= 40 && flow.bytes / flow.packets <= 1_500)
            #expect((1...8).contains(flow.inIf) && (1...8).contains(flow.outIf) && flow.inIf != flow.outIf)
            #expect(flow.destination.isV4 == flow.isV4 && flow.nextHop.isV4 == flow.isV4)
        }
    }

    @Test func theSeedDecides() {
        func flows(_ seed: UInt64) -> [FlowRecord] {
            let traffic = LoadTraffic(distinct: 1_000, seed: seed)
            return (0..<50).map { traffic.flow($0, isV4: true, interfaces: 8, now: noon) }
        }
        #expect(flows(1) == flows(1))
        #expect(flows(1) != flows(2))
    }

    @Test(arguments: 2...13)
    func permutationsLoseNothing(bits: Int) {
        let permutation = Permutation(bits: bits, seed: 3)
        let images = (0..<(1 << UInt64(bits)) as Range<UInt64>).map { permutation($0) }
        #expect(Set(images).count == images.count && images.allSatisfy { $0 < 1 << UInt64(bits) })
    }
}

@Suite struct LoadFleetTests {
    @Test(arguments: zip([LoadProtocol.v5, .v9, .ipfix, .sflow], [30, 24, 24, 6] as [UInt64]))
    func datagramsHoldTheUsualRecords(kind: LoadProtocol, records: UInt64) {
        var fleet = LoadFleet(protocol: kind, now: noon)
        var writer = DatagramWriter()
        let totals = fleet.export(exporter: 0, datagrams: 16, now: noon, into: &writer)
        #expect(totals.flows == 16 * records)
        #expect(writer.count == 16)
        #expect(writer.datagrams().allSatisfy { $0.count <= 2_500 })
    }

    @Test func aMixedLoadHasManySourcesAndTemplates() {
        var fleet = LoadFleet(protocol: .mixed, count: 3, now: noon)
        #expect(fleet.exporters.count >= 50)
        #expect(Set(fleet.exporters.map(\.profile.address)).count == fleet.exporters.count)
        var layouts: Set<[UInt8]> = []
        var reader = TemplateReader()
        for index in fleet.exporters.indices {
            var writer = DatagramWriter()
            fleet.announce(exporter: index, now: noon, into: &writer)
            let totals = fleet.export(exporter: index, datagrams: 8, now: noon, into: &writer)
            #expect(totals.flows > 0)
            guard let first = writer.datagrams().first, [9, 10].contains(first[1]) else { continue }
            let before = (reader.flows, reader.bytes)
            reader.templates = [:]
            for datagram in writer.datagrams() { reader.read(datagram) }
            #expect(reader.flows - before.0 == totals.flows && reader.bytes - before.1 == totals.bytes)
            for fields in reader.templates.values {
                layouts.insert(
                    [first[1]] + fields.flatMap { [UInt8($0.element & 0xFF), UInt8(truncatingIfNeeded: $0.length)] }
                )
            }
        }
        #expect(layouts.count >= 20)
    }

    @Test func theScheduleIsExact() {
        var schedule = PacingSchedule(rate: 1_000, seconds: 2)
        #expect(schedule.total == 2_000)
        #expect(schedule.due(elapsed: 0) == 0)
        #expect(schedule.due(elapsed: 0.5) == 500)
        schedule.note(sent: 500)
        #expect(schedule.due(elapsed: 0.5) == 0)
        #expect(schedule.due(elapsed: 100) == 1_500)
        schedule.note(sent: 1_500)
        #expect(schedule.isComplete)
    }
}

@Suite struct DemoNetworkTests {
    @Test func sendsTheStatedRateFromFiveRouters() {
        var network = DemoNetwork(rate: 500, seed: 1, now: noon)
        var totals = FlowTotals()
        var sources: Set<IPAddress> = []
        for step in 0..<160 as Range<UInt64> {
            for index in network.routers.indices {
                var writer = DatagramWriter()
                totals += network.advance(router: index, to: noon + step * 250, into: &writer)
                if writer.count > 0 { sources.insert(network.routers[index].profile.address) }
                #expect(writer.datagrams().allSatisfy { $0.count <= 1_472 })
            }
        }
        #expect(sources.count == 5)
        // 40 s at 500/s and noon's level, which is near one.
        #expect((18_000...26_000).contains(totals.flows))
    }

    @Test func attacksComeAndGo() {
        let network = DemoNetwork(rate: 500, seed: 1, now: noon)
        let under = (0..<660).filter { network.isUnderAttack(at: noon + UInt64($0) * 1000) }
        #expect(under == Array(60..<105) + Array(360..<405))
        #expect(network.attackTarget(at: noon + 70_000)?.description.hasPrefix("203.0.113.") == true)
    }

    @Test func flowsBelongToTheProvider() {
        var traffic = DemoTraffic(seed: 9)
        let own = ["198.19.0.0/16", "203.0.113.0/24", "2001:db8:1000::/36", "2001:db8:1ff::/48"].compactMap(Prefix.init)
        for role in [DemoRole.edge1, .edge2, .core, .access, .exchange] {
            let known = Set(role.interfaces.map(\.index))
            for _ in 0..<2_000 {
                let flow = traffic.flow(role: role, samplingRate: 100, canBeV6: role != .access, now: noon)
                let customer = flow.direction == 0 ? flow.destination : flow.source
                #expect(own.contains { $0.contains(customer) })
                #expect(known.contains(flow.inIf) && known.contains(flow.outIf))
                #expect(flow.packets > 0 && flow.bytes >= 40 * flow.packets && flow.start <= flow.end)
                #expect(flow.bytes / flow.packets <= 1_500)
                let systems = [flow.sourceAS, flow.destinationAS]
                #expect(role == .access ? systems == [0, 0] : systems.contains(64_500))
            }
        }
    }

    @Test func nothingBelongsToARealNetwork() {
        // RFC 2544, RFC 5737, RFC 3849.
        let reserved = ["198.18.0.0/15", "203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"].compactMap(Prefix.init)
        var traffic = DemoTraffic(seed: 5)
        let attack = DemoAttack.running(elapsed: DemoAttack.first, seed: 5)
        var systems: Set<UInt32> = []
        for role in [DemoRole.edge1, .edge2, .core, .access, .exchange] {
            let usual = (0..<2_000).map { _ in traffic.flow(role: role, samplingRate: 1, canBeV6: true, now: noon) }
            let attacking = attack.map { traffic.flow(of: $0, role: role, samplingRate: 1, now: noon) }
            for flow in usual + [attacking].compactMap(\.self) {
                for address in [flow.source, flow.destination, flow.nextHop] {
                    #expect(reserved.contains { $0.contains(address) }, "\(address)")
                }
                systems.formUnion([flow.sourceAS, flow.destinationAS])
            }
        }
        systems.formUnion([RemoteNetwork.Other.transit1.number, RemoteNetwork.Other.transit2.number])
        // RFC 5398, and 0 for unknown.
        #expect(systems.isSubset(of: Set(64_496...64_511).union(65_536...65_551).union([0])))
        #expect(systems.count == 1 + 1 + 16 + 2)
    }

    @Test func theDayHasAMeanOfOne() {
        let mean = DayCurve.hours.reduce(0, +) / 24
        #expect((0.98...1.02).contains(mean))
        let night = DayCurve.level(at: 1_795_392_000_000 + 4 * 3_600_000, seed: 1)
        let evening = DayCurve.level(at: 1_795_392_000_000 + 20 * 3_600_000, seed: 1)
        #expect(evening > 4 * night)
    }
}
