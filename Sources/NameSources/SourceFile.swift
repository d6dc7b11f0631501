import Foundation

/// A file read piece by piece, inflated on the way when it is gzip or bzip2.
///
/// What it is tell its first bytes, not its name. Memory is that of one piece
/// and of the inflater, whatever the file's size.
public struct SourceFile {
    /// The file.
    public let path: String

    /// Bytes of a piece of the file, and of what it inflates to.
    private static let pieceSize = 256 << 10

    /// Names a file; it is opened when it is read.
    public init(_ path: String) {
        self.path = path
    }

    /// Reads the file from its beginning to its end.
    ///
    /// - Parameter body: gets the next bytes, and false when no more are wanted.
    /// - Returns: false when the compressed data is damaged or cut short; what came before was handed out.
    /// - Throws: when the file can't be opened or read.
    public func read(_ body: (RawSpan) -> Bool) throws(SourceError) -> Bool {
        let descriptor = try open()
        defer { close(descriptor) }
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        var inflater: (any Inflater)?
        var isFirst = true
        while true {
            let count = try read(descriptor, into: &piece)
            if count == 0 { return inflater?.isBetweenStreams ?? true }
            if isFirst {
                isFirst = false
                inflater = Self.inflater(for: piece[..<count])
            }
            if let inflater {
                switch inflater.inflate(piece[..<count], body) {
                case .goOn: break
                case .enough: return true
                case .damaged: return false
                }
            } else if !body(piece.span.bytes.extracting(0..<count)) {
                return true
            }
        }
    }

    /// Size, time of change and inode: who replaces a file within one tick of the clock changes one of them. Nil when
    /// there is no such file.
    public var version: String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return "\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_ino)"
    }

    /// Bytes of the file as it is; 0 when there is no such file.
    var size: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// When the file was last changed, in Unix seconds; nil when there is no such file.
    public var changed: UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt64(max(0, status.st_mtim.tv_sec))
    }

    /// The last bytes of the file as it is, `count` at most; none of a pipe.
    func tail(_ count: Int) throws(SourceError) -> [UInt8] {
        let descriptor = try open()
        defer { close(descriptor) }
        let length = lseek(descriptor, 0, SEEK_END)
        guard length > 0, lseek(descriptor, max(0, length - off_t(count)), SEEK_SET) >= 0 else { return [] }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        while bytes.count < count {
            let found = try read(descriptor, into: &piece)
            if found == 0 { break }
            bytes += piece[..<found]
        }
        return bytes
    }

    private func open() throws(SourceError) -> Int32 {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        return descriptor
    }

    private func read(_ descriptor: Int32, into piece: inout [UInt8]) throws(SourceError) -> Int {
        while true {
            let count = piece.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            if errno != EINTR { throw failure() }
        }
    }

    private func failure() -> SourceError { SourceError(path: path, reason: String(cString: strerror(errno))) }

    /// gzip begins with 1F 8B (RFC 1952 section 2.3.1), bzip2 with "BZh" and a digit.
    private static func inflater(for start: ArraySlice<UInt8>) -> (any Inflater)? {
        if start.starts(with: [0x1F, 0x8B]) { return GzipInflater() }
        if start.starts(with: Array("BZh".utf8)), let digit = start.dropFirst(3).first, (0x31...0x39).contains(digit) {
            return Bzip2Inflater()
        }
        return nil
    }
}
