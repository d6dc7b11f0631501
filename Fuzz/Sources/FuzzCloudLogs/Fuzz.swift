import FlowDecoders
import FlowSchema
import FuzzSupport

private let wide = FlowBatch(capacity: 4096)
private let narrow = FlowBatch(capacity: 3)

/// Flow logs of clouds: the first byte says whose, whether a layout is given
/// and how long the pieces are that the rest, the file, comes in.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let file = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    let kind: CloudLogKind = start[0] & 1 == 0 ? .aws : start[0] & 2 == 0 ? .gcp : .azure
    _ = CloudLogKind(recognizing: file)
    let layout =
        start[0] & 2 == 0 ? nil : try? AWSLogLayout(reading: "srcaddr dstaddr end bytes tcp-flags instance-tag")
    let settings = CloudLogSettings(receivedAt: start[0] & 4 == 0 ? nil : 1)
    let whole = decode(file, pieces: .max, CloudLogDecoder(kind, layout: layout, settings: settings), into: wide)
    let cut = decode(
        file,
        pieces: 1 + Int(start[0] >> 3) * 5,
        CloudLogDecoder(kind, layout: layout, settings: settings),
        into: narrow
    )
    FuzzLaws.require(whole.counters.isBalanced, "records became nothing")
    FuzzLaws.require(whole.counters.flows == UInt64(whole.rows), "rows and their count differ")
    FuzzLaws.require(whole.counters.bytes == UInt64(file.count), "bytes were left")
    // Where something is longer than it may be depends on how much of it is there.
    if whole.counters[.tooLong] == cut.counters[.tooLong] {
        FuzzLaws.require(whole.counters == cut.counters, "pieces make a difference")
    }
    return 0
}

private func decode(
    _ file: [UInt8],
    pieces: Int,
    _ decoder: CloudLogDecoder,
    into batch: FlowBatch
) -> (counters: CloudLogCounters, rows: Int) {
    var decoder = decoder
    var (start, end, rows) = (0, 0, 0)
    batch.clear()
    repeat {
        end = file.count - end > pieces ? end + pieces : file.count
        while true {
            let done = decoder.decode(file.span.extracting(start..<end), isLast: end == file.count, into: batch)
            FuzzLaws.require(done >= 0 && done <= end - start, "more is done than there is")
            start += done
            guard batch.room == 0 || decoder.awaitsRoom else { break }
            rows += take(batch)
        }
    } while end < file.count
    rows += take(batch)
    FuzzLaws.require(start == file.count, "the file isn't read to its end")
    return (decoder.counters, rows)
}

private func take(_ batch: FlowBatch) -> Int {
    batch.seal()
    for row in 0..<min(batch.count, 4) { _ = JSONRows().object(batch, row: row, origin: nil) }
    let count = batch.count
    batch.clear()
    return count
}
