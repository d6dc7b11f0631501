import Foundation

/// The secret that proves a command to be run by the user that the server runs
/// as: it stands in a file of the data folder that only that user can read.
///
/// Each start of the server makes a new one.
struct LocalToken: Sendable {
    private let text: String

    private static func path(_ folder: String) -> String { folder + "/local.token" }

    /// Makes a token and writes it into the data folder.
    ///
    /// - Throws: ``Failure`` when that can't be.
    init(writingInto folder: String) throws {
        var generator = SystemRandomNumberGenerator()
        text = (0..<32).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        // Written beside it and renamed: nobody ever sees half a token, or one with wider rights.
        let new = Self.path(folder) + ".new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let line = Array((text + "\n").utf8)
        let isWritten = descriptor >= 0 && write(descriptor, line, line.count) == line.count
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        guard isWritten, rename(new, Self.path(folder)) == 0 else {
            throw Failure("cannot write \(Self.path(folder)): \(reason)")
        }
    }

    /// The token of the server that has a data folder open.
    ///
    /// - Throws: ``Failure`` that says who may read it.
    static func read(folder: String) throws -> String {
        do {
            let text = try readText(path(folder))
            return String(text.prefix { !$0.isWhitespace })
        } catch {
            throw Failure("\(error.description); only the user that the server runs as can import into it")
        }
    }

    /// Whether it is this one; takes as long for a near miss as for a far one.
    func matches(_ other: String) -> Bool {
        let (a, b) = (Array(text.utf8), Array(other.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Takes the file away: the server has ended.
    static func remove(folder: String) {
        unlink(path(folder))
    }
}
