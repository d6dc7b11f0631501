import FlowDecoders
import FlowSchema
import NetTypes
import Testing
import WireFormat

@Suite("sFlow records")
struct SFlowRecordTests {
    typealias Wire = SFlowBytes

    static let frame = Wire.ethernet(0x0800, Wire.ipv4(proto: 6, Wire.tcp()))

    private func decode(_ records: [[UInt8]], _ view: TunnelView = .outer) -> SFlowDecoded {
        SFlowDecoded(Wire.datagram([Wire.flowSample(records: records)]), view: view)
    }

    /// The records in their order and the other way round, which must not matter.
    private func bothWays(_ records: [[UInt8]]) -> [SFlowDecoded] { [decode(records), decode(records.reversed())] }

    @Test("address translation")
    func nat() {
        let records = [
            Wire.rawHeader(Self.frame), Wire.framed(1007, Wire.words(1, 0xCB00_7101, 2, 0x2001_0DB8, 0, 0, 9)),
            Wire.framed(1020, Wire.words(1024, 8443)),
        ]
        for decoded in bothWays(records) {
            #expect(decoded.address(.srcAddrNAT) == "203.0.113.1")
            #expect(decoded.address(.dstAddrNAT) == "2001:db8::9")
            #expect((decoded.number(.srcPortNAT), decoded.number(.dstPortNAT)) == (1024, 8443))
            #expect((decoded.number(.srcPort), decoded.counters.malformed.total) == (443, 0))
        }
    }

