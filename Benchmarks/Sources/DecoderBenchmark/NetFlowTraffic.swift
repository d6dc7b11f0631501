/// Pre-built datagrams of one kind.
struct Mix {
    var name: String
    /// Templates; decoded once before the clock runs, as they are sent once in minutes.
    var templates: [[UInt8]] = []
    var datagrams: [[UInt8]] = []
}

/// NetFlow v9 and IPFIX with templates of the mixes' shapes.
struct NetFlowTraffic {
    /// One field: element and length; an element above 32768 is a vendor's (IPFIX).
    struct Field {
        var id: UInt16
        var length: Int

        init(_ id: UInt16, _ length: Int) {
            self.id = id
            self.length = length
        }
    }

    /// When the messages claim to be sent.
    static let exportSeconds: UInt32 = 1_763_856_000
    private static let uptime: UInt32 = 500_000_000
    /// Bytes of a datagram's sets.
    private static let payload = 1400
    private static let count = 1500

    let isIPFIX: Bool
    private var random = SeededRandom(seed: 7)
    private var sequence: UInt32 = 0

    init(isIPFIX: Bool) {
        self.isIPFIX = isIPFIX
    }

    // MARK: - Mixes

    /// One template of twenty fields, as routers send it.
    mutating func oneTemplate() -> Mix {
        let times = isIPFIX ? [Field(152, 8), Field(153, 8)] : [Field(22, 4), Field(21, 4)]
        let wide = isIPFIX ? 8 : 4
        let fields =
            [Field(8, 4), Field(12, 4), Field(15, 4), Field(10, 4), Field(14, 4), Field(2, wide), Field(1, wide)]
            + times + [
                Field(7, 2), Field(11, 2), Field(6, 1), Field(4, 1), Field(5, 1), Field(16, 4), Field(17, 4),
                Field(9, 1), Field(13, 1), Field(61, 1), Field(89, 1),
            ]
        precondition(fields.count == 20)
        return mix("one template of 20 fields", [fields], sets: 1)
    }

    /// Thirty templates, three of them in each datagram in turn.
    mutating func thirtyTemplates() -> Mix {
        let templates = (0..<30).map { index in
            let isV6 = index % 3 == 2
            var fields = isV6 ? [Field(27, 16), Field(28, 16)] : [Field(8, 4), Field(12, 4)]
            fields += [Field(2, index % 2 == 0 ? 4 : 8), Field(1, index % 4 == 0 ? 4 : 8)]
            fields += [Field(7, 2), Field(11, 2), Field(4, 1), Field(10, index % 5 == 0 ? 2 : 4), Field(14, 4)]
            if index % 6 != 5 {
                fields += isIPFIX ? [Field(152, 8), Field(153, 8)] : [Field(22, 4), Field(21, 4)]
            }
            if index % 2 == 1 { fields += [Field(5, 1), Field(6, index % 3 == 0 ? 2 : 1)] }
            if index % 3 == 0 { fields += [Field(16, 4), Field(17, index % 2 == 0 ? 2 : 4), Field(128, 4)] }
            if index % 4 == 1 { fields += [Field(56, 6), Field(80, 6), Field(58, 2), Field(59, 2)] }
            if index % 4 == 2 { fields += [Field(234, 4), Field(235, 4), Field(89, 1)] }
            if index % 5 == 3 { fields += [Field(isV6 ? 62 : 15, isV6 ? 16 : 4), Field(61, 1), Field(192, 1)] }
            if index % 7 == 4 { fields += [Field(32, 2)] }
            // What no column takes: skipped by its length.
            if index % 3 == 1 { fields += [Field(isIPFIX ? 0x8000 | 105 : 105, 5)] }
            fields.shuffle(using: &random)
            return fields
        }
        return mix("30 templates interleaved", templates, sets: 3)
    }

    /// Records of four fields and sixteen bytes.
    mutating func shortRecords() -> Mix {
        mix("short records of 4 fields", [[Field(8, 4), Field(12, 4), Field(1, 4), Field(2, 4)]], sets: 1)
    }

    // MARK: - Messages

    private mutating func mix(_ name: String, _ templates: [[Field]], sets: Int) -> Mix {
        var mix = Mix(name: name)
        let isIPFIX = isIPFIX
        for (index, fields) in templates.enumerated() {
            mix.templates.append(
                message(records: 1) { writer, _ in Self.put(fields, id: 256 + index, isIPFIX, &writer) }
            )
        }
        var turn = 0
        for _ in 0..<Self.count {
            let datagram = message(records: 0) { writer, random in
                for _ in 0..<sets {
                    let index = turn % templates.count
                    turn += 1
                    Self.putSet(templates[index], id: 256 + index, bytes: Self.payload / sets, &writer, &random)
                }
            }
            mix.datagrams.append(datagram)
        }
        return mix
    }

    private mutating func message(records: Int, _ body: (inout Writer, inout SeededRandom) -> Void) -> [UInt8] {
        var writer = Writer()
        writer.put(isIPFIX ? 10 : 9, 2)
        writer.put(records, 2)
        if !isIPFIX { writer.put(Self.uptime, 4) }
        writer.put(Self.exportSeconds, 4)
        writer.put(sequence, 4)
        writer.put(1, 4)
        sequence += 1
        body(&writer, &random)
        if isIPFIX { writer.set(2, writer.bytes.count) }
        return writer.bytes
    }

    private static func put(_ fields: [Field], id: Int, _ isIPFIX: Bool, _ writer: inout Writer) {
        let start = writer.bytes.count
        writer.put(isIPFIX ? 2 : 0, 2)
        writer.put(0, 2)
        writer.put(id, 2)
        writer.put(fields.count, 2)
        for field in fields {
            writer.put(field.id, 2)
            writer.put(field.length, 2)
            if isIPFIX, field.id & 0x8000 != 0 { writer.put(9, 4) }
        }
        writer.set(start + 2, writer.bytes.count - start)
    }

    private static func putSet(
        _ fields: [Field],
        id: Int,
        bytes: Int,
        _ writer: inout Writer,
        _ random: inout SeededRandom
    ) {
        let start = writer.bytes.count
        writer.put(id, 2)
        writer.put(0, 2)
        let length = fields.reduce(0) { $0 + $1.length }
        for _ in 0..<max(1, (bytes - 4) / length) {
            for field in fields { put(field, &writer, &random) }
        }
        while (writer.bytes.count - start) % 4 != 0 { writer.put(0, 1) }
        writer.set(start + 2, writer.bytes.count - start)
    }

    private static func put(_ field: Field, _ writer: inout Writer, _ random: inout SeededRandom) {
        let noise = random.next()
        switch field.id {
        case 1: writer.put(64 + noise % 1_000_000, field.length)
        case 2: writer.put(1 + noise % 1000, field.length)
        // One in sixteen is ICMP, so that its branch isn't free.
        case 4: writer.put(noise & 15 == 0 ? 1 : noise & 1 == 0 ? 6 : 17, field.length)
        case 21: writer.put(uptime - UInt32(noise % 1000), field.length)
        case 22: writer.put(uptime - 1000 - UInt32(noise % 60_000), field.length)
        case 152, 153: writer.put(UInt64(exportSeconds) * 1000 - noise % 60_000, field.length)
        case 27, 28, 62:
            writer.put(0x2001_0DB8_0000_0000 | noise & 0xFFFF, 8)
            writer.put(random.next(), 8)
        case 58, 59: writer.put(noise & 0xFFF, field.length)
        default: writer.put(noise, field.length)
        }
    }
}
