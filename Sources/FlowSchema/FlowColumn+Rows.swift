/// THE field table: everything that is made of the flow schema, SQL, protobuf, the API, pages and documentation, is
/// rendered from it.
extension FlowColumn {
    // One entry is two lines: what it is and what it means.
    // swift-format-ignore
    var row: Field {
        switch self {
        case .timeReceived:
            Field(self, 2, "TimeReceived", .observation, .time, unit: "s", dimension: false,
                "When the collector received the datagram, in seconds since 1970 UTC.")
        case .flowType:
            Field(self, 1, "FlowType", .observation, .flowType,
                "The protocol that the flow was reported in.")
        case .sequenceNum:
            Field(self, 4, "SequenceNum", .observation, .number, dimension: false,
                "The sequence number in the header of the datagram.")
        case .samplingRate:
            Field(self, 3, "SamplingRate", .observation, .number, unit: "packets",
                "One of so many packets was observed; Bytes and Packets times this is the traffic.")
        case .samplingRateSource:
            Field(self, 1000, "SamplingRateSource", .observation, .samplingSource,
                "Who told SamplingRate: the record, options data, the configuration, or nobody (then it is 1).")
        case .flowDirection:
            Field(self, 42, "FlowDirection", .observation, .direction,
                "Where the flow was observed: 0 ingress, 1 egress, 255 unknown.")
        case .samplerAddress:
            Field(self, 11, "SamplerAddress", .observation, .address,
                "The exporter: the datagram's source, or the agent address in sFlow.")
        case .timeFlowStart:
            Field(self, 38, "TimeFlowStart", .observation, .time, unit: "s", dimension: false,
                "When the first packet of the flow was seen, in seconds since 1970 UTC.")
        case .timeFlowStartNs:
            Field(self, 1001, "TimeFlowStartNs", .observation, .subsecond, unit: "ns", dimension: false,
                "The part of TimeFlowStart below the second, 0 when the exporter doesn't tell.")
        case .timeFlowEnd:
            Field(self, 5, "TimeFlowEnd", .observation, .time, unit: "s", dimension: false,
                "When the last packet of the flow was seen, in seconds since 1970 UTC.")
        case .timeFlowEndNs:
            Field(self, 1002, "TimeFlowEndNs", .observation, .subsecond, unit: "ns", dimension: false,
                "The part of TimeFlowEnd below the second, 0 when the exporter doesn't tell.")
        case .bytes:
            Field(self, 9, "Bytes", .traffic, .counter, unit: "bytes", dimension: false,
                "Bytes as reported; sFlow counts the frame, NetFlow and IPFIX the IP packet.")
        case .packets:
            Field(self, 10, "Packets", .traffic, .counter, unit: "packets", dimension: false,
                "Packets as reported.")
        case .srcAddr:
            Field(self, 6, "SrcAddr", .addresses, .address, mirror: .dstAddr,
                "The source address.")
        case .dstAddr:
            Field(self, 7, "DstAddr", .addresses, .address, mirror: .srcAddr,
                "The destination address.")
        case .eType:
            Field(self, 30, "EType", proto: "Etype", .layer2, .etherType,
                "The Ethertype: 0x0800 IPv4, 0x86DD IPv6.")
        case .proto:
            Field(self, 20, "Proto", .transport, .ipProtocol,
                "The IP protocol: 6 TCP, 17 UDP.")
        case .srcPort:
            Field(self, 21, "SrcPort", .transport, .port, mirror: .dstPort,
                "The source port.")
        case .dstPort:
            Field(self, 22, "DstPort", .transport, .port, mirror: .srcPort,
                "The destination port.")
        case .inIf:
            Field(self, 18, "InIf", .interfaces, .interface, mirror: .outIf,
                "The SNMP index of the ingress interface.")
        case .outIf:
            Field(self, 19, "OutIf", .interfaces, .interface, mirror: .inIf,
                "The SNMP index of the egress interface.")
        case .srcMac:
            Field(self, 27, "SrcMac", .layer2, .mac, mirror: .dstMac,
                "The source MAC address.")
        case .dstMac:
            Field(self, 28, "DstMac", .layer2, .mac, mirror: .srcMac,
                "The destination MAC address.")
        case .srcVlan:
            Field(self, 33, "SrcVlan", .layer2, .number, mirror: .dstVlan,
                "The VLAN on the way in.")
        case .dstVlan:
            Field(self, 34, "DstVlan", .layer2, .number, mirror: .srcVlan,
                "The VLAN on the way out.")
        case .vlanId:
            Field(self, 29, "VlanId", .layer2, .number,
                "The VLAN in the observed frame, or the ingress VLAN.")
        case .ingressVrfId:
            Field(self, 39, "IngressVrfId", proto: "IngressVrfID", .routing, .number, mirror: .egressVrfId,
                "The VRF on the way in.")
        case .egressVrfId:
            Field(self, 40, "EgressVrfId", proto: "EgressVrfID", .routing, .number, mirror: .ingressVrfId,
                "The VRF on the way out.")
        case .ipTos:
            Field(self, 23, "IPTos", .ip, .number,
                "The IPv4 type of service or IPv6 traffic class byte.")
        case .forwardingStatus:
            Field(self, 24, "ForwardingStatus", .routing, .number,
                "The forwarding status of RFC 7270 section 4.12: 64 to 127 forwarded, 128 to 191 dropped, 192 to 255 consumed.")
        case .ipTTL:
            Field(self, 25, "IPTTL", .ip, .number,
                "The IPv4 time to live or IPv6 hop limit.")
        case .tcpFlags:
            Field(self, 26, "TCPFlags", .transport, .tcpFlags,
                "The TCP flags of all packets of the flow, or-ed.")
        case .icmpType:
            Field(self, 31, "IcmpType", .transport, .number,
                "The ICMP type.")
        case .icmpCode:
            Field(self, 32, "IcmpCode", .transport, .number,
                "The ICMP code.")
        case .ipv6FlowLabel:
            Field(self, 37, "IPv6FlowLabel", .ip, .number,
                "The IPv6 flow label.")
        case .fragmentId:
            Field(self, 35, "FragmentId", .ip, .number,
                "The identification of the fragmented packet.")
        case .fragmentOffset:
            Field(self, 36, "FragmentOffset", .ip, .number, unit: "8 bytes",
                "The fragment offset.")
        case .biFlowDirection:
            Field(self, 41, "BiFlowDirection", .observation, .number,
                "How the direction of a biflow was assigned (RFC 5103 section 6.3).")
        case .srcAS:
            Field(self, 14, "SrcAS", .routing, .asn, mirror: .dstAS,
                "The source's autonomous system, 0 unknown.")
        case .dstAS:
            Field(self, 15, "DstAS", .routing, .asn, mirror: .srcAS,
                "The destination's autonomous system, 0 unknown.")
        case .nextHop:
            Field(self, 12, "NextHop", .routing, .address,
                "The address of the next hop.")
        case .nextHopAS:
            Field(self, 13, "NextHopAS", .routing, .asn,
                "The next autonomous system on the way to the destination.")
        case .srcNet:
            Field(self, 16, "SrcNet", .routing, .number, unit: "bits", mirror: .dstNet,
                "The length of the source prefix.")
        case .dstNet:
            Field(self, 17, "DstNet", .routing, .number, unit: "bits", mirror: .srcNet,
                "The length of the destination prefix.")
        case .incoming:
            Field(self, 1027, "Incoming", .observation, .incoming,
                "Whether the flow came into the network: 1 yes, 0 no, 255 unknown; by the sampler's isIncomingFlow rules, else by Locality in and out, else by FlowDirection.")
        case .locality:
            Field(self, 1028, "Locality", .addresses, .locality,
                "Which of the addresses are in enrichment.localNetworks: the destination (in), the source (out), both (internal), none (transit).")
        case .srcAddrEncap:
            Field(self, 44, "SrcAddrEncap", .tunnel, .address, mirror: .dstAddrEncap,
                "The source address of the packet inside a tunnel.")
        case .dstAddrEncap:
            Field(self, 45, "DstAddrEncap", .tunnel, .address, mirror: .srcAddrEncap,
                "The destination address of the packet inside a tunnel.")
        case .protoEncap:
            Field(self, 46, "ProtoEncap", .tunnel, .ipProtocol,
                "The IP protocol of the packet inside a tunnel.")
        case .eTypeEncap:
            Field(self, 47, "ETypeEncap", proto: "EtypeEncap", .tunnel, .etherType,
                "The Ethertype of the packet inside a tunnel.")
        case .ipTosEncap:
            Field(self, 48, "IPTosEncap", .tunnel, .number,
                "The type of service or traffic class of the packet inside a tunnel.")
        case .ipTTLEncap:
            Field(self, 49, "IPTTLEncap", .tunnel, .number,
                "The time to live or hop limit of the packet inside a tunnel.")
        case .ipv6FlowLabelEncap:
            Field(self, 50, "IPv6FlowLabelEncap", .tunnel, .number,
                "The IPv6 flow label of the packet inside a tunnel.")
        case .fragmentIdEncap:
            Field(self, 51, "FragmentIdEncap", .tunnel, .number,
                "The identification of the packet inside a tunnel.")
        case .fragmentOffsetEncap:
            Field(self, 52, "FragmentOffsetEncap", .tunnel, .number, unit: "8 bytes",
                "The fragment offset of the packet inside a tunnel.")
        case .srcPortEncap:
            Field(self, 1003, "SrcPortEncap", .tunnel, .port, mirror: .dstPortEncap,
                "The source port of the packet inside a tunnel.")
        case .dstPortEncap:
            Field(self, 1004, "DstPortEncap", .tunnel, .port, mirror: .srcPortEncap,
                "The destination port of the packet inside a tunnel.")
        case .encapType:
            Field(self, 1005, "EncapType", .tunnel, .encapType,
                "What the tunnel is: VXLAN, Geneve, GRE and so on.")
        case .encapId:
            Field(self, 1006, "EncapId", .tunnel, .number,
                "The tunnel's number: VNI, GRE key, GTP TEID, PPPoE or ERSPAN session.")
        case .mplsCount:
            Field(self, 54, "MPLSCount", .mpls, .number,
                "How many labels the MPLS stack has.")
        case .mpls1TTL:
            Field(self, 55, "MPLS1TTL", .mpls, .number,
                "The time to live in the top label.")
        case .mpls1Label:
            Field(self, 56, "MPLS1Label", .mpls, .number,
                "The top label.")
        case .mpls2TTL:
            Field(self, 57, "MPLS2TTL", .mpls, .number,
                "The time to live in the second label.")
        case .mpls2Label:
            Field(self, 58, "MPLS2Label", .mpls, .number,
                "The second label.")
        case .mpls3TTL:
            Field(self, 59, "MPLS3TTL", .mpls, .number,
                "The time to live in the third label.")
        case .mpls3Label:
            Field(self, 60, "MPLS3Label", .mpls, .number,
                "The third label.")
        case .mplsLastTTL:
            Field(self, 61, "MPLSLastTTL", .mpls, .number,
                "The time to live in the bottom label.")
        case .mplsLastLabel:
            Field(self, 62, "MPLSLastLabel", .mpls, .number,
                "The bottom label.")
        case .srcAddrNAT:
            Field(self, 1010, "SrcAddrNAT", .nat, .address, mirror: .dstAddrNAT,
                "The source address after translation.")
        case .dstAddrNAT:
            Field(self, 1011, "DstAddrNAT", .nat, .address, mirror: .srcAddrNAT,
                "The destination address after translation.")
        case .srcPortNAT:
            Field(self, 1012, "SrcPortNAT", .nat, .port, mirror: .dstPortNAT,
                "The source port after translation.")
        case .dstPortNAT:
            Field(self, 1013, "DstPortNAT", .nat, .port, mirror: .srcPortNAT,
                "The destination port after translation.")
        case .firewallEvent:
            Field(self, 1014, "FirewallEvent", .nat, .number,
                "What a firewall says of the flow (IPFIX element 233): 1 created, 2 deleted, 3 denied, 4 alert, 5 update.")
        case .customerVlanId:
            Field(self, 1015, "CustomerVlanId", .layer2, .number,
                "The inner of two VLAN tags (QinQ).")
        case .ipTTLMax:
            Field(self, 1016, "IPTTLMax", .ip, .number,
                "The largest time to live of the flow's packets; IPTTL is the least.")
        case .dropReason:
            Field(self, 1017, "DropReason", .routing, .number,
                "Why packets were dropped: sFlow's drop reason, or the reason of a discarded output.")
        case .flowEndReason:
            Field(self, 1018, "FlowEndReason", .observation, .number,
                "Why the flow was exported (IPFIX element 136): 1 idle, 2 active timeout, 3 end, 4 forced, 5 no room.")
        case .applicationId:
            Field(self, 1019, "ApplicationId", .application, .number,
                "The application that the exporter recognised (RFC 6759): engine in the top byte, selector below.")
        case .prevHopAS:
            Field(self, 1020, "PrevHopAS", .routing, .asn,
                "The autonomous system before this one on the way from the source.")
        case .bgpNextHop:
            Field(self, 1021, "BGPNextHop", .routing, .address,
                "The BGP next hop.")
        case .ingressPhysIf:
            Field(self, 1022, "InPhysIf", .interfaces, .interface, mirror: .egressPhysIf,
                "The SNMP index of the physical ingress interface.")
        case .egressPhysIf:
            Field(self, 1023, "OutPhysIf", .interfaces, .interface, mirror: .ingressPhysIf,
                "The SNMP index of the physical egress interface.")
        case .mark:
            Field(self, 1300, "Mark", .observation, .number,
                "The mark that rules of the host gave the packet (NFLOG) or the connection (conntrack).")
        case .conntrackZone:
            Field(self, 1301, "ConntrackZone", .observation, .number,
                "The connection tracking zone, 0 the usual one.")
        case .conntrackStatus:
            Field(self, 1302, "ConntrackStatus", .observation, .number,
                "What connection tracking knows of the connection, in bits: 2 answered, 4 assured, 16 source NAT, 32 destination NAT.")
        case .srcCountry:
            Field(self, 1029, "SrcCountry", .places, .country, mirror: .dstCountry,
                "The country of the source address, as two letters; in FlowMessage the first of them in the low byte.")
        case .dstCountry:
            Field(self, 1030, "DstCountry", .places, .country, mirror: .srcCountry,
                "The country of the destination address, as two letters.")
        case .srcCityId:
            Field(self, 1031, "SrcCityId", .places, .number, dimension: false, mirror: .dstCityId,
                "The city of the source address, as a number that the dictionary Cities names; 0 unknown.")
        case .dstCityId:
            Field(self, 1032, "DstCityId", .places, .number, dimension: false, mirror: .srcCityId,
                "The city of the destination address, as a number that the dictionary Cities names; 0 unknown.")
        case .cloudPath:
            Field(self, 1350, "CloudPath", .cloud, .number,
                "How a flow leaves an AWS network (traffic-path): 1 in the same VPC, 2 internet gateway, 3 virtual private gateway, 4 peering in the region, 5 peering between regions, 6 local gateway, 7 gateway endpoint, 8 internet gateway of a Nitro instance; 0 unknown.")
        case .roundTripTime:
            Field(self, 1351, "RoundTripTime", .cloud, .number, unit: "µs", dimension: false,
                "The round trip time that a cloud measured within the flow, 0 unknown.")
        case .droppedBytes:
            Field(self, 1352, "DroppedBytes", .cloud, .counter, unit: "bytes", dimension: false,
                "Bytes that a cloud dropped; they are not in Bytes.")
        case .droppedPackets:
            Field(self, 1353, "DroppedPackets", .cloud, .counter, unit: "packets", dimension: false,
                "Packets that a cloud dropped; they are not in Packets.")
        case .asPath:
            Field(self, 1024, "ASPath", .routing, .numbers, dimension: false,
                "The AS path to the destination, nearest first; of a set of AS each is there.")
        case .bgpCommunities:
            Field(self, 1025, "BGPCommunities", .routing, .numbers, dimension: false,
                "The BGP communities of the route to the destination: AS in the upper 16 bits, value below.")
        case .bgpLargeCommunities:
            Field(self, 1037, "BGPLargeCommunities", .routing, .numbers, dimension: false,
                "The large communities (RFC 8092) of the route to the destination, three numbers each.")
        case .bgpExtendedCommunities:
            Field(self, 1038, "BGPExtendedCommunities", .routing, .numbers, dimension: false,
                "The extended communities (RFC 4360) of the route, two numbers each: upper and lower four bytes.")
        case .strings:
            Field(self, 1026, "Strings", .application, .strings, dimension: false,
                "What the exporter tells in words, by name: httpHost, tlsServerName, userName and so on.")
        case .cloudAccount:
            Field(self, 1354, "CloudAccount", .cloud, .text,
                "The AWS account, the Google Cloud project or the Azure subscription that reported the flow.")
        case .cloudRegion:
            Field(self, 1355, "CloudRegion", .cloud, .text,
                "The region of the reporting interface.")
        case .cloudZone:
            Field(self, 1356, "CloudZone", .cloud, .text,
                "The zone of the reporting interface.")
        case .cloudVpc:
            Field(self, 1357, "CloudVpc", .cloud, .text,
                "The virtual network of the reporting interface.")
        case .cloudSubnet:
            Field(self, 1358, "CloudSubnet", .cloud, .text,
                "The subnet of the reporting interface.")
        case .cloudInterface:
            Field(self, 1359, "CloudInterface", .cloud, .text,
                "The reporting interface: a network interface of AWS or Azure (or its MAC address), or a Google Cloud gateway.")
        case .cloudInstance:
            Field(self, 1360, "CloudInstance", .cloud, .text,
                "The instance that the reporting interface belongs to.")
        case .cloudAction:
            Field(self, 1361, "CloudAction", .cloud, .text,
                "What became of the flow: ACCEPT, REJECT or DROPPED.")
        case .cloudReason:
            Field(self, 1362, "CloudReason", .cloud, .text,
                "Why a cloud rejected or dropped the flow.")
        case .cloudReporter:
            Field(self, 1363, "CloudReporter", .cloud, .text,
                "The end that reported the flow to Google Cloud: SRC, DEST, SRC_GATEWAY or DEST_GATEWAY.")
        case .cloudCluster:
            Field(self, 1364, "CloudCluster", .cloud, .text,
                "The container cluster of the reporting interface.")
        case .cloudWorkload:
            Field(self, 1365, "CloudWorkload", .cloud, .text,
                "The container service or workload of the reporting interface.")
        case .cloudTask:
            Field(self, 1366, "CloudTask", .cloud, .text,
                "The container task or pod of the reporting interface.")
        case .srcCloudService:
            Field(self, 1367, "SrcCloudService", .cloud, .text, mirror: .dstCloudService,
                "The cloud provider's own service at the source address.")
        case .dstCloudService:
            Field(self, 1368, "DstCloudService", .cloud, .text, mirror: .srcCloudService,
                "The cloud provider's own service at the destination address.")
        case .srcCloudProject:
            Field(self, 1369, "SrcCloudProject", .cloud, .text, mirror: .dstCloudProject,
                "The Google Cloud project of the source.")
        case .dstCloudProject:
            Field(self, 1370, "DstCloudProject", .cloud, .text, mirror: .srcCloudProject,
                "The Google Cloud project of the destination.")
        case .srcCloudRegion:
            Field(self, 1371, "SrcCloudRegion", .cloud, .text, mirror: .dstCloudRegion,
                "The cloud region of the source.")
        case .dstCloudRegion:
            Field(self, 1372, "DstCloudRegion", .cloud, .text, mirror: .srcCloudRegion,
                "The cloud region of the destination.")
        case .srcCloudZone:
            Field(self, 1373, "SrcCloudZone", .cloud, .text, mirror: .dstCloudZone,
                "The cloud zone of the source.")
        case .dstCloudZone:
            Field(self, 1374, "DstCloudZone", .cloud, .text, mirror: .srcCloudZone,
                "The cloud zone of the destination.")
        case .srcCloudVpc:
            Field(self, 1375, "SrcCloudVpc", .cloud, .text, mirror: .dstCloudVpc,
                "The virtual network of the source.")
        case .dstCloudVpc:
            Field(self, 1376, "DstCloudVpc", .cloud, .text, mirror: .srcCloudVpc,
                "The virtual network of the destination.")
        case .srcCloudSubnet:
            Field(self, 1377, "SrcCloudSubnet", .cloud, .text, mirror: .dstCloudSubnet,
                "The subnet of the source.")
        case .dstCloudSubnet:
            Field(self, 1378, "DstCloudSubnet", .cloud, .text, mirror: .srcCloudSubnet,
                "The subnet of the destination.")
        case .srcCloudInstance:
            Field(self, 1379, "SrcCloudInstance", .cloud, .text, mirror: .dstCloudInstance,
                "The cloud instance of the source.")
        case .dstCloudInstance:
            Field(self, 1380, "DstCloudInstance", .cloud, .text, mirror: .srcCloudInstance,
                "The cloud instance of the destination.")
        case .srcCloudCluster:
            Field(self, 1381, "SrcCloudCluster", .cloud, .text, mirror: .dstCloudCluster,
                "The container cluster of the source.")
        case .dstCloudCluster:
            Field(self, 1382, "DstCloudCluster", .cloud, .text, mirror: .srcCloudCluster,
                "The container cluster of the destination.")
        case .srcCloudNamespace:
            Field(self, 1383, "SrcCloudNamespace", .cloud, .text, mirror: .dstCloudNamespace,
                "The namespace of the source in its container cluster.")
        case .dstCloudNamespace:
            Field(self, 1384, "DstCloudNamespace", .cloud, .text, mirror: .srcCloudNamespace,
                "The namespace of the destination in its container cluster.")
        case .srcCloudPod:
            Field(self, 1385, "SrcCloudPod", .cloud, .text, mirror: .dstCloudPod,
                "The pod of the source.")
        case .dstCloudPod:
            Field(self, 1386, "DstCloudPod", .cloud, .text, mirror: .srcCloudPod,
                "The pod of the destination.")
        case .srcCloudWorkload:
            Field(self, 1387, "SrcCloudWorkload", .cloud, .text, mirror: .dstCloudWorkload,
                "The workload that the pod of the source belongs to.")
        case .dstCloudWorkload:
            Field(self, 1388, "DstCloudWorkload", .cloud, .text, mirror: .srcCloudWorkload,
                "The workload that the pod of the destination belongs to.")
        case .exporterGroup:
            Field(self, 0, "ExporterGroup", .classes, .text,
                "The group of the exporter, by today's rules and lists.")
        case .exporterRole:
            Field(self, 0, "ExporterRole", .classes, .text,
                "The role of the exporter, by today's rules and lists.")
        case .exporterSite:
            Field(self, 0, "ExporterSite", .classes, .text,
                "The site of the exporter, by today's rules and lists.")
        case .exporterRegion:
            Field(self, 0, "ExporterRegion", .classes, .text,
                "The region of the exporter, by today's rules and lists.")
        case .exporterTenant:
            Field(self, 0, "ExporterTenant", .classes, .text,
                "The tenant of the exporter, by today's rules and lists.")
        case .inIfBoundary:
            Field(self, 0, "InIfBoundary", .classes, .boundary, mirror: .outIfBoundary,
                "Where the ingress interface leads, by its names: external, internal or undefined.")
        case .outIfBoundary:
            Field(self, 0, "OutIfBoundary", .classes, .boundary, mirror: .inIfBoundary,
                "Where the egress interface leads, by its names: external, internal or undefined.")
        case .inIfProvider:
            Field(self, 0, "InIfProvider", .classes, .text, mirror: .outIfProvider,
                "Who is at the other end of the ingress interface, by today's rules and lists.")
        case .outIfProvider:
            Field(self, 0, "OutIfProvider", .classes, .text, mirror: .inIfProvider,
                "Who is at the other end of the egress interface, by today's rules and lists.")
        case .inIfConnectivity:
            Field(self, 0, "InIfConnectivity", .classes, .text, mirror: .outIfConnectivity,
                "What the ingress interface is for, by today's rules and lists.")
        case .outIfConnectivity:
            Field(self, 0, "OutIfConnectivity", .classes, .text, mirror: .inIfConnectivity,
                "What the egress interface is for, by today's rules and lists.")
        case .srcNetName:
            Field(self, 0, "SrcNetName", .classes, .text, mirror: .dstNetName,
                "The name of the network that the source address is in, by today's rules and lists.")
        case .dstNetName:
            Field(self, 0, "DstNetName", .classes, .text, mirror: .srcNetName,
                "The name of the network that the destination address is in, by today's rules and lists.")
        case .srcNetRole:
            Field(self, 0, "SrcNetRole", .classes, .text, mirror: .dstNetRole,
                "The role of the network that the source address is in.")
        case .dstNetRole:
            Field(self, 0, "DstNetRole", .classes, .text, mirror: .srcNetRole,
                "The role of the network that the destination address is in.")
        case .srcNetSite:
            Field(self, 0, "SrcNetSite", .classes, .text, mirror: .dstNetSite,
                "The site of the network that the source address is in.")
        case .dstNetSite:
            Field(self, 0, "DstNetSite", .classes, .text, mirror: .srcNetSite,
                "The site of the network that the destination address is in.")
        case .srcNetRegion:
            Field(self, 0, "SrcNetRegion", .classes, .text, mirror: .dstNetRegion,
                "The region of the network that the source address is in.")
        case .dstNetRegion:
            Field(self, 0, "DstNetRegion", .classes, .text, mirror: .srcNetRegion,
                "The region of the network that the destination address is in.")
        case .srcNetTenant:
            Field(self, 0, "SrcNetTenant", .classes, .text, mirror: .dstNetTenant,
                "The tenant of the network that the source address is in.")
        case .dstNetTenant:
            Field(self, 0, "DstNetTenant", .classes, .text, mirror: .srcNetTenant,
                "The tenant of the network that the destination address is in.")
        case .srcCity:
            Field(self, 0, "SrcCity", .places, .text, mirror: .dstCity,
                "The name of the city of the source address.")
        case .dstCity:
            Field(self, 0, "DstCity", .places, .text, mirror: .srcCity,
                "The name of the city of the destination address.")
        }
    }
}