    @Test("the AS path, communities, users and URLs, in any order and as far as they go")
    func lists() {
        func text(_ text: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            return Wire.words(UInt32(bytes.count)) + bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
        }
        // A sequence of two, a set of two, two communities, a local preference.
        let gateway = Wire.framed(
            1003,
            Wire.words(1, 0x0A00_0001, 64500, 64501, 64502, 2, 2, 2, 65001, 65002, 1, 2, 65010, 65011)
                + Wire.words(2, 65000 << 16 | 7, 65000 << 16 | 8, 100)
        )
        let user = Wire.framed(1004, Wire.words(106) + text("anna") + Wire.words(106) + text("berta"))
        let url = Wire.framed(1005, Wire.words(1) + text("/index.html") + text("example.net"))
        for decoded in bothWays([Wire.rawHeader(Self.frame), gateway, user, url]) {
            let batch = decoded.batch
            let path = VariableValue.numbers(batch.variable(.asPath)?.value(row: 0) ?? [])
            let communities = VariableValue.numbers(batch.variable(.bgpCommunities)?.value(row: 0) ?? [])
            let texts = VariableValue.texts(batch.variable(.strings)?.value(row: 0) ?? [])
            #expect(path == [65001, 65002, 65010, 65011] && communities == [65000 << 16 | 7, 65000 << 16 | 8])
            #expect(
                Dictionary(uniqueKeysWithValues: texts.map { ($0.name, $0.text) })
                    == [
                        "userName": "anna", "destinationUserName": "berta", "httpUrl": "/index.html",
                        "httpHost": "example.net",
                    ]
            )
            #expect((decoded.number(.srcAS), decoded.number(.dstAS)) == (64501, 65011))
        }
        // A datagram full of users and URLs: a row has one text of each name.
        let many = decode(
            [Wire.rawHeader(Self.frame)] + Array(repeating: user, count: 40) + Array(repeating: url, count: 40)
        )
        #expect(VariableValue.texts(many.batch.variable(.strings)?.value(row: 0) ?? []).count == 4)
        // Two gateways: the first counts. A made-up count of communities ends with the bytes.
        let other = Wire.framed(1003, Wire.words(0, 1, 2, 3, 1, 2, 1, 9, .max, 5))
        let twice = decode([Wire.rawHeader(Self.frame), other, gateway])
        #expect(VariableValue.numbers(twice.batch.variable(.asPath)?.value(row: 0) ?? []) == [9])
        #expect(VariableValue.numbers(twice.batch.variable(.bgpCommunities)?.value(row: 0) ?? []) == [5])
        #expect(twice.counters.flows == 1)
    }

    @Test("labels of a router that pushes them, or swaps them")
    func mpls() {
        let pushed = [
            Wire.rawHeader(Self.frame), Wire.framed(1006, Wire.words(1, 0x0A00_0001, 0, 2, 0x10040, 0x2003F)),
        ]
        for decoded in bothWays(pushed) {
            #expect((decoded.number(.mplsCount), decoded.number(.mpls1Label), decoded.number(.mpls1TTL)) == (2, 16, 64))
            #expect((decoded.number(.mplsLastLabel), decoded.number(.mplsLastTTL)) == (32, 63))
            #expect(decoded.address(.nextHop) == "10.0.0.1")
        }
        let swapped = decode([Wire.rawHeader(Self.frame), Wire.framed(1006, Wire.words(0, 1, 0x30140, 1, 0x40140))])
        #expect((swapped.number(.mplsCount), swapped.number(.mpls1Label)) == (1, 48))
        let madeUp = decode([Wire.rawHeader(Self.frame), Wire.framed(1006, Wire.words(0, .max, 1))])
        #expect((madeUp.counters.flows, madeUp.counters.malformed[.truncated]) == (1, 1))
    }

    @Test("tags that were removed before sampling stand outside")
    func vlanTunnel() {
        let one = Wire.framed(1012, Wire.words(1, 0x88A8_00C8))
        for decoded in bothWays([Wire.rawHeader(Self.frame), one]) {
            #expect((decoded.number(.vlanId), decoded.number(.customerVlanId)) == (200, 0))
        }
        let tagged = Wire.rawHeader(Wire.ethernet(0x8100, [0, 7, 8, 0] + Wire.ipv4(proto: 6, Wire.tcp())))
        for decoded in bothWays([tagged, one]) {
            #expect((decoded.number(.vlanId), decoded.number(.customerVlanId)) == (200, 7))
        }
        let two = decode([tagged, Wire.framed(1012, Wire.words(2, 0x88A8_00C8, 0x8100_0064))])
        #expect((two.number(.vlanId), two.number(.customerVlanId)) == (200, 100))
    }

    @Test("what the agent tells of a tunnel that the sampled frame isn't in")
    func tunnelRecords() {
        let outer = Wire.words(1400, 17, 0x0A00_0001, 0x0A00_0002, 50000, 4789, 0, 0)
        let records = [
            Wire.rawHeader(Self.frame), Wire.framed(1023, outer), Wire.framed(1021, Wire.words(64, 1, 2, 3, 4, 0x800)),
            Wire.framed(1029, Wire.words(5001)),
        ]
        for decoded in bothWays(records) {
            #expect((decoded.number(.encapType), decoded.number(.encapId)) == (UInt64(EncapType.vxlan.rawValue), 5001))
            #expect((decoded.number(.srcPort), decoded.address(.srcAddrEncap)) == (443, "::"))
            #expect(decoded.counters.skippedRecords == 1)
        }
        let gre = decode([
            Wire.rawHeader(Self.frame), Wire.framed(1026, Wire.words(9, 47, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0)),
        ])
        #expect(gre.number(.encapType) == UInt64(EncapType.gre.rawValue))
        // As Open vSwitch writes the port 4789.
        let swapped = Wire.words(0, 17, 0x0A5F_0001, 0x0A5F_0002, 0, 0xB512, 0, 0)
        let vxlan = decode([
            Wire.rawHeader(Self.frame), Wire.framed(1029, Wire.words(4660)), Wire.framed(1023, swapped),
        ])
        #expect((vxlan.number(.encapType), vxlan.number(.encapId)) == (UInt64(EncapType.vxlan.rawValue), 4660))
        // The frame's own tunnel counts for more.
        let tunnelled = Wire.rawHeader(Wire.ethernet(0x0800, TunnelTests.cases[0].packet))
        for decoded in bothWays([tunnelled, Wire.framed(1030, Wire.words(5001)), Wire.framed(1024, outer)]) {
            #expect((decoded.number(.encapId), decoded.number(.dstPortEncap)) == (0x1234, 2222))
        }
    }

    @Test("the inner packet as the main one")
    func view() {
        let record = Wire.rawHeader(Wire.ethernet(0x0800, TunnelTests.cases[0].packet))
        let outer = decode([record])
        #expect((outer.number(.dstPort), outer.number(.dstPortEncap)) == (4789, 2222))
        let inner = decode([record], .inner)
        #expect((inner.number(.dstPort), inner.number(.dstPortEncap), inner.number(.vlanId)) == (2222, 2222, 77))
        #expect((inner.number(.encapType), inner.number(.bytes)) == (1, 1400))
    }

    @Test("who was on the way from the source, and BGP's next hop")
    func gateway() {
        let path = Wire.words(1, 0xC000_0209, 65001, 65002, 65003, 1, 2, 2, 65010, 65011, 0, 0)
        let decoded = decode([Wire.rawHeader(Self.frame), Wire.framed(1003, path)])
        #expect((decoded.number(.prevHopAS), decoded.number(.nextHopAS)) == (65003, 65010))
        #expect(decoded.address(.bgpNextHop) == "192.0.2.9")
        let unknown = decode([Wire.rawHeader(Self.frame), Wire.framed(1003, Wire.words(0, 65001, 0, 0, 0, 0, 0))])
        #expect(!unknown.batch.isPresent(.prevHopAS) && !unknown.batch.isPresent(.bgpNextHop))
        #expect(unknown.number(.srcAS) == 65001)
    }

    @Test("records that tell no column are skipped and counted")
    func skipped() {
        let formats: [UInt32] = [1008, 1011, 1013, 1036, 1042, 2100, 5 << 12 | 1, .max]
        let decoded = decode([Wire.rawHeader(Self.frame)] + formats.map { Wire.framed($0, [1, 2, 3, 4, 5]) })
        #expect(decoded.counters.skippedRecords == UInt64(formats.count))
        #expect((decoded.counters.flows, decoded.counters.malformed.total) == (1, 0))
        let vendor = SFlowDecoded(Wire.datagram([Wire.framed(4413 << 12 | 1, [1, 2, 3, 4])]))
        #expect((vendor.counters.skippedRecords, vendor.counters.records) == (1, 0))
    }

    private func discard(drops: UInt32 = 0, reason: UInt32 = 259, records: [[UInt8]]) -> [UInt8] {
        Wire.framed(5, Wire.words(1, 0, 7, drops, 7, 9, reason, UInt32(records.count)) + records.flatMap { $0 })
    }

    @Test("discarded packets are rows with a reason")
    func discarded() {
        let records = [Wire.rawHeader(Self.frame), Wire.framed(1036, Wire.words(3))]
        let decoded = SFlowDecoded(Wire.datagram([discard(records: records), Wire.flowSample(records: [records[0]])]))
        #expect((decoded.counters.records, decoded.counters.flows, decoded.counters.skippedRecords) == (2, 2, 1))
        #expect((decoded.number(.dropReason), decoded.number(.forwardingStatus)) == (259, 128))
        #expect((decoded.number(.inIf), decoded.number(.outIf), decoded.number(.samplingRate)) == (7, 9, 1))
        #expect((decoded.number(.srcPort), decoded.number(.bytes), decoded.number(.packets)) == (443, 1400, 1))
        #expect((decoded.number(.dropReason, 1), decoded.number(.forwardingStatus, 1)) == (0, 0))
        // A reason that isn't told, and one beyond the column.
        let none = SFlowDecoded(Wire.datagram([discard(reason: 0, records: [])]))
        #expect((none.number(.forwardingStatus), none.batch.isPresent(.dropReason)) == (128, false))
        #expect(SFlowDecoded(Wire.datagram([discard(reason: .max, records: [])])).number(.dropReason) == 65535)
        let short = SFlowDecoded(Wire.datagram([Wire.framed(5, Wire.words(1, 2, 3, 4))]))
        #expect((short.counters.records, short.counters.rejectedRecords) == (1, 1))
    }

    @Test("discards and flow samples count their loss apart")
    func drops() {
        var decoder = SFlowDecoder()
        let first = [discard(drops: 100, records: []), Wire.flowSample(drops: 5000, records: [])]
        #expect(SFlowDecoded(Wire.datagram(first), &decoder).header?.droppedSamples == 0)
        let second = [discard(drops: 110, records: []), Wire.flowSample(drops: 5003, records: [])]
        #expect(SFlowDecoded(Wire.datagram(second), &decoder).header?.droppedSamples == 13)
    }

    @Test("a discarded output has its reason")
    func discardedOutput() {
        let sample = Wire.flowSample(output: 1 << 30 | 258, records: [Wire.rawHeader(Self.frame)])
        let decoded = SFlowDecoded(Wire.datagram([sample]))
        #expect(
            (decoded.number(.outIf), decoded.number(.forwardingStatus), decoded.number(.dropReason)) == (0, 128, 258)
        )
    }

    @Test("nothing of a sample is left in those after it")
    func cleared() {
        let full = Wire.flowSample(
            rate: 7,
            output: 1 << 30 | 258,
            records: [
                Wire.rawHeader(Wire.ethernet(0x88A8, [0, 5, 0x81, 0, 0, 6, 8, 0] + TunnelTests.cases[0].packet)),
                Wire.framed(1001, Wire.words(100, 0, 200, 0)), Wire.framed(1002, Wire.words(1, 1, 24, 16)),
                Wire.framed(1003, Wire.words(1, 1, 65001, 65002, 65003, 1, 2, 1, 65010)),
                Wire.framed(1006, Wire.words(1, 1, 1, 0x30140, 1, 0x40140)),
                Wire.framed(1007, Wire.words(1, 1, 1, 2)), Wire.framed(1020, Wire.words(3, 4)),
                Wire.framed(1012, Wire.words(2, 0x88A8_00C8, 0x8100_0064)), Wire.framed(1030, Wire.words(9)),
            ]
        )
        let icmp = Wire.flowSample(records: [
            Wire.rawHeader(Wire.ethernet(0x86DD, Wire.ipv6(next: 44, [58, 0, 5, 8, 0, 0, 0, 1, 3, 4])))
        ])
        let empty = Wire.datagram([Wire.flowSample(records: [])])
        var decoder = SFlowDecoder()
        _ = SFlowDecoded(Wire.datagram([full, icmp]), &decoder)
        let after = SFlowDecoded(empty, &decoder)
        let fresh = SFlowDecoded(empty)
        for column in FlowColumn.allCases {
            #expect(after.number(column) == fresh.number(column) && after.address(column) == fresh.address(column))
            #expect(!(column.isDetail && after.batch.isPresent(column)))
        }
    }
}
