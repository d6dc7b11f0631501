/// Reads what scamper found from either form that files have it in: warts, or JSON of one object a line.
public struct TraceFileReader {
    private var warts = WartsReader()
    /// Set where the file is JSON.
    private var text: WartsTextReader?

    /// Whether a file is one, by how it begins.
    public static func isTraceFile(_ bytes: [UInt8]) -> Bool {
        WartsReader.isWarts(bytes) || WartsTextReader.isTraceText(bytes)
    }

    /// Begins with the start of a file.
    ///
    /// - Parameter bytes: of the file; one that is neither is read as warts, which says what is wrong.
    public init(_ bytes: [UInt8]) {
        if WartsTextReader.isTraceText(bytes) { text = WartsTextReader() }
    }

    /// Bytes that were read.
    public var offset: Int { text?.offset ?? warts.offset }

    /// Reads the object at ``offset``.
    public mutating func next(in bytes: [UInt8]) -> WartsReader.Step {
        if let step = text?.next(in: bytes) { return step }
        return unsafe warts.next(in: bytes.span.bytes)
    }

    /// The same without a look inside: every object counts as skipped.
    public mutating func skip(in bytes: [UInt8]) -> WartsReader.Step {
        if let step = text?.skip(in: bytes) { return step }
        return unsafe warts.skip(in: bytes.span.bytes)
    }
}
