import FlowDecoders
import FlowSchema
import FuzzSupport
import NetTypes

/// Files of scamper, as it and whoever hands one in write them: warts, JSON, and what comes over its control socket.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let file = Array(UnsafeBufferPointer(start: start, count: count))
    answer(file)
    var reader = TraceFileReader(file)
    let isText = !WartsReader.isWarts(file) && TraceFileReader.isTraceFile(file)
    var json = WartsJSON()
    var rows = WartsRows()
    var measured = 0
    var answers = 0
    reading: while true {
        let before = reader.offset
        switch reader.next(in: file) {
        case .object(let object):
            _ = json.line(object)
            rows.add(object, asn: { $0.isV4 ? 64_496 : 0 })
            switch object {
            case .trace(let trace):
                measured += 1
                answers += trace.hops.count
            case .ping: measured += 1
            default: break
            }
            // Of JSON, a cycle's line gives its list first.
            if isText { continue reading }
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
        FuzzLaws.require(reader.offset >= before + (isText ? 1 : 8), "no step forward")
    }
    FuzzLaws.require(reader.offset <= file.count, "read beyond the end")
    FuzzLaws.require(rows.traces.count + rows.pings.count == measured, "a measurement without its row")
    FuzzLaws.require(rows.hops.count == answers, "answers without rows")
    return 0
}

/// An answer of scamper says the same in whatever pieces it comes.
private func answer(_ bytes: [UInt8]) {
    let pieces = heard(bytes, pieces: 7)
    FuzzLaws.require(heard(bytes, pieces: bytes.count) == pieces, "pieces change an answer")
}

private func heard(_ bytes: [UInt8], pieces: Int) -> [[UInt8]] {
    var control = ScamperControl()
    var objects: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: pieces) {
        do throws(ScamperControl.Problem) {
            try control.take(bytes[start..<min(start + pieces, bytes.count)]) { event in
                if case .object(let object) = event { objects.append(object) }
            }
        } catch {
            break
        }
    }
    return objects
}
