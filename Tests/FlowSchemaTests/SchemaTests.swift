import FlowSchema
import NetTypes
import Testing

@Suite("Schema")
struct SchemaTests {
    /// Number, name and type of every published field. SQL, dashboards and
    /// protobuf producers rely on them: lines may be added, never changed.
    static let published = """
        1 FlowType Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4, 'PORTMIRROR' = 5, 'NFLOG' = 6, 'CONNTRACK' = 7, 'AWS_VPC' = 8, 'GCP_VPC' = 9, 'FASTNETMON' = 10, 'NETFLOW_V1' = 11, 'NETFLOW_V7' = 12, 'AZURE_VNET' = 13)
        2 TimeReceived DateTime('UTC')
        3 SamplingRate UInt32
        4 SequenceNum UInt32
        5 TimeFlowEnd DateTime('UTC')
        6 SrcAddr IPv6
        7 DstAddr IPv6
        9 Bytes UInt64
        10 Packets UInt64
        11 SamplerAddress IPv6
        12 NextHop IPv6
        13 NextHopAS UInt32
        14 SrcAS UInt32
        15 DstAS UInt32
        16 SrcNet UInt8
        17 DstNet UInt8
        18 InIf UInt32
        19 OutIf UInt32
        20 Proto UInt8
        21 SrcPort UInt16
        22 DstPort UInt16
        23 IPTos UInt8
        24 ForwardingStatus UInt8
        25 IPTTL UInt8
        26 TCPFlags UInt8
        27 SrcMac UInt64
        28 DstMac UInt64
        29 VlanId UInt16
        30 EType UInt16
        31 IcmpType UInt8
        32 IcmpCode UInt8
        33 SrcVlan UInt16
        34 DstVlan UInt16
        35 FragmentId UInt32
        36 FragmentOffset UInt32
        37 IPv6FlowLabel UInt32
        38 TimeFlowStart DateTime('UTC')
        39 IngressVrfId UInt32
        40 EgressVrfId UInt32
        41 BiFlowDirection UInt8
        42 FlowDirection UInt8
        44 SrcAddrEncap IPv6
        45 DstAddrEncap IPv6
        46 ProtoEncap UInt8
        47 ETypeEncap UInt16
        48 IPTosEncap UInt8
        49 IPTTLEncap UInt8
        50 IPv6FlowLabelEncap UInt32
        51 FragmentIdEncap UInt32
        52 FragmentOffsetEncap UInt32
        54 MPLSCount UInt8
        55 MPLS1TTL UInt8
        56 MPLS1Label UInt32
        57 MPLS2TTL UInt8
        58 MPLS2Label UInt32
        59 MPLS3TTL UInt8
        60 MPLS3Label UInt32
        61 MPLSLastTTL UInt8
        62 MPLSLastLabel UInt32
        1000 SamplingRateSource Enum8('unknown' = 0, 'record' = 1, 'options' = 2, 'configuration' = 3)
        1001 TimeFlowStartNs UInt32
        1002 TimeFlowEndNs UInt32
        1003 SrcPortEncap UInt16
        1004 DstPortEncap UInt16
        1005 EncapType Enum8('none' = 0, 'VXLAN' = 1, 'Geneve' = 2, 'GRE' = 3, 'ERSPAN' = 4, 'IPIP' = 5, '6in4' = 6, 'GTP-U' = 7, 'SRv6' = 8, 'L2TP' = 9, 'PPPoE' = 10)
        1006 EncapId UInt32
        1010 SrcAddrNAT IPv6
        1011 DstAddrNAT IPv6
        1012 SrcPortNAT UInt16
        1013 DstPortNAT UInt16
        1014 FirewallEvent UInt8
        1015 CustomerVlanId UInt16
        1016 IPTTLMax UInt8
        1017 DropReason UInt16
        1018 FlowEndReason UInt8
        1019 ApplicationId UInt64
        1020 PrevHopAS UInt32
        1021 BGPNextHop IPv6
        1022 InPhysIf UInt32
        1023 OutPhysIf UInt32
        1024 ASPath Array(UInt32)
        1025 BGPCommunities Array(UInt32)
        1026 Strings Map(LowCardinality(String), String)
        1027 Incoming UInt8
        1028 Locality Enum8('unknown' = 0, 'in' = 1, 'out' = 2, 'internal' = 3, 'transit' = 4)
        1029 SrcCountry FixedString(2)
        1030 DstCountry FixedString(2)
        1031 SrcCityId UInt64
        1032 DstCityId UInt64
        1037 BGPLargeCommunities Array(UInt32)
        1038 BGPExtendedCommunities Array(UInt32)
        1300 Mark UInt32
        1301 ConntrackZone UInt16
        1302 ConntrackStatus UInt32
        1350 CloudPath UInt8
        1351 RoundTripTime UInt32
        1352 DroppedBytes UInt64
        1353 DroppedPackets UInt64
        1354 CloudAccount LowCardinality(String)
        1355 CloudRegion LowCardinality(String)
        1356 CloudZone LowCardinality(String)
        1357 CloudVpc LowCardinality(String)
        1358 CloudSubnet LowCardinality(String)
        1359 CloudInterface LowCardinality(String)
        1360 CloudInstance LowCardinality(String)
        1361 CloudAction LowCardinality(String)
        1362 CloudReason LowCardinality(String)
        1363 CloudReporter LowCardinality(String)
        1364 CloudCluster LowCardinality(String)
        1365 CloudWorkload LowCardinality(String)
        1366 CloudTask LowCardinality(String)
        1367 SrcCloudService LowCardinality(String)
        1368 DstCloudService LowCardinality(String)
        1369 SrcCloudProject LowCardinality(String)
        1370 DstCloudProject LowCardinality(String)
        1371 SrcCloudRegion LowCardinality(String)
        1372 DstCloudRegion LowCardinality(String)
        1373 SrcCloudZone LowCardinality(String)
        1374 DstCloudZone LowCardinality(String)
        1375 SrcCloudVpc LowCardinality(String)
        1376 DstCloudVpc LowCardinality(String)
        1377 SrcCloudSubnet LowCardinality(String)
        1378 DstCloudSubnet LowCardinality(String)
        1379 SrcCloudInstance LowCardinality(String)
        1380 DstCloudInstance LowCardinality(String)
        1381 SrcCloudCluster LowCardinality(String)
        1382 DstCloudCluster LowCardinality(String)
        1383 SrcCloudNamespace LowCardinality(String)
        1384 DstCloudNamespace LowCardinality(String)
        1385 SrcCloudPod LowCardinality(String)
        1386 DstCloudPod LowCardinality(String)
        1387 SrcCloudWorkload LowCardinality(String)
        1388 DstCloudWorkload LowCardinality(String)
        """

