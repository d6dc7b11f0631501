import NetTypes
import WireFormat

/// Reads the objects of a warts file, one behind the other.
///
/// A file has no head of its own, so that files may stand behind each other;
/// numbers of lists and cycles begin anew in each. An object whose inside
/// can't be understood is passed over, since its length is known; where no
/// object begins, nothing behind can be found and the file ends.
public struct WartsReader {
    /// What stands at a place of the file.
    public enum Step: Sendable {
        /// An object.
        case object(WartsObject)
        /// An object whose inside can't be understood.
        case malformed(WartsProblem)
        /// The file ends here, or within an object: of a file that grows, the rest will come.
        case incomplete(WartsProblem?)
        /// No object begins here; nothing behind can be read.
        case corrupt(WartsProblem)
    }

    /// Counts of what was read.
    public struct Counters: Hashable, Sendable {
        /// Objects by their type's number, those that are skipped or malformed included.
        public var objects: [UInt16: UInt64] = [:]
        /// Objects that aren't decoded.
        public var skipped: UInt64 = 0
        /// Objects whose inside can't be understood.
        public var malformed: UInt64 = 0
    }

    /// Bytes of an object: scamper's largest, tracelb with thousands of probes, have under 1 MB.
    public static let mostBytes = 16 << 20
    /// Addresses of the file-wide table.
    private static let mostAddresses = 1 << 20
    private static let magic: UInt16 = 0x1205

    /// Bytes that were read.
    public private(set) var offset = 0
    /// What was read so far.
    public private(set) var counters = Counters()
    /// Those of old files; 0 stands for none.
    private var addresses: [IPAddress?] = [nil]

    /// Begins with the start of a file.
    public init() {}

    /// Reads the object at ``offset``.
    ///
    /// - Parameters:
    ///   - bytes: of the file, from `base` on.
    ///   - base: how many bytes of the file stand before them.
    public mutating func next(in bytes: RawSpan, base: Int = 0) -> Step { step(in: bytes, base: base, decodes: true) }

    /// The same without a look inside: every object counts as skipped.
    public mutating func skip(in bytes: RawSpan, base: Int = 0) -> Step { step(in: bytes, base: base, decodes: false) }

    private mutating func step(in bytes: RawSpan, base: Int, decodes: Bool) -> Step {
        let start = offset - base
        guard start >= 0, start < bytes.byteCount else { return .incomplete(nil) }
        var reader = WireReader(bytes.extracting(start..<bytes.byteCount))
        do throws(DecodeError) {
            let magic: UInt16 = try reader.read()
            guard magic == Self.magic else { return .corrupt(problem("no object begins here", at: offset, 0)) }
            let type: UInt16 = try reader.read()
            let length: UInt32 = try reader.read()
            guard length <= UInt32(Self.mostBytes) else {
                return .corrupt(problem("an object of \(length) bytes", at: offset, type))
            }
            var body = try reader.take(Int(length))
            let at = offset
            offset += 8 + Int(length)
            counters.objects[type, default: 0] += 1
            guard decodes else { return .object(.skipped(type: type)) }
            do throws(DecodeError) {
                let object = try Self.object(type, &body, addresses)
                if case .address(let address) = object, addresses.count < Self.mostAddresses {
                    addresses.append(address)
                }
                if case .skipped = object { counters.skipped += 1 }
                return .object(object)
            } catch {
                counters.malformed += 1
                return .malformed(problem(error.rawValue, at: at + 8 + body.offset, type))
            }
        } catch {
            return .incomplete(problem("the file ends within an object", at: offset, 0))
        }
    }

    /// Whether that is how a warts file begins.
    public static func isWarts(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 8 && bytes[0] == 0x12 && bytes[1] == 0x05
    }

    private func problem(_ reason: String, at offset: Int, _ type: UInt16) -> WartsProblem {
        WartsProblem(reason: reason, offset: offset, type: type)
    }

    private static func object(
        _ type: UInt16,
        _ body: inout WireReader,
        _ global: [IPAddress?]
    ) throws(DecodeError) -> WartsObject {
        let addresses = WartsAddresses(global: global)
        switch type {
        case 1: return .list(try WartsList(&body))
        case 2, 3: return .cycleStart(try WartsCycle(&body))
        case 4: return .cycleStop(WartsCycleStop(cycleFileID: try body.read(), stop: try body.read()))
        case 5:
            // A number that nothing refers to, the kind, the address.
            try body.skip(1)
            let kind: UInt8 = try body.read()
            return .address(try WartsAddresses.address(kind, &body))
        case 6: return .trace(try WartsTrace(&body, addresses: addresses))
        case 7: return .ping(try WartsPing(&body, addresses: addresses))
        case 8: return .tracelb(try WartsTracelb(&body, addresses: addresses))
        case 9: return .dealias(try WartsDealias(&body))
        default: return .skipped(type: type)
        }
    }
}

/// What is wrong with a file, and where.
public struct WartsProblem: Error, Hashable, Sendable {
    /// A `DecodeError`'s name, or words.
    public var reason: String
    /// Bytes from the start of the file.
    public var offset: Int
    /// The object's type, 0 where it has none.
    public var type: UInt16
}

extension WartsProblem: CustomStringConvertible {
    /// In one line.
    public var description: String {
        type == 0 ? "\(reason) (byte \(offset))" : "\(reason) in an object of type \(type) (byte \(offset))"
    }
}

extension WartsList {
    fileprivate init(_ body: inout WireReader) throws(DecodeError) {
        fileID = try body.read()
        id = try body.read()
        name = try body.readWartsText()
        let flags = try WartsFlags(&body)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try body.read()
        var parameters = try body.take(Int(length))
        _ = try flags.text(1, &parameters)
        monitor = try flags.text(2, &parameters)
    }
}

extension WartsCycle {
    fileprivate init(_ body: inout WireReader) throws(DecodeError) {
        fileID = try body.read()
        listFileID = try body.read()
        id = try body.read()
        start = try body.read()
        let flags = try WartsFlags(&body)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try body.read()
        var parameters = try body.take(Int(length))
        try flags.skip(1, 4, &parameters)
        hostname = try flags.text(2, &parameters)
    }
}

extension WartsDealias {
    /// The head; what each method adds is passed over.
    fileprivate init(_ body: inout WireReader) throws(DecodeError) {
        let flags = try WartsFlags(&body)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try body.read()
        var parameters = try body.take(Int(length))
        listFileID = try flags.read(1, &parameters) ?? 0
        cycleFileID = try flags.read(2, &parameters) ?? 0
        start = try flags.time(3, &parameters) ?? WartsTime()
        method = try flags.read(4, &parameters) ?? 0
        result = try flags.read(5, &parameters) ?? 0
        probeCount = try flags.read(6, &parameters) ?? 0
        userID = try flags.read(7, &parameters) ?? 0
    }
}
