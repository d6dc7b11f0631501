/// Why bytes from the network could not be decoded.
///
/// A bare enum: nothing is allocated for hostile input, and the pipeline
/// counts by case and exporter. The raw value is the name of the reason in
/// metrics, in the API and in the summary of `netmeta decode`.
public enum DecodeError: String, Error, CaseIterable, Sendable {
    /// A field reaches beyond the bytes that are there.
    case truncated
    /// The version word is none of NetFlow 5, 9, 10 (IPFIX) or sFlow 5.
    case unknownVersion
    /// A length field contradicts the bytes around it (set, record, header).
    case badLength
    /// A template has no fields, too many, or an impossible id or length.
    case badTemplate
    /// A count field contradicts the length of the datagram (NetFlow v5).
    case badCount
    /// An sFlow address type or sample structure that its specification doesn't know.
    case badStructure
}

extension DecodeError {
    /// The case's place in ``allCases``, for counters that are plain arrays.
    public var index: Int {
        switch self {
        case .truncated: 0
        case .unknownVersion: 1
        case .badLength: 2
        case .badTemplate: 3
        case .badCount: 4
        case .badStructure: 5
        }
    }
}
