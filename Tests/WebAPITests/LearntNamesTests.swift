import FlowQuery
import FlowSchema
import NetTypes
import Telemetry
import Testing

@testable import WebAPI

@Suite("Names that exporters told")
struct LearntNamesTests {
    private let one = IPAddress(192, 0, 2, 1)
    private let two = IPAddress(192, 0, 2, 2)

    private var names: LearntNames {
        var first = ExporterReport(address: one, name: nil, lastSeen: 0)
        first.names.interfaces = [9: "xe-0/0/9", 3: "lo0"]
        first.names.vrfs = [3: "blue"]
        first.names.applications = [0x0300_0050: "http"]
        var second = ExporterReport(address: two, name: nil, lastSeen: 0)
        second.names.interfaces = [9: "ge-1/0/9", 3: "lo0"]
        return LearntNames([first, second])
    }

    @Test("names that people gave count before those that exporters told, and what nobody named stays")
    func given() {
        var book = NameBook()
        var edge = SamplerNames()
        edge.description = "edge"
        edge.interfaces = [9: "uplink", 4: "spare"]
        edge.vlans = [100: "guests"]
        edge.hosts = [IPAddress(198, 51, 100, 1): "web"]
        book.samplers = [Prefix(one, bits: 128): edge, Prefix(IPAddress(203, 0, 113, 0), bits: 120): edge]
        book.autnums = [64500: AutonomousSystemName(name: "Example")]
        book.listedAutnums = [
            64500: AutonomousSystemName(name: "Listed"), 64502: AutonomousSystemName(name: "Listed, too"),
        ]
        var first = ExporterReport(address: one, name: nil, lastSeen: 0)
        first.names.interfaces = [9: "xe-0/0/9", 3: "lo0"]
        let names = LearntNames([first], book)
        func labels(_ columns: [FlowColumn], _ values: [KeyValue]) -> [String] {
            let dimensions = columns.compactMap(Dimension.init)
            return names.labels(GroupKey(values: values, dimensions: dimensions), dimensions)
        }
        #expect(labels([.samplerAddress, .inIf], [.address(one), .number(9)]) == ["edge 192.0.2.1", "uplink if 9"])
        #expect(labels([.samplerAddress, .inIf], [.address(one), .number(3)]) == ["edge 192.0.2.1", "lo0 if 3"])
        #expect(labels([.samplerAddress, .inIf], [.address(two), .number(9)]) == ["192.0.2.2", "if 9"])
        let within = IPAddress(203, 0, 113, 9)
        #expect(
            labels([.outIf, .samplerAddress], [.number(4), .address(within)]) == ["spare if 4", "edge 203.0.113.9"]
        )
        #expect(labels([.srcAS, .dstAS], [.number(64500), .number(0)]) == ["AS64500 Example", "unknown"])
        #expect(labels([.dstAS], [.number(64501)]) == ["AS64501"])
        #expect(labels([.dstAS], [.number(64502)]) == ["AS64502 Listed, too"])
        #expect(
            labels([.vlanId, .dstAddr], [.number(100), .address(IPAddress(198, 51, 100, 1))]) == [
                "100 guests", "web 198.51.100.1",
            ]
        )
        #expect(labels([.inIf], [.number(9)]) == ["uplink if 9"])
    }

    @Test("hosts that nobody named are asked for once, and have the name that a server knows")
    func hosts() {
        var book = NameBook()
        var edge = SamplerNames()
        edge.description = "edge"
        edge.hosts = [two: "web"]
        book.samplers = [Prefix(one, bits: 128): edge]
        var names = LearntNames([], book)
        let dimensions = [FlowColumn.samplerAddress, .srcAddr, .dstAddr, .inIf].compactMap(Dimension.init)
        let (three, four) = (IPAddress(192, 0, 2, 3), IPAddress(192, 0, 2, 4))
        let keys = [
            GroupKey(values: [one, two, three].map(KeyValue.address) + [.number(1)], dimensions: dimensions),
            GroupKey(values: [four, .unspecified, three].map(KeyValue.address) + [.number(1)], dimensions: dimensions),
            .other,
        ]
        #expect(names.nameless(keys, dimensions) == [three, four])
        #expect(names.nameless(keys, [FlowColumn.inIf].compactMap(Dimension.init)).isEmpty)
        names.hosts = [two: "ptr.example.net", three: "<b>.example.net"]
        #expect(
            names.labels(keys[0], dimensions) == [
                "edge 192.0.2.1", "web 192.0.2.2", "<b>.example.net 192.0.2.3", "if 1",
            ]
        )
        #expect(
            names.labels(keys[1], dimensions) == ["192.0.2.4", "unknown", "<b>.example.net 192.0.2.3", "if 1"]
        )
    }

    private func labels(_ columns: [FlowColumn], _ values: [KeyValue]) -> [String] {
        let dimensions = columns.compactMap(Dimension.init)
        return names.labels(GroupKey(values: values, dimensions: dimensions), dimensions)
    }

    @Test("an interface has the name that its own exporter told")
    func interfaces() {
        #expect(labels([.inIf, .samplerAddress], [.number(9), .address(two)]) == ["ge-1/0/9 if 9", "192.0.2.2"])
        #expect(labels([.samplerAddress, .outIf], [.address(one), .number(9)]) == ["192.0.2.1", "xe-0/0/9 if 9"])
        #expect(labels([.inIf, .samplerAddress], [.number(8), .address(two)]) == ["if 8", "192.0.2.2"])
    }

    @Test("without an exporter, only where all agree")
    func agreement() {
        #expect(labels([.inIf], [.number(9)]) == ["if 9 of any exporter"])
        #expect(labels([.inIf], [.number(3)]) == ["lo0 if 3 of any exporter"])
        #expect(labels([.ingressVrfId, .srcPort], [.number(3), .number(3)]) == ["3 blue", "3"])
        #expect(labels([.applicationId], [.number(0x0300_0050)]) == ["50331728 http"])
    }

    @Test(
        "interfaces of one exporter alone need no word about others",
        arguments: [
            "SamplerAddress = 192.0.2.1", "Proto = TCP and (SamplerAddress = 192.0.2.1)",
        ]
    )
    func oneExporter(filter: String) throws {
        var names = names
        names.isOfOneExporter = try #require(try Filter.parse(filter)).fixes(.samplerAddress)
        let dimensions = [FlowColumn.inIf].compactMap(Dimension.init)
        #expect(names.labels(GroupKey(values: [.number(9)], dimensions: dimensions), dimensions) == ["if 9"])
        for other in [
            "not SamplerAddress = 192.0.2.1", "SamplerAddress in (192.0.2.1, 192.0.2.2)", "SrcAddr = 192.0.2.1",
        ] {
            #expect(try Filter.parse(other)?.fixes(.samplerAddress) == false, "\(other)")
        }
    }

    @Test("unknown, other and total keep their words")
    func others() {
        #expect(labels([.inIf], [.number(0)]) == ["unknown"])
        let dimensions = [FlowColumn.inIf].compactMap(Dimension.init)
        #expect(names.labels(.other, dimensions) == ["Other"])
        #expect(
            LearntNames.matter(to: dimensions) && !LearntNames.matter(to: [FlowColumn.proto].compactMap(Dimension.init))
        )
    }
}
