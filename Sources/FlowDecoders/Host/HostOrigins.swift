import FlowSchema

extension FieldOrigins {
    /// What the kernel calls what rows of this host's own sources hold.
    static let ofHost: [FlowType: [FlowColumn: [FieldOrigin]]] = {
        func fields(_ names: [(FlowColumn, String)]) -> [FlowColumn: [FieldOrigin]] {
            Dictionary(names.map { ($0, [FieldOrigin(number: "kernel", name: $1)]) }, uniquingKeysWith: { $1 })
        }
        let frame = ofHeaders.map { ($0, "packet header") }
        return [
            .conntrack: fields([
                (.bytes, "CTA_COUNTERS_BYTES"), (.packets, "CTA_COUNTERS_PACKETS"), (.srcAddr, "CTA_TUPLE"),
                (.dstAddr, "CTA_TUPLE"), (.srcPort, "CTA_TUPLE"), (.dstPort, "CTA_TUPLE"), (.proto, "CTA_PROTO_NUM"),
                (.icmpType, "CTA_PROTO_ICMP_TYPE"), (.icmpCode, "CTA_PROTO_ICMP_CODE"),
                (.srcAddrNAT, "CTA_TUPLE_REPLY"),
                (.dstAddrNAT, "CTA_TUPLE_REPLY"), (.srcPortNAT, "CTA_TUPLE_REPLY"), (.dstPortNAT, "CTA_TUPLE_REPLY"),
                (.mark, "CTA_MARK"), (.conntrackZone, "CTA_ZONE"), (.conntrackStatus, "CTA_STATUS"),
                (.timeFlowStart, "CTA_TIMESTAMP_START"), (.timeFlowEnd, "CTA_TIMESTAMP_STOP"),
                (.eType, "nfgen_family"),
            ]),
            .nflog: fields(
                frame + [
                    (.bytes, "length in the IP header"), (.inIf, "NFULA_IFINDEX_INDEV"),
                    (.outIf, "NFULA_IFINDEX_OUTDEV"),
                    (.ingressPhysIf, "NFULA_IFINDEX_PHYSINDEV"), (.egressPhysIf, "NFULA_IFINDEX_PHYSOUTDEV"),
                    (.mark, "NFULA_MARK"), (.samplingRate, "NFULA_PREFIX"),
                    (.flowDirection, "NFULA_PREFIX or the hook"),
                    (.srcMac, "NFULA_HWHEADER"), (.dstMac, "NFULA_HWHEADER"), (.strings, "NFULA_PREFIX, _UID, _GID"),
                ]
            ),
            .portMirror: fields(
                frame + [
                    (.bytes, "tp_len"), (.packets, "gso_size"), (.vlanId, "tp_vlan_tci"), (.inIf, "sll_ifindex"),
                    (.outIf, "sll_ifindex"), (.flowDirection, "sll_pkttype"),
                ]
            ),
        ]
    }()
}
