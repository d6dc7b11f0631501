import Foundation
import NIOCore
import Synchronization
import WebAPI

/// A capture that comes in: a file below the data folder that is only ours,
/// bounded, and refused when the disk has too little room.
final class IncomingFile: Sendable {
    private let folder: String
    private let length: Int?
    private let state: Mutex<State>

    private struct State {
        var file: FileHandle
        var bytes = 0
        /// Bytes at which the room is looked at again.
        var nextLook = IncomingFile.lookEvery
    }

    /// Bytes between looks at the disk's room.
    private static let lookEvery = 16 << 20

    /// Makes the file.
    ///
    /// - Parameter length: the bytes that will come, if the sender says so.
    /// - Throws: ``ImportRefusal``.
    init(_ path: String, below folder: String, length: Int?) throws {
        self.folder = folder
        self.length = length
        if let length, length > LiveImports.largest { throw Self.tooLarge }
        try? FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try Self.checkRoom(for: length ?? 0, in: folder)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ImportRefusal(.failed, "cannot write below \(folder): \(String(cString: strerror(errno)))")
        }
        state = Mutex(State(file: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)))
    }

    /// Writes what came.
    func append(_ chunk: ByteBuffer) throws {
        try state.withLock { state in
            state.bytes += chunk.readableBytes
            guard state.bytes <= LiveImports.largest else { throw Self.tooLarge }
            if state.bytes >= state.nextLook {
                state.nextLook = state.bytes + Self.lookEvery
                try Self.checkRoom(for: 0, in: folder)
            }
            do {
                try state.file.write(contentsOf: Data(chunk.readableBytesView))
            } catch {
                throw ImportRefusal(.failed, "cannot write below \(folder): \(error.localizedDescription)")
            }
        }
    }

    /// Ends it; all of it must have come.
    func finish() throws {
        try state.withLock { state in
            try? state.file.close()
            if let length, state.bytes != length {
                throw ImportRefusal(.cutShort, "\(state.bytes) of \(length) bytes came")
            }
        }
    }

    private static var tooLarge: ImportRefusal {
        ImportRefusal(
            .tooLarge,
            "a running server imports captures of up to \(LiveImports.largest >> 30) GB; split it, or stop the server "
                + "and import into its data folder"
        )
    }

    private static func checkRoom(for bytes: Int, in folder: String) throws {
        guard let free = DiskSpace.free(folder: folder), free < Int64(bytes) + Int64(DiskSpace.least) else { return }
        throw ImportRefusal(
            .noRoom,
            "only \(free >> 20) MB are free on the disk of \(folder); the capture and what the store needs are "
                + "\((Int64(bytes) + Int64(DiskSpace.least)) >> 20) MB"
        )
    }
}
