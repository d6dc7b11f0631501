public import NIOCore
public import Telemetry

/// Takes captures in while the server runs; the API hands over, the server imports.
///
/// It stands here, below the server, so that the API knows neither decoders nor files.
public protocol CaptureImporter: Sendable {
    /// Whether that is the secret of the server's own user.
    func accepts(token: String) -> Bool

    /// Takes a capture in and imports it behind those that wait already.
    ///
    /// - Parameters:
    ///   - name: what its owner calls it, for messages.
    ///   - length: its bytes, as far as the sender tells them.
    ///   - body: the file, gzip or not.
    /// - Returns: what becomes of it, ending with a summary or a failure. Who
    ///   stops to read ends the import; another one goes on where it ended.
    /// - Throws: ``ImportRefusal``.
    func take<Body: AsyncSequence & Sendable>(
        name: String,
        length: Int?,
        body: Body
    ) async throws -> AsyncStream<ImportEvent> where Body.Element == ByteBuffer

    /// Counters for `/metrics`.
    func metrics() -> [MetricFamily]
}

/// Something that happens while a capture is imported.
public enum ImportEvent: Sendable, Equatable {
    /// Another import has to end first.
    case waiting
    /// Rows were decoded, and are stored.
    case rows(Int)
    /// People should know something that doesn't end the import.
    case warning(String)
    /// It ended well; the summary and the days that rows are kept, as members of a JSON object.
    case summary(String)
    /// It ended; what it stored stays.
    case failure(String)
}

/// Why a capture isn't even taken in.
public struct ImportRefusal: Error, Sendable, Equatable {
    /// The kind of reason.
    public enum Code: String, Sendable {
        /// Larger than the server takes.
        case tooLarge = "too_large"
        /// The disk has too little room.
        case noRoom = "no_room"
        /// Too many imports wait.
        case busy
        /// The server ends.
        case stopping
        /// The connection ended before the file did.
        case cutShort = "cut_short"
        /// The server can't write below its data folder.
        case failed
    }

    /// The kind of reason.
    public var code: Code
    /// In words, with figures.
    public var message: String

    /// Describes a refusal.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
