import Foundation

/// Where messages are kept that couldn't be read: a line of JSON each, with
/// the bytes in Base64, for whoever wants to know what a producer sent.
///
/// It is bounded: beyond that messages are counted and nothing more.
final class PoisonFile {
    private let path: String
    private let limit: Int
    /// The bytes of a message that are kept.
    private static let mostBytes = 65_536

    /// - Parameter limit: bytes that the file may have; with 0 nothing is kept.
    init(path: String, limit: Int) {
        self.path = path
        self.limit = limit
    }

    /// Keeps a message; false when there is no room for it.
    func keep(topic: String, partition: Int32, offset: Int64, reason: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let text = Data(bytes.prefix(Self.mostBytes)).base64EncodedString()
        // Topics have letters, digits, dots, hyphens and underscores.
        let line = """
            {"topic":"\(topic)","partition":\(partition),"offset":\(offset),"reason":"\(reason)","length":\(bytes.count),\
            "bytes":"\(text)"}

            """
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard file >= 0 else { return false }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        let data = Array(line.utf8)
        guard size >= 0, Int(size) + data.count <= limit else { return false }
        return data.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == data.count
    }
}
