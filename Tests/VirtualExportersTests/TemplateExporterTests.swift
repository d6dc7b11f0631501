import NetTypes
import Testing

@testable import VirtualExporters

/// Reads v9 and IPFIX by what the templates say, written apart from the
/// encoder: the sums it finds must be those the encoder claims.
struct TemplateReader {
    struct Field {
        var element: Int
        var length: Int
        var isEnterprise = false
    }

    var templates: [Int: [Field]] = [:]
    var optionsTemplates: [Int: [Field]] = [:]
    var bytes: UInt64 = 0
    var packets: UInt64 = 0
    var flows: UInt64 = 0
    var values: [Int: [UInt64]] = [:]
    var optionsRecords = 0
    var optionValues: [Int: [UInt64]] = [:]

    /// Returns the number of records of each kind in the datagram.
    mutating func read(_ datagram: [UInt8]) {
        let isIPFIX = datagram[1] == 10
        var at = isIPFIX ? 16 : 20
        var records = 0
        if isIPFIX { #expect(Int(number(datagram, at: 2, length: 2)) == datagram.count) }
        while at < datagram.count {
            let id = Int(number(datagram, at: at, length: 2))
            let end = at + Int(number(datagram, at: at + 2, length: 2))
            #expect(end <= datagram.count && end > at + 4 && (end - at) % 4 == 0)
            guard end <= datagram.count, end > at + 4 else { return }
            let set = Array(datagram[at + 4..<end])
            switch id {
            case 0, 2: records += readTemplates(set)
            case 1, 3: records += readOptionsTemplates(set, isIPFIX: isIPFIX)
            default: records += readData(set, id: id)
            }
            at = end
        }
        if !isIPFIX { #expect(Int(number(datagram, at: 2, length: 2)) == records) }
    }

    private mutating func readTemplates(_ set: [UInt8]) -> Int {
        var at = 0
        var count = 0
        while at + 4 <= set.count, number(set, at: at, length: 2) != 0 {
            let id = Int(number(set, at: at, length: 2))
            let fields = Int(number(set, at: at + 2, length: 2))
            at += 4
            templates[id] = Self.fields(set, at: &at, count: fields)
            count += 1
        }
        return count
    }

    private mutating func readOptionsTemplates(_ set: [UInt8], isIPFIX: Bool) -> Int {
        var at = 0
        var count = 0
        while at + 6 <= set.count, number(set, at: at, length: 2) != 0 {
            let id = Int(number(set, at: at, length: 2))
            let first = Int(number(set, at: at + 2, length: 2))
            let second = Int(number(set, at: at + 4, length: 2))
            at += 6
            optionsTemplates[id] = Self.fields(set, at: &at, count: isIPFIX ? first : (first + second) / 4)
            count += 1
        }
        return count
    }

    private static func fields(_ set: [UInt8], at: inout Int, count: Int) -> [Field] {
        var result: [Field] = []
        for _ in 0..<count {
            var field = Field(
                element: Int(number(set, at: at, length: 2)),
                length: Int(number(set, at: at + 2, length: 2))
            )
            at += 4
            if field.element & 0x8000 != 0 {
                field.isEnterprise = true
                #expect(number(set, at: at, length: 4) == 32473)
                at += 4
            }
            result.append(field)
        }
        return result
    }

    private mutating func readData(_ set: [UInt8], id: Int) -> Int {
        let isOptions = optionsTemplates[id] != nil
        guard let fields = templates[id] ?? optionsTemplates[id] else {
            Issue.record("no template \(id)")
            return 0
        }
        let smallest = fields.reduce(0) { $0 + ($1.length == 0xFFFF ? 1 : $1.length) }
        var at = 0
        var count = 0
        while set.count - at >= smallest {
            for field in fields {
                var length = field.length
                if length == 0xFFFF {
                    length = Int(set[at])
                    at += 1
                }
                let value = number(set, at: at + max(0, length - 8), length: min(length, 8))
                at += length
                guard !field.isEnterprise else { continue }
                if isOptions {
                    optionValues[field.element, default: []].append(value)
                } else {
                    values[field.element, default: []].append(value)
                    if field.element == 1 { bytes += value }
                    if field.element == 2 { packets += value }
                }
            }
            count += 1
        }
        #expect(set[at...].allSatisfy { $0 == 0 } && set.count - at < 4)
        if isOptions { optionsRecords += count } else { flows += UInt64(count) }
        return count
    }
}

@Suite struct TemplateExporterTests {
    @Test(arguments: [TemplateExporter.Version.v9, .ipfix], TemplateLayout.allCases)
    func everyLayoutReadsBack(version: TemplateExporter.Version, layout: TemplateLayout) {
        var exporter = TemplateExporter(version: version, profile: profile(), layout: layout)
        var writer = DatagramWriter()
        var reader = TemplateReader()
        exporter.announce(now: noon, into: &writer)
        let flows = (1...9).map { flow(isV4: $0 % 3 != 0, bytes: UInt64($0 * 1_000), packets: UInt64($0)) }
        let totals = exporter.export(flows, now: noon, into: &writer)
        for datagram in writer.datagrams() { reader.read(datagram) }
        #expect(reader.flows == 9)
        #expect(reader.bytes == 45_000)
        #expect(reader.packets == 45)
        #expect(totals.bytes == 45_000 && totals.packets == 45 && totals.flows == 9)
        #expect(reader.values[7]?.allSatisfy { $0 == 443 } == true)
        #expect(reader.values[8]?.count == 6 && reader.values[27]?.count == 3)
        #expect(reader.values[8]?.first == 0xC000_0201)
        #expect(reader.optionsRecords == (version == .ipfix ? 4 : 3))
    }

    @Test func samplingIsToldAsTheProtocolDoes() {
        func options(_ version: TemplateExporter.Version, _ layout: TemplateLayout) -> [Int: [UInt64]] {
            var exporter = TemplateExporter(version: version, profile: profile(samplingRate: 1000), layout: layout)
            var writer = DatagramWriter()
            var reader = TemplateReader()
            exporter.announce(now: noon, into: &writer)
            for datagram in writer.datagrams() { reader.read(datagram) }
            return reader.optionValues
        }
        let sampler = options(.v9, .router)
        #expect(sampler[48] == [1] && sampler[49] == [2] && sampler[50] == [1000])
        let interval = options(.v9, .counters64)
        #expect(interval[34] == [1000] && interval[35] == [1])
        let selector = options(.ipfix, .switched)
        #expect(selector[302] == [1] && selector[304] == [1] && selector[305] == [1] && selector[306] == [999])
        let domain = options(.ipfix, .router)
        #expect(domain[149] == [7, 7] && domain[305] == [1] && domain[306] == [999])
        #expect(domain[160] == [noon - 3_600_000])
    }

    @Test func sequencesCountWhatTheStandardsSay() {
        func sequences(_ version: TemplateExporter.Version) -> [UInt64] {
            var exporter = TemplateExporter(version: version, profile: profile(), layout: .router)
            var writer = DatagramWriter()
            exporter.announce(now: noon, into: &writer)
            for count in [24, 24, 5] {
                _ = exporter.export(Array(repeating: flow(), count: count), now: noon, into: &writer)
            }
            return writer.datagrams().map { number($0, at: version == .v9 ? 12 : 8, length: 4) }
        }
        // v9: export packets. IPFIX: data records, those of options too: 2 (sampling, boot), 2 interfaces, flows.
        #expect(sequences(.v9) == [0, 1, 2, 3, 4, 5])
        #expect(sequences(.ipfix) == [0, 0, 2, 4, 28, 52])
    }

    @Test func twentyFourRecordsFitAFrame() {
        let lengths = [TemplateExporter.Version.v9, .ipfix].map { version in
            var exporter = TemplateExporter(version: version, profile: profile(), layout: .router)
            var writer = DatagramWriter()
            _ = exporter.export(Array(repeating: flow(), count: 24), now: noon, into: &writer)
            return writer.byteCount
        }
        #expect(lengths == [20 + 4 + 24 * 59, 16 + 4 + 24 * 60])
    }

    @Test func v9HeaderAndTimesAgree() {
        var exporter = TemplateExporter(version: .v9, profile: profile(), layout: .counters64)
        var writer = DatagramWriter()
        exporter.announce(now: noon, into: &writer)
        _ = exporter.export([flow()], now: noon, into: &writer)
        let datagrams = writer.datagrams()
        #expect(Array(datagrams[0][0..<20]) == hex("0009 0004 0036ee80 6b042ac0 00000000 00000007"))
        var reader = TemplateReader()
        for datagram in datagrams { reader.read(datagram) }
        // unix_secs*1000 - sysUptime + value is the time, but for the header's cut-off milliseconds.
        #expect(reader.values[22] == [3_600_000 - 2_000] && reader.values[21] == [3_600_000 - 1_000])
    }

    @Test func announcementsStayBelowTheUsualFrame() {
        for version in [TemplateExporter.Version.v9, .ipfix] {
            for layout in TemplateLayout.allCases {
                var exporter = TemplateExporter(version: version, profile: profile(interfaces: 100), layout: layout)
                var writer = DatagramWriter()
                exporter.announce(now: noon, into: &writer)
                #expect(writer.datagrams().allSatisfy { $0.count <= 1_472 })
            }
        }
    }
}
