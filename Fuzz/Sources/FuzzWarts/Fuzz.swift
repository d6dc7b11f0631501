import FlowDecoders
import FlowSchema
import FuzzSupport
import NetTypes

/// Warts files, as scamper and whoever hands one in write them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let file = Array(UnsafeBufferPointer(start: start, count: count))
    var reader = WartsReader()
    var json = WartsJSON()
    var rows = WartsRows()
    var measured = 0
    var answers = 0
    reading: while true {
        let before = reader.offset
        switch reader.next(in: file.span.bytes) {
        case .object(let object):
            _ = json.line(object)
            if rows.add(object, asn: { $0.isV4 ? 64_496 : 0 }) { measured += 1 }
            if case .trace(let trace) = object { answers += trace.hops.count }
        case .malformed(let problem):
            FuzzLaws.require(
                (before..<reader.offset).contains(problem.offset) || problem.offset == reader.offset,
                "a place outside of its object"
            )
        case .incomplete(let problem):
            FuzzLaws.require(problem.map { $0.offset == before } ?? (before == file.count), "the end is elsewhere")
            break reading
        case .corrupt(let problem):
            FuzzLaws.require(problem.offset == before, "a broken object is elsewhere")
            break reading
        }
        FuzzLaws.require(reader.offset >= before + 8, "no step forward")
    }
    FuzzLaws.require(reader.offset <= file.count, "read beyond the end")
    FuzzLaws.require(rows.traces.count + rows.pings.count == measured, "a measurement without its row")
    FuzzLaws.require(rows.hops.count == answers, "answers without rows")
    return 0
}
