import FlowQuery
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
    ///   - options: what it holds, and how that is read.
    ///   - length: its bytes, as far as the sender tells them.
    ///   - body: the file, gzip or not.
    /// - Returns: what becomes of it, ending with a summary or a failure. Who
    ///   stops to read ends the import; another one goes on where it ended.
    /// - Throws: ``ImportRefusal``.
    func take<Body: AsyncSequence & Sendable>(
        name: String,
        options: ImportOptions,
        length: Int?,
        body: Body
    ) async throws -> AsyncStream<ImportEvent> where Body.Element == ByteBuffer

    /// Stores what Firehose delivers; when it returns, all of it is in the store.
    ///
    /// - Throws: ``ImportRefusal``, or what keeps rows from being stored.
    func take(_ delivery: FirehoseDelivery) async throws

    /// Who signed a statement that came with a push.
    ///
    /// - Throws: ``ImportRefusal`` when nobody did who may push.
    func verify(statement: String) async throws(ImportRefusal) -> PushSigner

    /// Stores what Pub/Sub pushes; when it returns, it is in the store.
    ///
    /// - Throws: ``ImportRefusal``, or what keeps rows from being stored.
    func take(_ delivery: PubSubDelivery) async throws

    /// Counters for `/metrics`.
    func metrics() -> [MetricFamily]
}

/// What a file holds that comes in, and how it is to be read.
public struct ImportOptions: Sendable, Equatable {
    /// Kinds of files.
    public enum Kind: String, CaseIterable, Sendable {
        /// Captures of exporters.
        case pcap
        /// AWS VPC flow logs.
        case aws
        /// Google Cloud VPC flow logs.
        case gcp
        /// Azure's flow logs of virtual networks and of network security groups.
        case azure
    }

    /// The kind.
    public var kind = Kind.pcap
    /// The fields of lines of AWS that have no header line, as `${version} ${account-id}`; nil for the default.
    public var layout: String?
    /// Whose entries of Google Cloud give rows: source, destination or both; nil for the default.
    public var reporter: String?
    /// How many flows an entry of Google Cloud stands for; nil when that isn't known.
    public var samplingRate: UInt32?
    /// SamplerAddress of the rows; nil makes one of the account, the project or the subscription.
    public var sampler: String?

    /// Captures.
    public init() {}

    /// Reads the parameters of a request.
    init(_ parameters: Parameters) throws(QueryError) {
        kind = try parameters.choice("kind", default: .pcap)
        layout = parameters["layout"]
        reporter = parameters["reporter"]
        sampler = parameters["sampler"]
        if let text = parameters["samplingRate"] {
            guard let rate = UInt32(text), rate > 0 else {
                throw QueryError("a sampling rate is a whole number from 1", parameter: "samplingRate")
            }
            samplingRate = rate
        }
    }

    /// What a client sends: names and values of parameters.
    public var parameters: [(name: String, value: String)] {
        [
            ("kind", kind == .pcap ? nil : kind.rawValue), ("layout", layout), ("reporter", reporter),
            ("samplingRate", samplingRate.map(String.init)), ("sampler", sampler),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
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
        /// A parameter says nothing that can be.
        case badOption = "bad_option"
        /// It comes from somewhere that the configuration doesn't name.
        case unknownSource = "unknown_source"
        /// It comes without the statement of who sends it, or with a wrong one.
        case notSigned = "not_signed"
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
