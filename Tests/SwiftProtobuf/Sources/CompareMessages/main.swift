import FlowSchema
import Glibc
import SwiftProtobuf

// usage: CompareMessages COUNT [--record FILE]
//
// Writes so many random rows as FlowMessage by FlowMessageEncoder and by swift-protobuf's code for Docs/flow.proto, and
// compares the bytes. Values reach swift-protobuf by the names of their fields, as JSON, so that nothing of ours
// numbers, orders or encodes them. With --record some of swift-protobuf's messages, each with its length in front, go to
// a file, which FlowMessageTests compares with at each run of the tests. Exits with 1 at the first difference.

let arguments = Array(CommandLine.arguments.dropFirst())
guard let count = arguments.first.flatMap({ Int($0) }), count > 0 else {
    print("usage: CompareMessages COUNT [--record FILE]")
    exit(64)
}

/// Rows of one batch: columns that are the same in all of its rows are written in another way than those that aren't.
let rowsPerBatch = 50

var random = SeededNumbers(state: 1)
var (compared, written) = (0, 0)
var (mine, theirs) = (0.0, 0.0)
while compared < count {
    let rows = RandomRows(min(rowsPerBatch, count - compared), &random)
    var bytes: [UInt8] = []
    mine += seconds { bytes = encode(rows.batch) }
    let messages = try rows.json.map { try Netmeta_FlowMessage(jsonString: $0) }
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    var expected: [[UInt8]] = []
    theirs += try seconds { expected = try messages.map { try $0.serializedBytes(options: options) } }
    guard bytes == expected.flatMap(delimited) else {
        report(bytes, expected, rows.json)
        exit(1)
    }
    compared += expected.count
    written += bytes.count
}
let fields = FlowColumn.allCases.count
print("\(compared) messages of up to \(fields) fields, \(written / compared) bytes on average: all bytes are the same")
let each = (microseconds(mine, compared), microseconds(theirs, compared))
print("microseconds a message: \(each.0) here, \(each.1) by swift-protobuf")

if let place = arguments.firstIndex(of: "--record"), place + 1 < arguments.count {
    try record(arguments[place + 1])
}

// MARK: - Helpers

func delimited(_ message: [UInt8]) -> [UInt8] {
    var (length, bytes) = (message.count, [UInt8]())
    while length > 0x7F {
        bytes.append(UInt8(length & 0x7F) | 0x80)
        length >>= 7
    }
    return bytes + [UInt8(length)] + message
}

func encode(_ batch: FlowBatch) -> [UInt8] {
    var encoder = FlowMessageEncoder()
    encoder.begin(batch)
    encoder.append(0..<batch.count)
    return encoder.withBytes { Array($0) }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
}

func microseconds(_ seconds: Double, _ count: Int) -> Double { (seconds / Double(count) * 1e8).rounded() / 100 }

/// Shows the first message that differs.
func report(_ bytes: [UInt8], _ expected: [[UInt8]], _ json: [String]) {
    var rest = bytes[...]
    for (message, text) in zip(expected, json) {
        let theirs = delimited(message)
        guard rest.starts(with: theirs) else {
            let same = zip(rest, theirs).prefix { $0 == $1 }.count
            print("the bytes differ from byte \(same) on of the message of \(text)")
            print("swift-protobuf: \(theirs)")
            print("here:           \(Array(rest.prefix(theirs.count)))")
            return
        }
        rest = rest.dropFirst(theirs.count)
    }
    print("there are \(rest.count) bytes more than swift-protobuf's")
}

/// Writes swift-protobuf's bytes of rows that are read back as they are: with a time, a rate and no enumeration's
/// number without a name.
func record(_ path: String) throws {
    var random = SeededNumbers(state: 5)
    let rows = RandomRows(40, &random, areReadBack: true)
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    var bytes: [UInt8] = []
    for text in rows.json {
        bytes += delimited(try Netmeta_FlowMessage(jsonString: text).serializedBytes(options: options))
    }
    guard let file = fopen(path, "w"), fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0 else {
        print("cannot write \(path)")
        exit(1)
    }
    print("\(rows.json.count) messages, \(bytes.count) bytes, are in \(path)")
}
