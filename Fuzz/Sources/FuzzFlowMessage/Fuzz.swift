import FlowSchema
import FuzzSupport

/// What may lie in a Kafka topic: flows in Protocol Buffers, or anything else.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let payload = Array(UnsafeBufferPointer(start: start, count: count))
    guard let framing = try? FlowMessageDecoder.framing(of: payload.span.bytes), framing.flows <= 1000 else { return 0 }
    let batch = FlowBatch(capacity: 1001)
    let row = batch.reserve(1)
    batch.fill(.bytes, row, with: UInt64(7))
    var decoder = FlowMessageDecoder()
    do {
        try decoder.decode(payload.span.bytes, framing, into: batch, received: 1)
    } catch {
        FuzzLaws.require(batch.count == 1, "a refused payload left rows")
        FuzzLaws.require(decoder.counters.flows == 0, "a refused payload left counts")
        return 0
    }
    FuzzLaws.require(batch.count - 1 == Int(decoder.counters.flows), "rows and counts differ")
    batch.seal()
    FuzzLaws.require(batch.number(.bytes, row: 0) == 7, "a row before changed")

    // What was read is written and read again as the same bytes.
    let first = encode(batch, 1..<batch.count)
    let copy = FlowBatch(capacity: 1001)
    do {
        try decoder.decode(first.span.bytes, .delimited(flows: batch.count - 1), into: copy, received: 1)
    } catch {
        FuzzLaws.require(false, "what was written can't be read: \(error)")
    }
    copy.seal()
    FuzzLaws.require(encode(copy, 0..<copy.count) == first, "written again it is something else")
    return 0
}

private func encode(_ batch: FlowBatch, _ rows: Range<Int>) -> [UInt8] {
    var encoder = FlowMessageEncoder()
    encoder.begin(batch)
    encoder.append(rows)
    return encoder.withBytes { Array($0) }
}
