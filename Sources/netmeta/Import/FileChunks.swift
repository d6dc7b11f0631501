import Foundation
import NIOCore

/// A file as a stream of pieces, read when they are asked for.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// The file's bytes; nil for a pipe.
    let length: Int?
    private let file: FileHandle
    private let progress: @Sendable (Int, Int?) -> Void

    /// Opens the file.
    ///
    /// - Parameter progress: is told the bytes read so far, and of how many.
    /// - Throws: ``Failure`` that names the file and the reason.
    init(_ path: String, progress: @escaping @Sendable (Int, Int?) -> Void) throws {
        (file, length) = try openFile(path)
        self.progress = progress
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(chunks: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        let chunks: FileChunks
        private var sent = 0
        private static let size = 256 << 10

        init(chunks: FileChunks) {
            self.chunks = chunks
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let data = try chunks.file.read(upToCount: Self.size), !data.isEmpty else { return nil }
            sent += data.count
            chunks.progress(sent, chunks.length)
            return ByteBuffer(bytes: data)
        }
    }
}

/// Opens a file or a pipe for reading; a file's length comes with it.
private func openFile(_ path: String) throws -> (FileHandle, Int?) {
    func failure(_ code: Int32) -> Failure { Failure("cannot read \(path): \(String(cString: strerror(code)))") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw failure(EISDIR)
    case S_IFREG: return (file, Int(status.st_size))
    default: return (file, nil)
    }
}
