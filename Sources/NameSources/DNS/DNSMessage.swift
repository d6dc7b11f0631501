import WireFormat

/// A question for the PTR records of a name (RFC 1035 section 4.1).
struct DNSQuestion: Sendable {
    /// What the answer has to repeat; chosen at random, so that nobody can answer unasked (RFC 5452 section 4.3).
    var id: UInt16
    /// The name that is asked for.
    var name: DNSName

    /// The message.
    var bytes: [UInt8] {
        // RD: the server is to find out, not to say who might know.
        let header: [UInt16] = [id, 0x0100, 1, 0, 0, 0]
        let tail: [UInt16] = [DNSType.ptr, DNSType.internet]
        func big(_ words: [UInt16]) -> [UInt8] { words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
        return big(header) + name.bytes + big(tail)
    }
}

/// Numbers of RFC 1035 section 3.2.
enum DNSType {
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let ptr: UInt16 = 12
    /// The class IN.
    static let internet: UInt16 = 1
}

/// What a server's message says to a question.
enum DNSAnswer: Equatable, Sendable {
    /// The name, and how many seconds it may be kept.
    case name(String, seconds: UInt32)
    /// There is no name (NXDOMAIN, or no record of the type); how long that may be kept, where the server says so.
    case nothing(seconds: UInt32?)
    /// Another name has to be asked for, after so many aliases.
    case alias(DNSName, steps: Int)
    /// The message was too long for UDP.
    case cut
    /// The server can't or doesn't want to: SERVFAIL, REFUSED and so on (RFC 1035 section 4.1.1, RCODE).
    case failure(code: UInt8)

    /// Aliases that are followed: RFC 2317 needs one, a zone that is delegated on another.
    static let mostAliases = 8
    /// Records of a section that are looked at; the names of one address are a few.
    private static let mostRecords = 1000

    /// Reads a message.
    ///
    /// - Returns: nil when it is no answer to the question: another id, another name, or a question itself.
    /// - Throws: when it is no DNS message.
    static func read(_ message: RawSpan, to question: DNSQuestion) throws(DecodeError) -> DNSAnswer? {
        var reader = WireReader(message)
        let id: UInt16 = try reader.read()
        let flags: UInt16 = try reader.read()
        let questions: UInt16 = try reader.read()
        let answers: UInt16 = try reader.read()
        let authorities: UInt16 = try reader.read()
        try reader.skip(2)
        // QR is set, OPCODE is 0.
        guard id == question.id, flags & 0xF800 == 0x8000, questions == 1 else { return nil }
        let (name, end) = try DNSName.read(message, at: reader.offset)
        try reader.skip(end - reader.offset)
        let type: UInt16 = try reader.read()
        let group: UInt16 = try reader.read()
        guard name == question.name, type == DNSType.ptr, group == DNSType.internet else { return nil }
        if flags & 0x0200 != 0 { return .cut }
        let code = UInt8(flags & 0xF)
        guard code == Code.good || code == Code.noSuchName else { return .failure(code: code) }

        var (pointers, aliases) = ([Record](), [Record]())
        for _ in 0..<min(Int(answers), mostRecords) {
            guard let record = try Record.read(message, &reader) else { continue }
            switch record.type {
            case DNSType.ptr: pointers.append(record)
            case DNSType.cname: aliases.append(record)
            default: break
            }
        }
        var seconds = UInt32.max
        var (current, steps) = (name, 0)
        while true {
            let found = pointers.filter { $0.owner == current }
            if let lowest = found.compactMap(\.target.text).min() {
                return .name(lowest, seconds: found.reduce(seconds) { min($0, $1.seconds) })
            }
            guard found.isEmpty, let alias = aliases.first(where: { $0.owner == current }), steps < mostAliases else {
                break
            }
            seconds = min(seconds, alias.seconds)
            current = alias.target
            steps += 1
        }
        // Records behind the bound stand between here and the next section.
        guard answers <= mostRecords else { return .nothing(seconds: nil) }
        let negative = try negativeSeconds(message, &reader, records: Int(authorities))
        if negative == nil, code == Code.good, steps > 0, steps < mostAliases { return .alias(current, steps: steps) }
        return .nothing(seconds: negative.map { min($0, seconds) })
    }

    private enum Code {
        static let good: UInt8 = 0
        static let noSuchName: UInt8 = 3
    }

    /// For how long there is nothing: the SOA record's own time or its MINIMUM, what is less (RFC 2308 section 5).
    private static func negativeSeconds(
        _ message: RawSpan,
        _ reader: inout WireReader,
        records: Int
    ) throws(DecodeError) -> UInt32? {
        for _ in 0..<min(records, mostRecords) {
            guard let record = try Record.read(message, &reader) else { continue }
            if record.type == DNSType.soa { return min(record.seconds, record.minimum) }
        }
        return nil
    }

    /// A resource record that matters here (RFC 1035 section 4.1.3).
    private struct Record {
        let owner: DNSName
        let type: UInt16
        let seconds: UInt32
        /// Whom a PTR or CNAME record names, or an SOA record's first name.
        let target: DNSName
        /// The last number of an SOA record.
        let minimum: UInt32

        /// - Returns: nil for records of other types.
        static func read(_ message: RawSpan, _ reader: inout WireReader) throws(DecodeError) -> Record? {
            let (owner, end) = try DNSName.read(message, at: reader.offset)
            try reader.skip(end - reader.offset)
            let type: UInt16 = try reader.read()
            let group: UInt16 = try reader.read()
            let time: UInt32 = try reader.read()
            let length = Int(try reader.read(UInt16.self))
            let start = reader.offset
            var data = try reader.take(length)
            guard group == DNSType.internet, [DNSType.ptr, DNSType.cname, DNSType.soa].contains(type) else {
                return nil
            }
            // Names may point out of the record, but must not lie beyond its end: skip() and take() see to that.
            let first = try DNSName.read(message, at: start)
            var next = first.end
            var minimum: UInt32 = 0
            if type == DNSType.soa {
                // MNAME, RNAME, and SERIAL, REFRESH, RETRY, EXPIRE in front of MINIMUM.
                next = try DNSName.read(message, at: next).end
                try data.skip(next - start + 16)
                minimum = try data.read()
            } else {
                try data.skip(next - start)
            }
            try data.finish()
            // With the highest bit set it means 0 (RFC 2181 section 8).
            let seconds = time >> 31 == 0 ? time : 0
            return Record(owner: owner, type: type, seconds: seconds, target: first.name, minimum: minimum)
        }
    }
}
