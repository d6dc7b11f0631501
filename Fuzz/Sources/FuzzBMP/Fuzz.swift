import Enrichment
import FuzzSupport
import NetTypes

/// BMP sessions: the first byte says in which pieces the stream comes, the rest is what follows an Initiation and a Peer
/// Up, so that the fuzzer needn't find those.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let rest = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    let stream = beginning + rest
    var whole = Run()
    whole.take(stream)
    var cut = Run()
    let size = 1 + Int(start[0]) * 3
    for offset in stride(from: 0, to: stream.count, by: size) {
        cut.take(Array(stream[offset..<min(stream.count, offset + size)]))
    }
    FuzzLaws.require(whole.actions == cut.actions && whole.error == cut.error, "pieces make a difference")
    FuzzLaws.require(whole.rib.routes == cut.rib.routes, "pieces make other routes")
    FuzzLaws.require(whole.rib.routes <= stream.count, "more routes than bytes")
    FuzzLaws.require(whole.rib.bytes < bound + 4096, "more memory than allowed")
    var rib = whole.rib
    let table = rib.makeTable()
    for address in [IPAddress(10, 0, 0, 1), IPAddress(high: 0x2001_0DB8 << 32, low: 1)] { _ = table.lookUp(address) }
    // After all has gone nothing is left.
    rib.end(session: 1, at: 0)
    rib.expire(at: 1, hold: 1)
    FuzzLaws.require(rib.isEmpty && rib.bytes == 0, "something stays")
    return 0
}

/// Bytes up to which routes are taken; one message may go beyond by one route.
private let bound = 64 << 10

/// A session and its routes.
private struct Run {
    var session = BMPSession()
    var rib = RouterRIB()
    /// What kind each was, and how much it told.
    var actions: [Int] = []
    var error: BMPSessionError?

    mutating func take(_ bytes: [UInt8]) {
        guard error == nil else { return }
        do {
            try session.feed(bytes.span.bytes) { action in
                switch action {
                case .initiation: actions.append(0)
                case .peerUp: actions.append(1)
                case .peerDown: actions.append(2)
                case .termination: actions.append(3)
                case .skipped(_, let count): actions.append(4 + count)
                case .routes(_, _, let update):
                    actions.append(-1 - update.announced.count - update.withdrawn.count * 10_000)
                    FuzzLaws.require(
                        update.announced.allSatisfy { update.attributes.indices.contains($0.attributes) },
                        "a route without attributes"
                    )
                }
                _ = rib.apply(action, session: 1, at: 0, most: bound)
            }
        } catch {
            self.error = error
        }
    }
}

private let beginning: [UInt8] = {
    func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [3, 0, 0, 0, UInt8(body.count + 6), type] + body }
    let marker = [UInt8](repeating: 0xFF, count: 16)
    // With ADD-PATH for IPv6 only, so that both forms are read.
    let open = marker + [0, 37, 1, 4, 0xFB, 0xF4, 0, 90, 0, 0, 0, 1, 8, 2, 6, 69, 4, 0, 2, 1, 3]
    let header = [UInt8](repeating: 0, count: 22) + [192, 0, 2, 1] + [UInt8](repeating: 0, count: 16)
    return message(4, [0, 2, 0, 1, 65]) + message(3, header + [UInt8](repeating: 0, count: 20) + open + open)
}()
