/// Speaks with scamper over its control socket (`scamper -U` or `-P`), as a client that is attached.
///
/// scamper answers in lines. `MORE` asks for a command, `DATA n` announces `n` characters of uuencoded text that are one
/// object of warts, and what else comes tells what became of a command. Decides what a line means; what it is fed, and
/// what is sent, is its owner's matter.
public struct ScamperControl: Sendable {
    /// What came.
    public enum Event: Sendable {
        /// One object of warts, its head included.
        case object([UInt8])
        /// Another command may be sent.
        case ready
        /// A command was refused; scamper's words, one line.
        case refused(String)
    }

    /// Why a connection can't go on.
    public enum Problem: String, Error, CaseIterable, Sendable {
        /// A line longer than any of scamper's.
        case longLine
        /// An object larger than any of scamper's, or of no size.
        case badSize
        /// Text that isn't uuencoded.
        case badText
    }

    /// What is sent first.
    public static let greeting = "attach\n"

    /// Bytes of a line of an answer.
    static let mostLine = 1024
    /// Characters of an object: four for three bytes, and a length and an end for each 45.
    static let mostCharacters = WartsReader.mostBytes / 3 * 4 + WartsReader.mostBytes / 45 * 2

    private var line: [UInt8] = []
    /// Characters of the object that are still to come.
    private var left = 0
    private var object: [UInt8] = []

    /// Begins with a connection.
    public init() {}

    /// Takes what came.
    ///
    /// - Parameter event: is called for each thing that it says, in order.
    /// - Throws: ``Problem``; what comes behind can't be understood.
    public mutating func take(_ bytes: some Sequence<UInt8>, _ event: (Event) -> Void) throws(Problem) {
        for byte in bytes {
            let isData = left > 0
            if isData { left -= 1 }
            if byte == UInt8(ascii: "\n") {
                if isData { try decodeLine() } else if let said = try understandLine() { event(said) }
                line.removeAll(keepingCapacity: true)
            } else {
                guard line.count < Self.mostLine else { throw .longLine }
                line.append(byte)
            }
            if isData, left == 0 {
                // The last line of an object has an end of its own.
                guard line.isEmpty else { throw .badText }
                event(.object(object))
                object = []
            }
        }
    }

    private mutating func understandLine() throws(Problem) -> Event? {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line == Array("MORE".utf8) { return .ready }
        if line.starts(with: "ERR".utf8) {
            return .refused(String(decoding: line.map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self))
        }
        guard line.starts(with: "DATA ".utf8) else { return nil }
        guard let count = Int(String(decoding: line.dropFirst(5), as: UTF8.self)),
            (1...Self.mostCharacters).contains(count)
        else { throw .badSize }
        left = count
        return nil
    }

    /// A character for how many bytes follow, then four for each three of them.
    private mutating func decodeLine() throws(Problem) {
        guard let first = line.first else { return }
        let count = Int(try Self.sixBits(first))
        let groups = (count + 2) / 3
        guard line.count - 1 >= 4 * groups else { throw .badText }
        for group in 0..<groups {
            var bits: UInt32 = 0
            for character in line[(1 + 4 * group)..<(5 + 4 * group)] {
                bits = bits << 6 | UInt32(try Self.sixBits(character))
            }
            for place in 0..<min(3, count - 3 * group) {
                object.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place)))
            }
        }
    }

    private static func sixBits(_ character: UInt8) throws(Problem) -> UInt8 {
        guard (0x20...0x60).contains(character) else { throw .badText }
        return (character - 0x20) & 0x3F
    }
}