    @Test("numbers, names and types are as published")
    func pinned() {
        let fields = FlowColumn.allCases.map(\.field).sorted { $0.number < $1.number }
        let text = fields.map { "\($0.number) \($0.name) \($0.column.clickHouseType)" }.joined(separator: "\n")
        #expect(text == Self.published)
    }

    @Test("numbers and names are unique, mirrors point back")
    func table() {
        let fields = FlowColumn.allCases.map(\.field)
        #expect(Set(fields.map(\.number)).count == fields.count)
        #expect(Set(fields.map { $0.name.lowercased() }).count == fields.count)
        for field in fields {
            #expect(field.column == FlowColumn.named(field.name))
            if let mirror = field.mirror { #expect(mirror.field.mirror == field.column) }
            #expect(field.documentation.hasSuffix("."))
        }
    }

    @Test("columns that no row holds are told of some that rows hold, and have names of their own")
    func derived() {
        let names = (FlowColumn.allCases + FlowColumn.derived).map { $0.name.lowercased() }
        #expect(Set(names).count == names.count && FlowColumn.derived.count == 23)
        for column in FlowColumn.derived {
            let field = column.field
            #expect(
                field.number == 0 && field.isDimension && !column.isStored && FlowColumn.named(field.name) == column
            )
            if let mirror = field.mirror { #expect(mirror.field.mirror == column) }
            #expect(!column.sources.isEmpty && column.sources.allSatisfy(\.isStored))
            #expect(column.derivation?.expression.hasPrefix("dictGet('netmeta.") == true)
            #expect(field.documentation.hasSuffix("."))
        }
        #expect(FlowColumn.allCases.count == FlowColumn.count && FlowColumn.allCases.allSatisfy { !$0.isDerived })
        #expect(FlowColumn.allCases.enumerated().allSatisfy { $0 == Int($1.rawValue) })
    }

    @Test("a country's letters and their number", arguments: [("DE", 0x4544), ("no", 0x4F4E), ("Zz", 0x5A5A)])
    func countries(_ text: String, _ number: UInt16) {
        #expect(CountryCode.number(text) == number && CountryCode.text(UInt64(number)) == text.uppercased())
    }

    @Test("every form renders every stored field", arguments: SchemaForm.allCases)
    func forms(_ form: SchemaForm) {
        let text = SchemaDocument.render(form)
        #expect(text.hasSuffix("\n"))
        for field in FlowColumn.allCases.map(\.field) where field.column.isStored {
            #expect(text.contains(form == .proto ? field.protoName : field.name), "\(field.name) in \(form)")
        }
    }

    @Test("columns written in part are filled up, unwritten ones stay absent")
    func batch() {
        let batch = FlowBatch(capacity: 100)
        batch.fill(.bytes, batch.reserve(10), with: UInt64(7))
        let second = batch.reserve(20)
        batch.fill(.dstAddr, second, with: IPAddress(192, 0, 2, 1))
        batch.fill(.flowDirection, second.lowerBound..<second.lowerBound + 5, with: UInt8(1))
        batch.seal()
        #expect(batch.count == 30 && batch.room == 70)
        #expect(batch.number(.bytes, row: 9) == 7 && batch.number(.bytes, row: 10) == 0)
        #expect(
            batch.address(.dstAddr, row: 9) == .unspecified
                && batch.address(.dstAddr, row: 29) == IPAddress(192, 0, 2, 1)
        )
        #expect(batch.number(.flowDirection, row: 0) == 255 && batch.number(.flowDirection, row: 10) == 1)
        #expect(batch.number(.flowDirection, row: 29) == 255)
        #expect(batch.isPresent(.bytes) && !batch.isPresent(.packets))

        // A batch is used again and again: nothing of its first life may show.
        batch.clear()
        batch.fill(.packets, batch.reserve(30), with: UInt64(1))
        batch.seal()
        #expect(!batch.isPresent(.bytes) && batch.number(.bytes, row: 3) == 0)
        #expect(batch.address(.dstAddr, row: 29) == .unspecified)
        #expect(batch.number(.flowDirection, row: 12) == 255)
    }

