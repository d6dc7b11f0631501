import CReference
import FlowSchema
import Glibc
import NetTypes

// usage: MessageBenchmark [ROUNDS]
//
// Rows to FlowMessage in Protocol Buffers beside the same in C, on one core, and back. First proves that both write
// the same bytes. Exits with 1 below one and a half times the speed of the plain C.

let rows = 24_000
let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 41

/// Rows as a border router's NetFlow v9 of twenty fields gives them: nineteen columns differ from row to row, the
/// others are the same in all.
func someFlows() -> FlowBatch {
    var state: UInt64 = 1
    func random() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    let batch = FlowBatch(capacity: rows)
    let all = batch.reserve(rows)
    for column in FlowColumn.allCases.prefix(44) {
        switch column {
        case .samplerAddress, .nextHop: batch.fill(column, all, with: IPAddress(192, 0, 2, 1))
        case .flowType: batch.fill(column, all, with: FlowType.ipfix.rawValue)
        case .samplingRateSource: batch.fill(column, all, with: SamplingSource.options.rawValue)
        case .samplingRate: batch.fill(column, all, with: UInt32(1000))
        case .timeReceived: batch.fill(column, all, with: UInt32(1_800_000_000))
        case .flowDirection, .forwardingStatus: batch.fill(column, all, with: UInt8(64))
        case .eType: batch.fill(column, all, with: UInt16(0x0800))
        case .vlanId, .srcVlan, .dstVlan: batch.fill(column, all, with: UInt16(100))
        case .srcMac, .dstMac: batch.fill(column, all, with: UInt64(0))
        case .icmpType, .icmpCode, .biFlowDirection: batch.fill(column, all, with: UInt8(0))
        case .sequenceNum: batch.fill(column, all, with: UInt32(12345678))
        case .ipv6FlowLabel, .fragmentId, .fragmentOffset, .ingressVrfId, .egressVrfId, .timeFlowStartNs,
            .timeFlowEndNs, .nextHopAS:
            batch.fill(column, all, with: UInt32(0))
        default:
            for row in all {
                let one = row..<row + 1
                switch column.storage {
                case .uint8: batch.fill(column, one, with: UInt8(truncatingIfNeeded: random()))
                case .uint16: batch.fill(column, one, with: UInt16(truncatingIfNeeded: random()))
                case .uint32:
                    batch.fill(column, one, with: UInt32(truncatingIfNeeded: random() >> (32 + random() % 16)))
                case .uint64: batch.fill(column, one, with: random() >> (40 + random() % 16))
                case .bytes16: batch.fill(column, one, with: IPAddress(v4: UInt32(truncatingIfNeeded: random())))
                case .variable: break
                }
            }
        }
    }
    batch.fill(.incoming, all, with: UInt8(1))
    batch.seal()
    return batch
}

func seconds(_ body: () -> Void) -> Double {
    var (start, end) = (timespec(), timespec())
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start)
    body()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end)
    return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
}

let batch = someFlows()
var encoder = FlowMessageEncoder()
let fields = FlowColumn.allCases.filter { batch.isPresent($0) }.sorted { $0.field.number < $1.field.number }.map {
    reference_field(
        number: UInt32($0.field.number),
        width: UInt32($0.storage.width),
        values: batch.bytes(of: $0)
    )
}
var reference = [UInt8](repeating: 0, count: rows * 600)
let length = fields.withUnsafeBufferPointer { reference_encode($0.baseAddress, $0.count, rows, &reference) }
encoder.begin(batch)
encoder.append(0..<rows)
let bytes = encoder.withBytes { Array($0) }
guard bytes == Array(reference.prefix(length)) else {
    print("the bytes differ from the reference's")
    exit(1)
}

var (mine, theirs, back) = (Double.infinity, Double.infinity, Double.infinity)
let copy = FlowBatch(capacity: rows)
for _ in 0..<rounds {
    mine = min(
        mine,
        seconds {
            encoder.clear()
            encoder.begin(batch)
            encoder.append(0..<rows)
        }
    )
    theirs = min(
        theirs,
        seconds {
            _ = fields.withUnsafeBufferPointer { reference_encode($0.baseAddress, $0.count, rows, &reference) }
        }
    )
    copy.clear()
    back = min(
        back,
        seconds {
            var decoder = FlowMessageDecoder()
            try? decoder.decode(bytes.span.bytes, .delimited(flows: rows), into: copy, received: 1)
        }
    )
}
guard copy.count == rows else {
    print("what was written can't be read")
    exit(1)
}

func millions(_ seconds: Double) -> Double { (Double(rows) / seconds / 1e5).rounded() / 10 }
print("FlowMessage, \(fields.count) columns, \(length / rows) bytes a message, millions a second on one core")
print("  written  \(millions(mine))")
print("  plain C  \(millions(theirs))   ratio \((theirs / mine * 100).rounded() / 100)")
print("  read     \(millions(back))")
exit(theirs / mine >= 1.5 ? 0 : 1)
