public import FlowSchema

/// Whose flow logs a file holds.
public enum CloudLogKind: String, CaseIterable, Sendable {
    /// AWS VPC flow logs, see ``AWSFlowLogs``.
    case aws
    /// Google Cloud VPC flow logs, see ``GCPFlowLogs``.
    case gcp
    /// Azure's flow logs, see ``AzureFlowLogs``.
    case azure

    /// Bytes of a file's start that tell what it is.
    public static let tellingBytes = 1 << 16

    /// What documents of AWS hold.
    private static let namesOfAWS = ["logEvents", "message", "records", "Records", "awslogs"]

    /// What a file begins like; nil when it is none.
    ///
    /// - Parameter start: its first ``tellingBytes``, inflated, or all of it where it is shorter.
    public init?(recognizing start: [UInt8]) {
        guard let first = start.first(where: { !JSONReader.isSpace($0) }) else { return nil }
        let text = String(decoding: start.prefix(Self.tellingBytes), as: UTF8.self)
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            if text.contains("\"jsonPayload\"") {
                self = .gcp
            } else if text.contains("\"flowTuples\"") {
                self = .azure
            } else if Self.namesOfAWS.contains(where: { text.contains("\"\($0)\"") }) {
                self = .aws
            } else {
                return nil
            }
            return
        }
        guard let line = text.split(whereSeparator: \.isNewline).first else { return nil }
        do throws(CloudLogError) {
            _ = try AWSLogLayout(reading: line)
        } catch {
            // A line of the default layout: fourteen fields of which the first is its version.
            guard error != .unknownLayout || (line.hasPrefix("2 ") && line.split(separator: " ").count == 14) else {
                return nil
            }
        }
        self = .aws
    }
}

/// Reads the flow logs of any cloud, piece by piece.
public struct CloudLogDecoder {
    private var aws: AWSFlowLogs
    private var gcp: GCPFlowLogs
    private var azure: AzureFlowLogs
    /// Whose logs are read.
    public let kind: CloudLogKind

    /// Starts with the first file.
    ///
    /// - Parameters:
    ///   - layout: what lines of AWS hold that have no header line; nil takes AWS's default.
    ///   - inflate: as of ``AWSFlowLogs/init(layout:settings:inflate:)``.
    public init(
        _ kind: CloudLogKind,
        layout: AWSLogLayout? = nil,
        settings: CloudLogSettings = CloudLogSettings(),
        inflate: (@Sendable (_ bytes: [UInt8], _ most: Int) -> [UInt8]?)? = nil
    ) {
        self.kind = kind
        aws = AWSFlowLogs(layout: layout, settings: settings, inflate: inflate)
        gcp = GCPFlowLogs(settings: settings)
        azure = AzureFlowLogs(settings: settings)
    }

    /// What was counted in all files.
    public var counters: CloudLogCounters {
        switch kind {
        case .aws: aws.counters
        case .gcp: gcp.counters
        case .azure: azure.counters
        }
    }

    /// Whether the last call stopped for want of room in the batch, and not of bytes.
    public var awaitsRoom: Bool { aws.awaitsRoom || azure.awaitsRoom }

    /// Begins with another file.
    public mutating func startFile() {
        aws.startFile()
        gcp.startFile()
        azure.startFile()
    }

    /// Decodes records from the start of some bytes, as long as the batch has room; see ``AWSFlowLogs/decode(_:isLast:into:)``.
    public mutating func decode(_ bytes: Span<UInt8>, isLast: Bool, into batch: FlowBatch) -> Int {
        switch kind {
        case .aws: aws.decode(bytes, isLast: isLast, into: batch)
        case .gcp: gcp.decode(bytes, isLast: isLast, into: batch)
        case .azure: azure.decode(bytes, isLast: isLast, into: batch)
        }
    }
}