    @Test("a row as JSON has every stored column once")
    func json() {
        let batch = FlowBatch(capacity: 1)
        let row = batch.reserve(1)
        batch.fill(.timeReceived, row, with: UInt32(1_800_000_000))
        batch.fill(.timeFlowStart, row, with: UInt32(1_800_000_000))
        batch.fill(.timeFlowStartNs, row, with: UInt32(250_000_000))
        batch.fill(.flowType, row, with: FlowType.netflowV9.rawValue)
        batch.fill(.srcMac, row, with: UInt64(0x0011_22AA_BBCC))
        batch.seal()
        let origin = RowOrigin(
            rows: row,
            exporter: IPEndpoint(address: IPAddress(192, 0, 2, 9), port: 4000),
            domain: 7,
            template: 256
        )
        let text = JSONRows().object(batch, row: 0, origin: origin)
        #expect(text.hasPrefix(#"{"TimeReceived":"2027-01-15T08:00:00Z","FlowType":"NETFLOW_V9","#))
        #expect(text.contains(#""TimeFlowStart":"2027-01-15T08:00:00.250Z""#))
        #expect(text.contains(#""SrcMac":"00:11:22:aa:bb:cc""#))
        #expect(text.hasSuffix(#""_source":{"exporter":"192.0.2.9","port":4000,"domain":7,"template":256}}"#))
        for column in ClickHouse.columns where !column.isDetail {
            #expect(text.components(of: "\"\(column.name)\":") == (column.isEnriched ? 0 : 1))
        }
        // What is computed at ingest stands there once it was.
        batch.fill(.incoming, row, with: UInt8(0))
        batch.fill(.locality, row, with: Locality.out.rawValue)
        let enriched = JSONRows().object(batch, row: 0, origin: nil)
        #expect(enriched.contains(#","Incoming":0,"Locality":"out""#))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
