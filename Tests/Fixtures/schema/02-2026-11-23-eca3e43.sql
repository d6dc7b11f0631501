CREATE DATABASE IF NOT EXISTS netmeta
;
CREATE TABLE IF NOT EXISTS netmeta.flows_raw (
    TimeReceived DateTime('UTC'),
    FlowType Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4),
    SequenceNum UInt32,
    SamplingRate UInt32,
    SamplingRateSource Enum8('unknown' = 0, 'record' = 1, 'options' = 2, 'configuration' = 3),
    FlowDirection UInt8,
    SamplerAddress IPv6,
    TimeFlowStart DateTime('UTC'),
    TimeFlowEnd DateTime('UTC'),
    Bytes UInt64,
    Packets UInt64,
    SrcAddr IPv6,
    DstAddr IPv6,
    EType UInt16,
    Proto UInt8,
    SrcPort UInt16,
    DstPort UInt16,
    InIf UInt32,
    OutIf UInt32,
    SrcMac UInt64,
    DstMac UInt64,
    SrcVlan UInt16,
    DstVlan UInt16,
    VlanId UInt16,
    IngressVrfId UInt32,
    EgressVrfId UInt32,
    IPTos UInt8,
    ForwardingStatus UInt8,
    IPTTL UInt8,
    TCPFlags UInt8,
    IcmpType UInt8,
    IcmpCode UInt8,
    IPv6FlowLabel UInt32,
    FragmentId UInt32,
    FragmentOffset UInt32,
    BiFlowDirection UInt8,
    SrcAS UInt32,
    DstAS UInt32,
    NextHop IPv6,
    NextHopAS UInt32,
    SrcNet UInt8,
    DstNet UInt8,
    SrcAddrEncap IPv6,
    DstAddrEncap IPv6,
    ProtoEncap UInt8,
    ETypeEncap UInt16,
    IPTosEncap UInt8,
    IPTTLEncap UInt8,
    IPv6FlowLabelEncap UInt32,
    FragmentIdEncap UInt32,
    FragmentOffsetEncap UInt32,
    SrcPortEncap UInt16,
    DstPortEncap UInt16,
    EncapType Enum8('none' = 0, 'VXLAN' = 1, 'Geneve' = 2, 'GRE' = 3, 'ERSPAN' = 4, 'IPIP' = 5, '6in4' = 6, 'GTP-U' = 7, 'SRv6' = 8, 'L2TP' = 9, 'PPPoE' = 10),
    EncapId UInt32,
    MPLSCount UInt8,
    MPLS1TTL UInt8,
    MPLS1Label UInt32,
    MPLS2TTL UInt8,
    MPLS2Label UInt32,
    MPLS3TTL UInt8,
    MPLS3Label UInt32,
    MPLSLastTTL UInt8,
    MPLSLastLabel UInt32,
    SrcAddrNAT IPv6,
    DstAddrNAT IPv6,
    SrcPortNAT UInt16,
    DstPortNAT UInt16,
    FirewallEvent UInt8,
    CustomerVlanId UInt16,
    IPTTLMax UInt8,
    DropReason UInt16,
    FlowEndReason UInt8,
    ApplicationId UInt64,
    PrevHopAS UInt32,
    BGPNextHop IPv6,
    InPhysIf UInt32,
    OutPhysIf UInt32,
    Date Date ALIAS toDate(TimeReceived)
) ENGINE = MergeTree
PARTITION BY toDate(TimeReceived)
ORDER BY TimeReceived
TTL TimeReceived + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
DROP VIEW IF EXISTS netmeta.flows_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in SYNC
;
CREATE TABLE netmeta.flows_in (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet FROM netmeta.flows_in
;
DROP VIEW IF EXISTS netmeta.flows_in_detailed_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_detailed SYNC
;
CREATE TABLE netmeta.flows_in_detailed (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, SrcAddrEncap FixedString(16), DstAddrEncap FixedString(16), ProtoEncap UInt8, ETypeEncap UInt16, IPTosEncap UInt8, IPTTLEncap UInt8, IPv6FlowLabelEncap UInt32, FragmentIdEncap UInt32, FragmentOffsetEncap UInt32, SrcPortEncap UInt16, DstPortEncap UInt16, EncapType UInt8, EncapId UInt32, MPLSCount UInt8, MPLS1TTL UInt8, MPLS1Label UInt32, MPLS2TTL UInt8, MPLS2Label UInt32, MPLS3TTL UInt8, MPLS3Label UInt32, MPLSLastTTL UInt8, MPLSLastLabel UInt32, SrcAddrNAT FixedString(16), DstAddrNAT FixedString(16), SrcPortNAT UInt16, DstPortNAT UInt16, FirewallEvent UInt8, CustomerVlanId UInt16, IPTTLMax UInt8, DropReason UInt16, FlowEndReason UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), InPhysIf UInt32, OutPhysIf UInt32) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_detailed_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, CAST(SrcAddrEncap, 'IPv6') AS SrcAddrEncap, CAST(DstAddrEncap, 'IPv6') AS DstAddrEncap, ProtoEncap, ETypeEncap, IPTosEncap, IPTTLEncap, IPv6FlowLabelEncap, FragmentIdEncap, FragmentOffsetEncap, SrcPortEncap, DstPortEncap, CAST(EncapType, 'Enum8(\'none\' = 0, \'VXLAN\' = 1, \'Geneve\' = 2, \'GRE\' = 3, \'ERSPAN\' = 4, \'IPIP\' = 5, \'6in4\' = 6, \'GTP-U\' = 7, \'SRv6\' = 8, \'L2TP\' = 9, \'PPPoE\' = 10)') AS EncapType, EncapId, MPLSCount, MPLS1TTL, MPLS1Label, MPLS2TTL, MPLS2Label, MPLS3TTL, MPLS3Label, MPLSLastTTL, MPLSLastLabel, CAST(SrcAddrNAT, 'IPv6') AS SrcAddrNAT, CAST(DstAddrNAT, 'IPv6') AS DstAddrNAT, SrcPortNAT, DstPortNAT, FirewallEvent, CustomerVlanId, IPTTLMax, DropReason, FlowEndReason, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, InPhysIf, OutPhysIf FROM netmeta.flows_in_detailed
;
CREATE TABLE IF NOT EXISTS netmeta.SamplerConfig_source (Device String, SamplingRate Nullable(UInt64), Description Nullable(String), AnonymizeAddresses Bool) ENGINE = ReplacingMergeTree ORDER BY (Device)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.SamplerConfig (Device String, SamplingRate Nullable(UInt64), Description Nullable(String), AnonymizeAddresses Bool) PRIMARY KEY Device SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'SamplerConfig_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.InterfaceNames_source (Device String, `Index` UInt32, Description String) ENGINE = ReplacingMergeTree ORDER BY (Device, `Index`)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.InterfaceNames (Device String, `Index` UInt32, Description String) PRIMARY KEY Device, `Index` SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'InterfaceNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.VlanNames_source (Device String, `Index` UInt32, Description String) ENGINE = ReplacingMergeTree ORDER BY (Device, `Index`)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.VlanNames (Device String, `Index` UInt32, Description String) PRIMARY KEY Device, `Index` SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'VlanNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.HostNames_source (Sampler String, Device String, Description String) ENGINE = ReplacingMergeTree ORDER BY (Sampler, Device)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.HostNames (Sampler String, Device String, Description String) PRIMARY KEY Sampler, Device SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'HostNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.user_autnums_source (asnum UInt64, name String, country String) ENGINE = ReplacingMergeTree ORDER BY (asnum)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.user_autnums (asnum UInt64, name String, country String) PRIMARY KEY asnum SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'user_autnums_source')) LIFETIME(60) LAYOUT(HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.autnums_source (asnum UInt64, name String, country String) ENGINE = ReplacingMergeTree ORDER BY (asnum)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.autnums (asnum UInt64, name String, country String) PRIMARY KEY asnum SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'autnums_source')) LIFETIME(60) LAYOUT(HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.risinfo_source (prefix String, asnum UInt32 DEFAULT 0) ENGINE = ReplacingMergeTree ORDER BY (prefix)
;
CREATE DICTIONARY IF NOT EXISTS netmeta.risinfo (prefix String, asnum UInt32 DEFAULT 0) PRIMARY KEY prefix SOURCE(CLICKHOUSE(DB 'netmeta' TABLE 'risinfo_source')) LIFETIME(60) LAYOUT(IP_TRIE(ACCESS_TO_KEY_FROM_ATTRIBUTES 1))
;
CREATE OR REPLACE DICTIONARY netmeta.IPProtocols (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(QUERY 'SELECT arrayJoin(arrayZip([0, 1, 2, 4, 6, 8, 17, 27, 33, 41, 43, 44, 46, 47, 50, 51, 58, 59, 60, 88, 89, 94, 103, 112, 115, 132, 136, 137], [\'HOPOPT\', \'ICMP\', \'IGMP\', \'IPv4\', \'TCP\', \'EGP\', \'UDP\', \'RDP\', \'DCCP\', \'IPv6\', \'IPv6-Route\', \'IPv6-Frag\', \'RSVP\', \'GRE\', \'ESP\', \'AH\', \'IPv6-ICMP\', \'IPv6-NoNxt\', \'IPv6-Opts\', \'EIGRP\', \'OSPFIGP\', \'IPIP\', \'PIM\', \'VRRP\', \'L2TP\', \'SCTP\', \'UDPLite\', \'MPLS-in-IP\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE DICTIONARY netmeta.EtherTypes (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(QUERY 'SELECT arrayJoin(arrayZip([2048, 2054, 32821, 33024, 34525, 34825, 34887, 34888, 34915, 34916, 34984, 35020, 35063], [\'IPv4\', \'ARP\', \'RARP\', \'VLAN\', \'IPv6\', \'Slow\', \'MPLS\', \'MPLS-multicast\', \'PPPoE-Discovery\', \'PPPoE\', \'QinQ\', \'LLDP\', \'PTP\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE DICTIONARY netmeta.TCPFlags (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(QUERY 'SELECT arrayJoin(arrayZip([1, 2, 4, 8, 16, 32, 64, 128], [\'FIN\', \'SYN\', \'RST\', \'PSH\', \'ACK\', \'URG\', \'ECE\', \'CWR\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE FUNCTION IPv6ToString AS (Address) -> if(startsWith(IPv6NumToString(Address), '::ffff:'), substring(IPv6NumToString(Address), 8), IPv6NumToString(Address))
;
CREATE OR REPLACE FUNCTION toIPv6Net AS (Net) -> if(position(Net, ':') > 0, Net, concat('::ffff:', splitByChar('/', Net)[1], '/', toString(toUInt8(splitByChar('/', Net)[2]) + 96)))
;
CREATE OR REPLACE FUNCTION SamplerToString AS (Sampler) -> coalesce(dictGetOrNull('netmeta.SamplerConfig', 'Description', tuple(IPv6NumToString(Sampler))), IPv6ToString(Sampler))
;
CREATE OR REPLACE FUNCTION HostToString AS (Sampler, Host) -> if(dictHas('netmeta.HostNames', tuple(IPv6NumToString(Sampler), IPv6NumToString(Host))), dictGetString('netmeta.HostNames', 'Description', tuple(IPv6NumToString(Sampler), IPv6NumToString(Host))), IPv6ToString(Host))
;
CREATE OR REPLACE FUNCTION ASNToString AS (ASN) -> concat(substring(coalesce(nullIf(dictGetOrDefault('netmeta.user_autnums', 'name', toUInt64(ASN), ''), ''), dictGetOrDefault('netmeta.autnums', 'name', toUInt64(ASN), '')), 1, 25), ' AS', toString(ASN))
;
CREATE OR REPLACE FUNCTION VLANToString AS (Sampler, VLAN) -> if(dictHas('netmeta.VlanNames', tuple(IPv6NumToString(Sampler), toUInt32(VLAN))), concat(toString(VLAN), ' [', dictGetString('netmeta.VlanNames', 'Description', tuple(IPv6NumToString(Sampler), toUInt32(VLAN))), ']'), toString(VLAN))
;
CREATE OR REPLACE FUNCTION InterfaceToString AS (Sampler, Interface) -> concat(SamplerToString(Sampler), ' - ', toString(Interface), if(dictHas('netmeta.InterfaceNames', tuple(IPv6NumToString(Sampler), toUInt32(Interface))), concat(' [', dictGetString('netmeta.InterfaceNames', 'Description', tuple(IPv6NumToString(Sampler), toUInt32(Interface))), ']'), ''))
;
CREATE OR REPLACE FUNCTION isIncomingFlow AS (SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) -> coalesce(FlowDirection = 0)
;
