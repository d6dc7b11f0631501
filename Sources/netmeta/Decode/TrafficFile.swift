import FlowDecoders
import FlowSchema
import Foundation

/// Reads FastNetMon's messages out of a file, and counts them.
///
/// On the wire each is alone in a record of Kafka and has no length. In a file
/// they are lines of JSON, or have their lengths in front as ClickHouse's
/// format Protobuf has it; a file without lengths is one message.
struct TrafficFile {
    private var messages: UInt64 = 0
    private var malformed: [String: UInt64] = [:]
    private var decoder = TrafficMessageDecoder()

    /// Adds the flows of a file to a batch.
    ///
    /// - Parameter afterEach: makes room for another row.
    mutating func decode(
        _ bytes: [UInt8],
        name: String,
        into batch: FlowBatch,
        afterEach: () throws -> Void
    ) throws {
        for message in Self.messages(bytes) {
            messages += 1
            do throws(FlowMessageError) {
                try decoder.decode(bytes.span.bytes.extracting(message), into: batch, received: 0)
            } catch {
                malformed[error.name, default: 0] += 1
                let text = "netmeta: \(name): message \(messages): \(error.name); it is left out\n"
                FileHandle.standardError.write(Data(text.utf8))
            }
            try afterEach()
        }
    }

    private static func messages(_ bytes: [UInt8]) -> [Range<Int>] {
        // A brace is a length, too, but no field of theirs begins with a quote or space.
        let second = bytes.dropFirst().first ?? UInt8(ascii: "\"")
        let isJSON = bytes.first == UInt8(ascii: "{") && " \"\n\t".utf8.contains(second)
        return isJSON ? lines(bytes) : delimited(bytes) ?? [0..<bytes.count]
    }

    private static func lines(_ bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.split { bytes[$0] == UInt8(ascii: "\n") }.compactMap { line in
            guard let first = line.first, let last = line.last else { return nil }
            return first..<last + 1
        }
    }

    /// Messages with their lengths in front; nil when the last one doesn't end where the file does.
    private static func delimited(_ bytes: [UInt8]) -> [Range<Int>]? {
        var reader = ProtobufReader(bytes.span.bytes)
        var messages: [Range<Int>] = []
        do throws(FlowMessageError) {
            while !reader.isAtEnd {
                let length = try reader.takeBytes().byteCount
                messages.append(reader.place - length..<reader.place)
            }
        } catch {
            return nil
        }
        return messages
    }

    /// Members of the summary; none where there was no such message.
    var summaryMembers: String {
        guard messages > 0 else { return "" }
        let counts = malformed.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        let unknown = decoder.counters.unknownFields
        return ",\"traffic\":{\"messages\":\(messages),\"flows\":\(decoder.counters.flows),"
            + "\"unknownFields\":\(unknown),\"malformed\":{\(counts.joined(separator: ","))}}"
    }
}
