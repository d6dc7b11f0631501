import CReference
import FlowDecoders
import FlowSchema
import NetTypes

/// Rows that are gathered before a batch is handed on.
private let capacity = FlowDecoder.mostRows + 32_768

/// Where all datagrams come from, and when.
private let source = IPEndpoint(address: IPAddress(192, 0, 2, 1), port: 2055)
private let receivedAt = NetFlowTraffic.exportSeconds + 1

/// The product's decoder, driven as a receiver thread drives it.
struct SwiftSide {
    private(set) var decoder = FlowDecoder()
    let batch = FlowBatch(capacity: capacity)
    private let context = DatagramContext(source: source, receivedAt: receivedAt)

    /// Decodes datagrams; a full batch is sealed and emptied as if it were handed on.
    ///
    /// - Returns: the rows of all of them.
    mutating func decode(_ datagrams: [[UInt8]], atFull: (FlowBatch) -> Void = { _ in }) -> Int {
        var rows = 0
        for datagram in datagrams {
            decoder.decode(datagram.span.bytes, context: context, into: batch)
            if batch.room < FlowDecoder.mostRows { rows += handOn(atFull) }
        }
        return rows + handOn(atFull)
    }

    private func handOn(_ atFull: (FlowBatch) -> Void) -> Int {
        batch.seal()
        atFull(batch)
        let rows = batch.count
        batch.clear()
        return rows
    }
}

/// The reference in C, driven alike.
final class CSide {
    let decoder: OpaquePointer
    private let address: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1]

    init() {
        decoder = ref_create(capacity)
    }

    deinit {
        ref_destroy(decoder)
    }

    func decode(_ datagrams: [[UInt8]], atFull: (OpaquePointer) -> Void = { _ in }) -> Int {
        var rows = 0
        for datagram in datagrams {
            ref_decode(decoder, datagram, datagram.count, address, source.port, receivedAt)
            if ref_room(decoder) < FlowDecoder.mostRows { rows += handOn(atFull) }
        }
        return rows + handOn(atFull)
    }

    private func handOn(_ atFull: (OpaquePointer) -> Void) -> Int {
        ref_seal(decoder)
        atFull(decoder)
        let rows = ref_rows(decoder)
        ref_clear(decoder)
        return rows
    }
}
