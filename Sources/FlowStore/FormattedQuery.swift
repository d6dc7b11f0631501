/// A SELECT of a person whose answer is wanted as bytes in one of ClickHouse's formats.
public struct FormattedQuery: Sendable {
    /// One SELECT, without FORMAT and without a semicolon.
    public var sql: String
    /// One of ClickHouse's output formats, as `system.formats` writes it.
    public var format: String
    /// How the bytes are compressed; nil doesn't.
    public var compression: ResultCompression?
    /// Values of `{name:Type}` within the statement, in ClickHouse's text form (escaped as in TSV).
    public var parameters: [String: String]
    /// Settings of the statement, by names that may be trusted.
    public var settings: [String: String]
    /// What the settings bring into the statement, as statements of their own: they are parsed, checked and analysed
    /// before it, and not run.
    public var probes: [Probe]
    /// What it may use.
    public var limits: QueryLimits
    /// Decides by the tree that the engine's parser made of the statement, a line an element, with the parameters' values
    /// in it; what it throws ends the query before it has begun.
    public var check: @Sendable ([String]) throws -> Void

    /// A statement that is checked in place of what can't be shown to the parser by itself.
    public struct Probe: Sendable {
        /// One SELECT.
        public var sql: String
        /// Like ``FormattedQuery/check``.
        public var check: @Sendable ([String]) throws -> Void

        /// Takes a statement and what decides about it.
        public init(sql: String, check: @escaping @Sendable ([String]) throws -> Void) {
            self.sql = sql
            self.check = check
        }
    }

    /// Gathers what is asked.
    public init(
        sql: String,
        format: String,
        compression: ResultCompression? = nil,
        parameters: [String: String] = [:],
        settings: [String: String] = [:],
        probes: [Probe] = [],
        limits: QueryLimits = QueryLimits(isPersons: true),
        check: @escaping @Sendable ([String]) throws -> Void
    ) {
        self.sql = sql
        self.format = format
        self.compression = compression
        self.parameters = parameters
        self.settings = settings
        self.probes = probes
        self.limits = limits
        self.check = check
    }
}

/// How the bytes of an answer can be compressed; the names are those of HTTP's Content-Encoding.
public enum ResultCompression: String, CaseIterable, Sendable {
    case gzip, deflate, zstd, br, lz4
}

/// A store that can write answers in ClickHouse's formats.
public protocol FormattingStore: FlowStore {
    /// Runs a person's SELECT, and gives its answer piece by piece while it is made.
    ///
    /// Returns when the statement has passed ``FormattedQuery/check`` and is understood. Cancelling the task that waits ends it.
    ///
    /// - Throws: ``StoreError``, and what the check throws.
    func formatted(_ query: FormattedQuery) async throws -> any FormattedAnswer
}

/// The bytes of an answer, made while they are taken: whoever takes slowly holds the statement up.
public protocol FormattedAnswer: AnyObject, Sendable {
    /// The next bytes, at most ``FormattedAnswers/pieceBytes`` at a time; nil behind the last.
    ///
    /// One caller at a time.
    ///
    /// - Throws: ``StoreError`` when the statement failed, perhaps behind bytes that were given already.
    func next() async throws -> [UInt8]?

    /// Ends the statement, unless it has ended; whoever waits for bytes gets ``StoreError/cancelled``.
    func cancel()

    /// How many rows the answer has, once that is known.
    var rows: UInt64? { get }

    /// How its bytes are compressed: as asked, or not at all.
    var compression: ResultCompression? { get }
}

/// What answers have in common.
public enum FormattedAnswers {
    /// Bytes that are handed over at a time.
    public static let pieceBytes = 1 << 18
}
