import CReference
import FlowDecoders
import FlowSchema
import NetTypes

/// Proves that both sides give the same columns: a reference that did less would be no measure.
enum Verify {
    private static let columns: [(FlowColumn, ref_column)] = [
        (.timeReceived, REF_TIME_RECEIVED), (.flowType, REF_FLOW_TYPE), (.sequenceNum, REF_SEQUENCE),
        (.samplingRate, REF_SAMPLING_RATE), (.samplingRateSource, REF_SAMPLING_SOURCE),
        (.flowDirection, REF_DIRECTION), (.samplerAddress, REF_SAMPLER), (.timeFlowStart, REF_START),
        (.timeFlowStartNs, REF_START_NS), (.timeFlowEnd, REF_END), (.timeFlowEndNs, REF_END_NS), (.bytes, REF_BYTES),
        (.packets, REF_PACKETS), (.srcAddr, REF_SRC_ADDR), (.dstAddr, REF_DST_ADDR), (.eType, REF_ETYPE),
        (.proto, REF_PROTO), (.srcPort, REF_SRC_PORT), (.dstPort, REF_DST_PORT), (.inIf, REF_IN_IF),
        (.outIf, REF_OUT_IF), (.srcMac, REF_SRC_MAC), (.dstMac, REF_DST_MAC), (.srcVlan, REF_SRC_VLAN),
        (.dstVlan, REF_DST_VLAN), (.vlanId, REF_VLAN), (.ingressVrfId, REF_IN_VRF), (.egressVrfId, REF_OUT_VRF),
        (.ipTos, REF_TOS), (.forwardingStatus, REF_FORWARDING), (.ipTTL, REF_TTL), (.tcpFlags, REF_TCP_FLAGS),
        (.icmpType, REF_ICMP_TYPE), (.icmpCode, REF_ICMP_CODE), (.ipv6FlowLabel, REF_FLOW_LABEL),
        (.fragmentId, REF_FRAGMENT_ID), (.fragmentOffset, REF_FRAGMENT_OFFSET), (.srcAS, REF_SRC_AS),
        (.dstAS, REF_DST_AS), (.nextHop, REF_NEXT_HOP), (.nextHopAS, REF_NEXT_HOP_AS), (.srcNet, REF_SRC_NET),
        (.dstNet, REF_DST_NET), (.prevHopAS, REF_PREV_HOP_AS), (.bgpNextHop, REF_BGP_NEXT_HOP),
    ]

    /// Decodes a mix by both and compares every column of every row.
    ///
    /// - Returns: what differs, in words; nothing when all is the same.
    static func differences(_ mix: Mix) -> [String] {
        var found: [String] = []
        var swift = SwiftSide()
        let c = CSide()
        _ = swift.decode(mix.templates)
        _ = c.decode(mix.templates)
        var rows = 0
        var start = 0
        // In pieces that one batch holds.
        while start < mix.datagrams.count {
            let piece = Array(mix.datagrams[start..<min(start + 200, mix.datagrams.count)])
            start += 200
            rows += swift.decode(piece) { batch in
                let count = c.decode(piece) { decoder in
                    found += differences(batch, decoder)
                }
                if count != batch.count { found.append("Swift has \(batch.count) rows, C \(count)") }
            }
        }
        let counters = swift.decoder.counters
        if rows == 0 || counters.malformed.total > 0 || counters.bytesUnaccounted > 0 {
            found.append("the traffic isn't as it should be: \(counters)")
        }
        return Array(found.prefix(10))
    }

    private static func differences(_ batch: FlowBatch, _ decoder: OpaquePointer) -> [String] {
        var found: [String] = []
        let known = Dictionary(uniqueKeysWithValues: columns.map { ($0.0, $0.1) })
        found += pathDifferences(batch, decoder)
        for column in FlowColumn.allCases where column.storage != .variable {
            let reference = known[column].flatMap { ref_values(decoder, Int32($0.rawValue)) }
            let width = column.storage.width
            if let index = known[column], ref_width(Int32(index.rawValue)) != width {
                found.append("\(column.name) is of another width")
            }
            var bytes = [UInt8](repeating: column.fillByte, count: batch.count * width)
            if let reference {
                bytes.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: reference, count: $0.count)) }
            }
            for row in 0..<batch.count {
                let ours = value(batch, column, row)
                let theirs = Array(bytes[(row * width)..<((row + 1) * width)])
                guard ours != theirs else { continue }
                found.append("\(column.name) of row \(row): Swift \(ours), C \(theirs)")
                break
            }
        }
        return found
    }

    /// AS paths, the one column of varying length that the traffic has.
    private static func pathDifferences(_ batch: FlowBatch, _ decoder: OpaquePointer) -> [String] {
        for row in 0..<batch.count {
            var start: UnsafePointer<UInt8>?
            let count = ref_path(decoder, row, &start)
            let theirs = Array(UnsafeBufferPointer(start: start, count: count))
            let ours = batch.variable(.asPath)?.value(row: row) ?? []
            if ours != theirs { return ["ASPath of row \(row): Swift \(ours), C \(theirs)"] }
        }
        let others = [FlowColumn.bgpCommunities, .strings].filter { batch.isPresent($0) }
        return others.map { "\($0.name) isn't in the traffic" }
    }

    /// One value as its bytes lie in memory.
    private static func value(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> [UInt8] {
        if column.storage == .bytes16 {
            let address = batch.address(column, row: row)
            return withUnsafeBytes(of: (address.high.bigEndian, address.low.bigEndian)) { Array($0) }
        }
        return withUnsafeBytes(of: batch.number(column, row: row)) { Array($0.prefix(column.storage.width)) }
    }
}
