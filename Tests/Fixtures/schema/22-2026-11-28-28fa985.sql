CREATE DATABASE IF NOT EXISTS netmeta
;
CREATE TABLE IF NOT EXISTS netmeta.flows_raw (
    TimeReceived DateTime('UTC') CODEC(Delta(4), T64, ZSTD(1)),
    FlowType Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4, 'PORTMIRROR' = 5, 'NFLOG' = 6, 'CONNTRACK' = 7, 'AWS_VPC' = 8, 'GCP_VPC' = 9, 'FASTNETMON' = 10, 'NETFLOW_V1' = 11, 'NETFLOW_V7' = 12, 'AZURE_VNET' = 13) CODEC(ZSTD(1)),
    SequenceNum UInt32 CODEC(T64, ZSTD(1)),
    SamplingRate UInt32 CODEC(ZSTD(1)),
    SamplingRateSource Enum8('unknown' = 0, 'record' = 1, 'options' = 2, 'configuration' = 3) CODEC(ZSTD(1)),
    FlowDirection UInt8 CODEC(ZSTD(1)),
    SamplerAddress IPv6 CODEC(ZSTD(1)),
    TimeFlowStart DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    TimeFlowEnd DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    Bytes UInt64 CODEC(T64, ZSTD(1)),
    Packets UInt64 CODEC(T64, ZSTD(1)),
    SrcAddr IPv6 CODEC(ZSTD(1)),
    DstAddr IPv6 CODEC(ZSTD(1)),
    EType UInt16 CODEC(ZSTD(1)),
    Proto UInt8 CODEC(ZSTD(1)),
    SrcPort UInt16 CODEC(ZSTD(1)),
    DstPort UInt16 CODEC(ZSTD(1)),
    InIf UInt32 CODEC(ZSTD(1)),
    OutIf UInt32 CODEC(ZSTD(1)),
    SrcMac UInt64 CODEC(T64, ZSTD(1)),
    DstMac UInt64 CODEC(T64, ZSTD(1)),
    SrcVlan UInt16 CODEC(ZSTD(1)),
    DstVlan UInt16 CODEC(ZSTD(1)),
    VlanId UInt16 CODEC(ZSTD(1)),
    IngressVrfId UInt32 CODEC(ZSTD(1)),
    EgressVrfId UInt32 CODEC(ZSTD(1)),
    IPTos UInt8 CODEC(ZSTD(1)),
    ForwardingStatus UInt8 CODEC(ZSTD(1)),
    IPTTL UInt8 CODEC(ZSTD(1)),
    TCPFlags UInt8 CODEC(ZSTD(1)),
    IcmpType UInt8 CODEC(ZSTD(1)),
    IcmpCode UInt8 CODEC(ZSTD(1)),
    IPv6FlowLabel UInt32 CODEC(ZSTD(1)),
    FragmentId UInt32 CODEC(ZSTD(1)),
    FragmentOffset UInt32 CODEC(ZSTD(1)),
    BiFlowDirection UInt8 CODEC(ZSTD(1)),
    SrcAS UInt32 CODEC(ZSTD(1)),
    DstAS UInt32 CODEC(ZSTD(1)),
    NextHop IPv6 CODEC(ZSTD(1)),
    NextHopAS UInt32 CODEC(ZSTD(1)),
    SrcNet UInt8 CODEC(ZSTD(1)),
    DstNet UInt8 CODEC(ZSTD(1)),
    Incoming UInt8 DEFAULT if(FlowDirection = 255, 255, FlowDirection = 0) CODEC(ZSTD(1)),
    Locality Enum8('unknown' = 0, 'in' = 1, 'out' = 2, 'internal' = 3, 'transit' = 4) CODEC(ZSTD(1)),
    SrcAddrEncap IPv6 CODEC(ZSTD(1)),
    DstAddrEncap IPv6 CODEC(ZSTD(1)),
    ProtoEncap UInt8 CODEC(ZSTD(1)),
    ETypeEncap UInt16 CODEC(ZSTD(1)),
    IPTosEncap UInt8 CODEC(ZSTD(1)),
    IPTTLEncap UInt8 CODEC(ZSTD(1)),
    IPv6FlowLabelEncap UInt32 CODEC(ZSTD(1)),
    FragmentIdEncap UInt32 CODEC(ZSTD(1)),
    FragmentOffsetEncap UInt32 CODEC(ZSTD(1)),
    SrcPortEncap UInt16 CODEC(ZSTD(1)),
    DstPortEncap UInt16 CODEC(ZSTD(1)),
    EncapType Enum8('none' = 0, 'VXLAN' = 1, 'Geneve' = 2, 'GRE' = 3, 'ERSPAN' = 4, 'IPIP' = 5, '6in4' = 6, 'GTP-U' = 7, 'SRv6' = 8, 'L2TP' = 9, 'PPPoE' = 10) CODEC(ZSTD(1)),
    EncapId UInt32 CODEC(ZSTD(1)),
    MPLSCount UInt8 CODEC(ZSTD(1)),
    MPLS1TTL UInt8 CODEC(ZSTD(1)),
    MPLS1Label UInt32 CODEC(ZSTD(1)),
    MPLS2TTL UInt8 CODEC(ZSTD(1)),
    MPLS2Label UInt32 CODEC(ZSTD(1)),
    MPLS3TTL UInt8 CODEC(ZSTD(1)),
    MPLS3Label UInt32 CODEC(ZSTD(1)),
    MPLSLastTTL UInt8 CODEC(ZSTD(1)),
    MPLSLastLabel UInt32 CODEC(ZSTD(1)),
    SrcAddrNAT IPv6 CODEC(ZSTD(1)),
    DstAddrNAT IPv6 CODEC(ZSTD(1)),
    SrcPortNAT UInt16 CODEC(ZSTD(1)),
    DstPortNAT UInt16 CODEC(ZSTD(1)),
    FirewallEvent UInt8 CODEC(ZSTD(1)),
    CustomerVlanId UInt16 CODEC(ZSTD(1)),
    IPTTLMax UInt8 CODEC(ZSTD(1)),
    DropReason UInt16 CODEC(ZSTD(1)),
    FlowEndReason UInt8 CODEC(ZSTD(1)),
    ApplicationId UInt64 CODEC(ZSTD(1)),
    PrevHopAS UInt32 CODEC(ZSTD(1)),
    BGPNextHop IPv6 CODEC(ZSTD(1)),
    InPhysIf UInt32 CODEC(ZSTD(1)),
    OutPhysIf UInt32 CODEC(ZSTD(1)),
    Mark UInt32 CODEC(ZSTD(1)),
    ConntrackZone UInt16 CODEC(ZSTD(1)),
    ConntrackStatus UInt32 CODEC(ZSTD(1)),
    SrcCountry FixedString(2) CODEC(ZSTD(1)),
    DstCountry FixedString(2) CODEC(ZSTD(1)),
    SrcCityId UInt64 CODEC(ZSTD(1)),
    DstCityId UInt64 CODEC(ZSTD(1)),
    CloudPath UInt8 CODEC(ZSTD(1)),
    RoundTripTime UInt32 CODEC(ZSTD(1)),
    DroppedBytes UInt64 CODEC(ZSTD(1)),
    DroppedPackets UInt64 CODEC(ZSTD(1)),
    ASPath Array(UInt32) CODEC(ZSTD(1)),
    BGPCommunities Array(UInt32) CODEC(ZSTD(1)),
    BGPLargeCommunities Array(UInt32) CODEC(ZSTD(1)),
    BGPExtendedCommunities Array(UInt32) CODEC(ZSTD(1)),
    Strings Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    CloudAccount LowCardinality(String) CODEC(ZSTD(1)),
    CloudRegion LowCardinality(String) CODEC(ZSTD(1)),
    CloudZone LowCardinality(String) CODEC(ZSTD(1)),
    CloudVpc LowCardinality(String) CODEC(ZSTD(1)),
    CloudSubnet LowCardinality(String) CODEC(ZSTD(1)),
    CloudInterface LowCardinality(String) CODEC(ZSTD(1)),
    CloudInstance LowCardinality(String) CODEC(ZSTD(1)),
    CloudAction LowCardinality(String) CODEC(ZSTD(1)),
    CloudReason LowCardinality(String) CODEC(ZSTD(1)),
    CloudReporter LowCardinality(String) CODEC(ZSTD(1)),
    CloudCluster LowCardinality(String) CODEC(ZSTD(1)),
    CloudWorkload LowCardinality(String) CODEC(ZSTD(1)),
    CloudTask LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudService LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudService LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudProject LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudProject LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudRegion LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudRegion LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudZone LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudZone LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudVpc LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudVpc LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudSubnet LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudSubnet LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudInstance LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudInstance LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudCluster LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudCluster LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudNamespace LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudNamespace LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudPod LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudPod LowCardinality(String) CODEC(ZSTD(1)),
    SrcCloudWorkload LowCardinality(String) CODEC(ZSTD(1)),
    DstCloudWorkload LowCardinality(String) CODEC(ZSTD(1)),
    Date Date ALIAS toDate(TimeReceived)
) ENGINE = MergeTree
PARTITION BY toDate(TimeReceived)
ORDER BY (toStartOfHour(TimeReceived), SamplerAddress, InIf, OutIf, TimeReceived)
TTL TimeReceived + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
    min_compress_block_size = 262144, min_bytes_for_wide_part = 268435456
;
CREATE TABLE IF NOT EXISTS netmeta.interface_counters (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    SequenceNum UInt32,
    IfIndex UInt32,
    IfType UInt32,
    IfSpeed UInt64,
    IfDirection UInt32,
    IfStatus UInt32,
    InOctets UInt64,
    InUcastPkts UInt32,
    InMulticastPkts UInt32,
    InBroadcastPkts UInt32,
    InDiscards UInt32,
    InErrors UInt32,
    InUnknownProtos UInt32,
    OutOctets UInt64,
    OutUcastPkts UInt32,
    OutMulticastPkts UInt32,
    OutBroadcastPkts UInt32,
    OutDiscards UInt32,
    OutErrors UInt32,
    PromiscuousMode UInt32,
    AlignmentErrors UInt32,
    FCSErrors UInt32,
    SingleCollisionFrames UInt32,
    MultipleCollisionFrames UInt32,
    SQETestErrors UInt32,
    DeferredTransmissions UInt32,
    LateCollisions UInt32,
    ExcessiveCollisions UInt32,
    InternalMacTransmitErrors UInt32,
    CarrierSenseErrors UInt32,
    FrameTooLongs UInt32,
    InternalMacReceiveErrors UInt32,
    SymbolErrors UInt32
) ENGINE = MergeTree
PARTITION BY toDate(TimeReceived)
ORDER BY (SamplerAddress, IfIndex, TimeReceived)
TTL TimeReceived + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.event_versions (
    Id String,
    TimeStart DateTime('UTC'),
    TimeEnd DateTime('UTC'),
    Kind LowCardinality(String),
    Subject String,
    Title String,
    Figures Map(LowCardinality(String), Float64),
    Tags Map(LowCardinality(String), String),
    Text String,
    Source LowCardinality(String),
    TimeUpdated DateTime('UTC'),
    Version UInt64,
    Deleted UInt8
) ENGINE = ReplacingMergeTree(Version, Deleted)
PARTITION BY toDate(TimeStart)
ORDER BY (TimeStart, Id)
TTL TimeStart + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.traces (
    TraceId UInt64,
    Time DateTime('UTC'),
    Monitor LowCardinality(String),
    List LowCardinality(String),
    Cycle UInt32,
    Method LowCardinality(String),
    Src IPv6,
    Dst IPv6,
    SrcPort UInt16,
    DstPort UInt16,
    StopReason LowCardinality(String),
    StopData UInt8,
    HopCount UInt16,
    FirstHop UInt8,
    Attempts UInt8,
    Reached UInt8,
    RTT UInt32,
    Replies UInt16,
    PathHash UInt64,
    DstAS UInt32,
    ASPath Array(UInt32)
) ENGINE = MergeTree
PARTITION BY toDate(Time)
ORDER BY (Dst, Monitor, Time)
TTL Time + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.trace_hops (
    TraceId UInt64,
    Time DateTime('UTC'),
    Monitor LowCardinality(String),
    Dst IPv6,
    TTL UInt8,
    Attempt UInt8,
    Addr IPv6,
    RTT UInt32,
    ReplyTTL UInt8,
    IcmpType UInt8,
    IcmpCode UInt8,
    ProbeSize UInt16,
    ReplySize UInt16,
    QuotedTTL UInt8,
    MPLS Array(UInt32),
    HopAS UInt32
) ENGINE = MergeTree
PARTITION BY toDate(Time)
ORDER BY (Dst, Monitor, Time, TTL)
TTL Time + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.trace_links (
    TraceId UInt64,
    Time DateTime('UTC'),
    Monitor LowCardinality(String),
    List LowCardinality(String),
    Cycle UInt32,
    Method LowCardinality(String),
    Src IPv6,
    Dst IPv6,
    Nodes UInt16,
    Links UInt16,
    FromAddr IPv6,
    Hop UInt8,
    TTL UInt8,
    Addr IPv6,
    Probes UInt32,
    MinRTT UInt32,
    MPLS Array(UInt32),
    FromAS UInt32,
    AddrAS UInt32
) ENGINE = MergeTree
PARTITION BY toDate(Time)
ORDER BY (Dst, Monitor, Time, FromAddr, Hop)
TTL Time + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.pings (
    PingId UInt64,
    Time DateTime('UTC'),
    Monitor LowCardinality(String),
    List LowCardinality(String),
    Cycle UInt32,
    Method LowCardinality(String),
    Src IPv6,
    Dst IPv6,
    StopReason LowCardinality(String),
    ProbeSize UInt16,
    Sent UInt16,
    Received UInt16,
    MinRTT UInt32,
    AvgRTT UInt32,
    MaxRTT UInt32,
    StdDevRTT UInt32,
    DstAS UInt32
) ENGINE = MergeTree
PARTITION BY toDate(Time)
ORDER BY (Dst, Monitor, Time)
TTL Time + toIntervalDay(7)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE TABLE IF NOT EXISTS netmeta.flows_1m_interfaces (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    Proto UInt8,
    EType UInt16,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, Proto, EType)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_1m_interfaces_view TO netmeta.flows_1m_interfaces AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(60)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.Proto AS Proto, source.EType AS EType, sum(Bytes * SamplingRate) AS ScaledBytes, sum(Packets * SamplingRate) AS ScaledPackets, count() AS Flows, countIf(SamplingRateSource = 'unknown') AS UnratedFlows
FROM netmeta.flows_raw AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(60)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.Proto, source.EType
;
CREATE TABLE IF NOT EXISTS netmeta.flows_5m_interfaces (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    Proto UInt8,
    EType UInt16,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, Proto, EType)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_5m_interfaces_view TO netmeta.flows_5m_interfaces AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(300)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.Proto AS Proto, source.EType AS EType, sum(source.ScaledBytes) AS ScaledBytes, sum(source.ScaledPackets) AS ScaledPackets, sum(source.Flows) AS Flows, sum(source.UnratedFlows) AS UnratedFlows
FROM netmeta.flows_1m_interfaces AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(300)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.Proto, source.EType
;
CREATE TABLE IF NOT EXISTS netmeta.flows_1h_interfaces (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    Proto UInt8,
    EType UInt16,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toYYYYMM(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, Proto, EType)
TTL TimeReceived + toIntervalDay(400)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_1h_interfaces_view TO netmeta.flows_1h_interfaces AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(3600)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.Proto AS Proto, source.EType AS EType, sum(source.ScaledBytes) AS ScaledBytes, sum(source.ScaledPackets) AS ScaledPackets, sum(source.Flows) AS Flows, sum(source.UnratedFlows) AS UnratedFlows
FROM netmeta.flows_5m_interfaces AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(3600)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.Proto, source.EType
;
CREATE TABLE IF NOT EXISTS netmeta.flows_5m_vlans (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    Incoming UInt8,
    VlanId UInt16,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, Incoming, VlanId)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_5m_vlans_view TO netmeta.flows_5m_vlans AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(300)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.Incoming AS Incoming, source.VlanId AS VlanId, sum(Bytes * SamplingRate) AS ScaledBytes, sum(Packets * SamplingRate) AS ScaledPackets, count() AS Flows, countIf(SamplingRateSource = 'unknown') AS UnratedFlows
FROM netmeta.flows_raw AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(300)), source.SamplerAddress, source.Incoming, source.VlanId
;
CREATE TABLE IF NOT EXISTS netmeta.flows_5m_nexthops (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    Incoming UInt8,
    NextHop IPv6,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, Incoming, NextHop)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_5m_nexthops_view TO netmeta.flows_5m_nexthops AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(300)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.Incoming AS Incoming, source.NextHop AS NextHop, sum(Bytes * SamplingRate) AS ScaledBytes, sum(Packets * SamplingRate) AS ScaledPackets, count() AS Flows, countIf(SamplingRateSource = 'unknown') AS UnratedFlows
FROM netmeta.flows_raw AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(300)), source.SamplerAddress, source.Incoming, source.NextHop
;
CREATE TABLE IF NOT EXISTS netmeta.flows_5m_headers (
    TimeReceived DateTime('UTC'),
    Incoming UInt8,
    Proto UInt8,
    TCPFlags UInt8,
    IPTTL UInt8,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, Incoming, Proto, TCPFlags, IPTTL)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_5m_headers_view TO netmeta.flows_5m_headers AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(300)) AS TimeReceived, source.Incoming AS Incoming, source.Proto AS Proto, source.TCPFlags AS TCPFlags, source.IPTTL AS IPTTL, sum(Bytes * SamplingRate) AS ScaledBytes, sum(Packets * SamplingRate) AS ScaledPackets, count() AS Flows, countIf(SamplingRateSource = 'unknown') AS UnratedFlows
FROM netmeta.flows_raw AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(300)), source.Incoming, source.Proto, source.TCPFlags, source.IPTTL
;
CREATE TABLE IF NOT EXISTS netmeta.flows_1m_transits (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    SrcAS UInt32,
    DstAS UInt32,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, SrcAS, DstAS)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_1m_transits_view TO netmeta.flows_1m_transits AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(60)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.SrcAS AS SrcAS, source.DstAS AS DstAS, sum(Bytes * SamplingRate) AS ScaledBytes, sum(Packets * SamplingRate) AS ScaledPackets, count() AS Flows, countIf(SamplingRateSource = 'unknown') AS UnratedFlows
FROM netmeta.flows_raw AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(60)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.SrcAS, source.DstAS
;
CREATE TABLE IF NOT EXISTS netmeta.flows_5m_transits (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    SrcAS UInt32,
    DstAS UInt32,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toDate(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, SrcAS, DstAS)
TTL TimeReceived + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_5m_transits_view TO netmeta.flows_5m_transits AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(300)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.SrcAS AS SrcAS, source.DstAS AS DstAS, sum(source.ScaledBytes) AS ScaledBytes, sum(source.ScaledPackets) AS ScaledPackets, sum(source.Flows) AS Flows, sum(source.UnratedFlows) AS UnratedFlows
FROM netmeta.flows_1m_transits AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(300)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.SrcAS, source.DstAS
;
CREATE TABLE IF NOT EXISTS netmeta.flows_1h_transits (
    TimeReceived DateTime('UTC'),
    SamplerAddress IPv6,
    InIf UInt32,
    OutIf UInt32,
    Incoming UInt8,
    SrcAS UInt32,
    DstAS UInt32,
    ScaledBytes UInt64,
    ScaledPackets UInt64,
    Flows UInt64,
    UnratedFlows UInt64
) ENGINE = SummingMergeTree((ScaledBytes, ScaledPackets, Flows, UnratedFlows))
PARTITION BY toYYYYMM(TimeReceived)
ORDER BY (TimeReceived, SamplerAddress, InIf, OutIf, Incoming, SrcAS, DstAS)
TTL TimeReceived + toIntervalDay(400)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
;
CREATE MATERIALIZED VIEW IF NOT EXISTS netmeta.flows_1h_transits_view TO netmeta.flows_1h_transits AS
SELECT toStartOfInterval(source.TimeReceived, toIntervalSecond(3600)) AS TimeReceived, source.SamplerAddress AS SamplerAddress, source.InIf AS InIf, source.OutIf AS OutIf, source.Incoming AS Incoming, source.SrcAS AS SrcAS, source.DstAS AS DstAS, sum(source.ScaledBytes) AS ScaledBytes, sum(source.ScaledPackets) AS ScaledPackets, sum(source.Flows) AS Flows, sum(source.UnratedFlows) AS UnratedFlows
FROM netmeta.flows_5m_transits AS source
GROUP BY toStartOfInterval(source.TimeReceived, toIntervalSecond(3600)), source.SamplerAddress, source.InIf, source.OutIf, source.Incoming, source.SrcAS, source.DstAS
;
DROP VIEW IF EXISTS netmeta.flows_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in SYNC
;
CREATE TABLE netmeta.flows_in (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality FROM netmeta.flows_in
;
DROP VIEW IF EXISTS netmeta.flows_in_routed_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_routed SYNC
;
CREATE TABLE netmeta.flows_in_routed (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), ASPath String, BGPCommunities String, Strings String) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_routed_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, arrayMap(i -> reinterpretAsUInt32(substring(ASPath, 4 * i + 1, 4)), range(intDiv(length(ASPath), 4))) AS ASPath, arrayMap(i -> reinterpretAsUInt32(substring(BGPCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPCommunities), 4))) AS BGPCommunities, CAST(arrayMap(i -> (splitByChar('\0', Strings)[2 * i + 1], splitByChar('\0', Strings)[2 * i + 2]), range(intDiv(length(splitByChar('\0', Strings)), 2))), 'Map(LowCardinality(String), String)') AS Strings FROM netmeta.flows_in_routed
;
DROP VIEW IF EXISTS netmeta.flows_in_placed_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_placed SYNC
;
CREATE TABLE netmeta.flows_in_placed (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, SrcCountry UInt16, DstCountry UInt16, SrcCityId UInt64, DstCityId UInt64) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_placed_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, reinterpretAsFixedString(SrcCountry) AS SrcCountry, reinterpretAsFixedString(DstCountry) AS DstCountry, SrcCityId, DstCityId FROM netmeta.flows_in_placed
;
DROP VIEW IF EXISTS netmeta.flows_in_routed_placed_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_routed_placed SYNC
;
CREATE TABLE netmeta.flows_in_routed_placed (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), SrcCountry UInt16, DstCountry UInt16, SrcCityId UInt64, DstCityId UInt64, ASPath String, BGPCommunities String, Strings String) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_routed_placed_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, reinterpretAsFixedString(SrcCountry) AS SrcCountry, reinterpretAsFixedString(DstCountry) AS DstCountry, SrcCityId, DstCityId, arrayMap(i -> reinterpretAsUInt32(substring(ASPath, 4 * i + 1, 4)), range(intDiv(length(ASPath), 4))) AS ASPath, arrayMap(i -> reinterpretAsUInt32(substring(BGPCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPCommunities), 4))) AS BGPCommunities, CAST(arrayMap(i -> (splitByChar('\0', Strings)[2 * i + 1], splitByChar('\0', Strings)[2 * i + 2]), range(intDiv(length(splitByChar('\0', Strings)), 2))), 'Map(LowCardinality(String), String)') AS Strings FROM netmeta.flows_in_routed_placed
;
DROP VIEW IF EXISTS netmeta.flows_in_detailed_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_detailed SYNC
;
CREATE TABLE netmeta.flows_in_detailed (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, SrcAddrEncap FixedString(16), DstAddrEncap FixedString(16), ProtoEncap UInt8, ETypeEncap UInt16, IPTosEncap UInt8, IPTTLEncap UInt8, IPv6FlowLabelEncap UInt32, FragmentIdEncap UInt32, FragmentOffsetEncap UInt32, SrcPortEncap UInt16, DstPortEncap UInt16, EncapType UInt8, EncapId UInt32, MPLSCount UInt8, MPLS1TTL UInt8, MPLS1Label UInt32, MPLS2TTL UInt8, MPLS2Label UInt32, MPLS3TTL UInt8, MPLS3Label UInt32, MPLSLastTTL UInt8, MPLSLastLabel UInt32, SrcAddrNAT FixedString(16), DstAddrNAT FixedString(16), SrcPortNAT UInt16, DstPortNAT UInt16, FirewallEvent UInt8, CustomerVlanId UInt16, IPTTLMax UInt8, DropReason UInt16, FlowEndReason UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), InPhysIf UInt32, OutPhysIf UInt32, Mark UInt32, ConntrackZone UInt16, ConntrackStatus UInt32, SrcCountry UInt16, DstCountry UInt16, SrcCityId UInt64, DstCityId UInt64) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_detailed_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, CAST(SrcAddrEncap, 'IPv6') AS SrcAddrEncap, CAST(DstAddrEncap, 'IPv6') AS DstAddrEncap, ProtoEncap, ETypeEncap, IPTosEncap, IPTTLEncap, IPv6FlowLabelEncap, FragmentIdEncap, FragmentOffsetEncap, SrcPortEncap, DstPortEncap, CAST(EncapType, 'Enum8(\'none\' = 0, \'VXLAN\' = 1, \'Geneve\' = 2, \'GRE\' = 3, \'ERSPAN\' = 4, \'IPIP\' = 5, \'6in4\' = 6, \'GTP-U\' = 7, \'SRv6\' = 8, \'L2TP\' = 9, \'PPPoE\' = 10)') AS EncapType, EncapId, MPLSCount, MPLS1TTL, MPLS1Label, MPLS2TTL, MPLS2Label, MPLS3TTL, MPLS3Label, MPLSLastTTL, MPLSLastLabel, CAST(SrcAddrNAT, 'IPv6') AS SrcAddrNAT, CAST(DstAddrNAT, 'IPv6') AS DstAddrNAT, SrcPortNAT, DstPortNAT, FirewallEvent, CustomerVlanId, IPTTLMax, DropReason, FlowEndReason, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, InPhysIf, OutPhysIf, Mark, ConntrackZone, ConntrackStatus, reinterpretAsFixedString(SrcCountry) AS SrcCountry, reinterpretAsFixedString(DstCountry) AS DstCountry, SrcCityId, DstCityId FROM netmeta.flows_in_detailed
;
DROP VIEW IF EXISTS netmeta.flows_in_complete_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_complete SYNC
;
CREATE TABLE netmeta.flows_in_complete (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, SrcAddrEncap FixedString(16), DstAddrEncap FixedString(16), ProtoEncap UInt8, ETypeEncap UInt16, IPTosEncap UInt8, IPTTLEncap UInt8, IPv6FlowLabelEncap UInt32, FragmentIdEncap UInt32, FragmentOffsetEncap UInt32, SrcPortEncap UInt16, DstPortEncap UInt16, EncapType UInt8, EncapId UInt32, MPLSCount UInt8, MPLS1TTL UInt8, MPLS1Label UInt32, MPLS2TTL UInt8, MPLS2Label UInt32, MPLS3TTL UInt8, MPLS3Label UInt32, MPLSLastTTL UInt8, MPLSLastLabel UInt32, SrcAddrNAT FixedString(16), DstAddrNAT FixedString(16), SrcPortNAT UInt16, DstPortNAT UInt16, FirewallEvent UInt8, CustomerVlanId UInt16, IPTTLMax UInt8, DropReason UInt16, FlowEndReason UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), InPhysIf UInt32, OutPhysIf UInt32, Mark UInt32, ConntrackZone UInt16, ConntrackStatus UInt32, SrcCountry UInt16, DstCountry UInt16, SrcCityId UInt64, DstCityId UInt64, ASPath String, BGPCommunities String, BGPLargeCommunities String, BGPExtendedCommunities String, Strings String) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_complete_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, CAST(SrcAddrEncap, 'IPv6') AS SrcAddrEncap, CAST(DstAddrEncap, 'IPv6') AS DstAddrEncap, ProtoEncap, ETypeEncap, IPTosEncap, IPTTLEncap, IPv6FlowLabelEncap, FragmentIdEncap, FragmentOffsetEncap, SrcPortEncap, DstPortEncap, CAST(EncapType, 'Enum8(\'none\' = 0, \'VXLAN\' = 1, \'Geneve\' = 2, \'GRE\' = 3, \'ERSPAN\' = 4, \'IPIP\' = 5, \'6in4\' = 6, \'GTP-U\' = 7, \'SRv6\' = 8, \'L2TP\' = 9, \'PPPoE\' = 10)') AS EncapType, EncapId, MPLSCount, MPLS1TTL, MPLS1Label, MPLS2TTL, MPLS2Label, MPLS3TTL, MPLS3Label, MPLSLastTTL, MPLSLastLabel, CAST(SrcAddrNAT, 'IPv6') AS SrcAddrNAT, CAST(DstAddrNAT, 'IPv6') AS DstAddrNAT, SrcPortNAT, DstPortNAT, FirewallEvent, CustomerVlanId, IPTTLMax, DropReason, FlowEndReason, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, InPhysIf, OutPhysIf, Mark, ConntrackZone, ConntrackStatus, reinterpretAsFixedString(SrcCountry) AS SrcCountry, reinterpretAsFixedString(DstCountry) AS DstCountry, SrcCityId, DstCityId, arrayMap(i -> reinterpretAsUInt32(substring(ASPath, 4 * i + 1, 4)), range(intDiv(length(ASPath), 4))) AS ASPath, arrayMap(i -> reinterpretAsUInt32(substring(BGPCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPCommunities), 4))) AS BGPCommunities, arrayMap(i -> reinterpretAsUInt32(substring(BGPLargeCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPLargeCommunities), 4))) AS BGPLargeCommunities, arrayMap(i -> reinterpretAsUInt32(substring(BGPExtendedCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPExtendedCommunities), 4))) AS BGPExtendedCommunities, CAST(arrayMap(i -> (splitByChar('\0', Strings)[2 * i + 1], splitByChar('\0', Strings)[2 * i + 2]), range(intDiv(length(splitByChar('\0', Strings)), 2))), 'Map(LowCardinality(String), String)') AS Strings FROM netmeta.flows_in_complete
;
DROP VIEW IF EXISTS netmeta.flows_in_cloud_view SYNC
;
DROP TABLE IF EXISTS netmeta.flows_in_cloud SYNC
;
CREATE TABLE netmeta.flows_in_cloud (TimeReceived UInt32, FlowType UInt8, SequenceNum UInt32, SamplingRate UInt32, SamplingRateSource UInt8, FlowDirection UInt8, SamplerAddress FixedString(16), TimeFlowStart UInt32, TimeFlowEnd UInt32, Bytes UInt64, Packets UInt64, SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt16, Proto UInt8, SrcPort UInt16, DstPort UInt16, InIf UInt32, OutIf UInt32, SrcMac UInt64, DstMac UInt64, SrcVlan UInt16, DstVlan UInt16, VlanId UInt16, IngressVrfId UInt32, EgressVrfId UInt32, IPTos UInt8, ForwardingStatus UInt8, IPTTL UInt8, TCPFlags UInt8, IcmpType UInt8, IcmpCode UInt8, IPv6FlowLabel UInt32, FragmentId UInt32, FragmentOffset UInt32, BiFlowDirection UInt8, SrcAS UInt32, DstAS UInt32, NextHop FixedString(16), NextHopAS UInt32, SrcNet UInt8, DstNet UInt8, Incoming UInt8, Locality UInt8, SrcAddrEncap FixedString(16), DstAddrEncap FixedString(16), ProtoEncap UInt8, ETypeEncap UInt16, IPTosEncap UInt8, IPTTLEncap UInt8, IPv6FlowLabelEncap UInt32, FragmentIdEncap UInt32, FragmentOffsetEncap UInt32, SrcPortEncap UInt16, DstPortEncap UInt16, EncapType UInt8, EncapId UInt32, MPLSCount UInt8, MPLS1TTL UInt8, MPLS1Label UInt32, MPLS2TTL UInt8, MPLS2Label UInt32, MPLS3TTL UInt8, MPLS3Label UInt32, MPLSLastTTL UInt8, MPLSLastLabel UInt32, SrcAddrNAT FixedString(16), DstAddrNAT FixedString(16), SrcPortNAT UInt16, DstPortNAT UInt16, FirewallEvent UInt8, CustomerVlanId UInt16, IPTTLMax UInt8, DropReason UInt16, FlowEndReason UInt8, ApplicationId UInt64, PrevHopAS UInt32, BGPNextHop FixedString(16), InPhysIf UInt32, OutPhysIf UInt32, Mark UInt32, ConntrackZone UInt16, ConntrackStatus UInt32, SrcCountry UInt16, DstCountry UInt16, SrcCityId UInt64, DstCityId UInt64, CloudPath UInt8, RoundTripTime UInt32, DroppedBytes UInt64, DroppedPackets UInt64, ASPath String, BGPCommunities String, BGPLargeCommunities String, BGPExtendedCommunities String, Strings String, CloudAccount String, CloudRegion String, CloudZone String, CloudVpc String, CloudSubnet String, CloudInterface String, CloudInstance String, CloudAction String, CloudReason String, CloudReporter String, CloudCluster String, CloudWorkload String, CloudTask String, SrcCloudService String, DstCloudService String, SrcCloudProject String, DstCloudProject String, SrcCloudRegion String, DstCloudRegion String, SrcCloudZone String, DstCloudZone String, SrcCloudVpc String, DstCloudVpc String, SrcCloudSubnet String, DstCloudSubnet String, SrcCloudInstance String, DstCloudInstance String, SrcCloudCluster String, DstCloudCluster String, SrcCloudNamespace String, DstCloudNamespace String, SrcCloudPod String, DstCloudPod String, SrcCloudWorkload String, DstCloudWorkload String) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.flows_in_cloud_view TO netmeta.flows_raw AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(FlowType, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'PORTMIRROR\' = 5, \'NFLOG\' = 6, \'CONNTRACK\' = 7, \'AWS_VPC\' = 8, \'GCP_VPC\' = 9, \'FASTNETMON\' = 10, \'NETFLOW_V1\' = 11, \'NETFLOW_V7\' = 12, \'AZURE_VNET\' = 13)') AS FlowType, SequenceNum, SamplingRate, CAST(SamplingRateSource, 'Enum8(\'unknown\' = 0, \'record\' = 1, \'options\' = 2, \'configuration\' = 3)') AS SamplingRateSource, FlowDirection, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, toDateTime(TimeFlowStart, 'UTC') AS TimeFlowStart, toDateTime(TimeFlowEnd, 'UTC') AS TimeFlowEnd, Bytes, Packets, CAST(SrcAddr, 'IPv6') AS SrcAddr, CAST(DstAddr, 'IPv6') AS DstAddr, EType, Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, DstMac, SrcVlan, DstVlan, VlanId, IngressVrfId, EgressVrfId, IPTos, ForwardingStatus, IPTTL, TCPFlags, IcmpType, IcmpCode, IPv6FlowLabel, FragmentId, FragmentOffset, BiFlowDirection, SrcAS, DstAS, CAST(NextHop, 'IPv6') AS NextHop, NextHopAS, SrcNet, DstNet, Incoming, CAST(Locality, 'Enum8(\'unknown\' = 0, \'in\' = 1, \'out\' = 2, \'internal\' = 3, \'transit\' = 4)') AS Locality, CAST(SrcAddrEncap, 'IPv6') AS SrcAddrEncap, CAST(DstAddrEncap, 'IPv6') AS DstAddrEncap, ProtoEncap, ETypeEncap, IPTosEncap, IPTTLEncap, IPv6FlowLabelEncap, FragmentIdEncap, FragmentOffsetEncap, SrcPortEncap, DstPortEncap, CAST(EncapType, 'Enum8(\'none\' = 0, \'VXLAN\' = 1, \'Geneve\' = 2, \'GRE\' = 3, \'ERSPAN\' = 4, \'IPIP\' = 5, \'6in4\' = 6, \'GTP-U\' = 7, \'SRv6\' = 8, \'L2TP\' = 9, \'PPPoE\' = 10)') AS EncapType, EncapId, MPLSCount, MPLS1TTL, MPLS1Label, MPLS2TTL, MPLS2Label, MPLS3TTL, MPLS3Label, MPLSLastTTL, MPLSLastLabel, CAST(SrcAddrNAT, 'IPv6') AS SrcAddrNAT, CAST(DstAddrNAT, 'IPv6') AS DstAddrNAT, SrcPortNAT, DstPortNAT, FirewallEvent, CustomerVlanId, IPTTLMax, DropReason, FlowEndReason, ApplicationId, PrevHopAS, CAST(BGPNextHop, 'IPv6') AS BGPNextHop, InPhysIf, OutPhysIf, Mark, ConntrackZone, ConntrackStatus, reinterpretAsFixedString(SrcCountry) AS SrcCountry, reinterpretAsFixedString(DstCountry) AS DstCountry, SrcCityId, DstCityId, CloudPath, RoundTripTime, DroppedBytes, DroppedPackets, arrayMap(i -> reinterpretAsUInt32(substring(ASPath, 4 * i + 1, 4)), range(intDiv(length(ASPath), 4))) AS ASPath, arrayMap(i -> reinterpretAsUInt32(substring(BGPCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPCommunities), 4))) AS BGPCommunities, arrayMap(i -> reinterpretAsUInt32(substring(BGPLargeCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPLargeCommunities), 4))) AS BGPLargeCommunities, arrayMap(i -> reinterpretAsUInt32(substring(BGPExtendedCommunities, 4 * i + 1, 4)), range(intDiv(length(BGPExtendedCommunities), 4))) AS BGPExtendedCommunities, CAST(arrayMap(i -> (splitByChar('\0', Strings)[2 * i + 1], splitByChar('\0', Strings)[2 * i + 2]), range(intDiv(length(splitByChar('\0', Strings)), 2))), 'Map(LowCardinality(String), String)') AS Strings, CloudAccount, CloudRegion, CloudZone, CloudVpc, CloudSubnet, CloudInterface, CloudInstance, CloudAction, CloudReason, CloudReporter, CloudCluster, CloudWorkload, CloudTask, SrcCloudService, DstCloudService, SrcCloudProject, DstCloudProject, SrcCloudRegion, DstCloudRegion, SrcCloudZone, DstCloudZone, SrcCloudVpc, DstCloudVpc, SrcCloudSubnet, DstCloudSubnet, SrcCloudInstance, DstCloudInstance, SrcCloudCluster, DstCloudCluster, SrcCloudNamespace, DstCloudNamespace, SrcCloudPod, DstCloudPod, SrcCloudWorkload, DstCloudWorkload FROM netmeta.flows_in_cloud
;
DROP VIEW IF EXISTS netmeta.interface_counters_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.interface_counters_in SYNC
;
CREATE TABLE netmeta.interface_counters_in (TimeReceived UInt32, SamplerAddress FixedString(16), SequenceNum UInt32, IfIndex UInt32, IfType UInt32, IfSpeed UInt64, IfDirection UInt32, IfStatus UInt32, InOctets UInt64, InUcastPkts UInt32, InMulticastPkts UInt32, InBroadcastPkts UInt32, InDiscards UInt32, InErrors UInt32, InUnknownProtos UInt32, OutOctets UInt64, OutUcastPkts UInt32, OutMulticastPkts UInt32, OutBroadcastPkts UInt32, OutDiscards UInt32, OutErrors UInt32, PromiscuousMode UInt32, AlignmentErrors UInt32, FCSErrors UInt32, SingleCollisionFrames UInt32, MultipleCollisionFrames UInt32, SQETestErrors UInt32, DeferredTransmissions UInt32, LateCollisions UInt32, ExcessiveCollisions UInt32, InternalMacTransmitErrors UInt32, CarrierSenseErrors UInt32, FrameTooLongs UInt32, InternalMacReceiveErrors UInt32, SymbolErrors UInt32) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.interface_counters_in_view TO netmeta.interface_counters AS
SELECT toDateTime(TimeReceived, 'UTC') AS TimeReceived, CAST(SamplerAddress, 'IPv6') AS SamplerAddress, SequenceNum, IfIndex, IfType, IfSpeed, IfDirection, IfStatus, InOctets, InUcastPkts, InMulticastPkts, InBroadcastPkts, InDiscards, InErrors, InUnknownProtos, OutOctets, OutUcastPkts, OutMulticastPkts, OutBroadcastPkts, OutDiscards, OutErrors, PromiscuousMode, AlignmentErrors, FCSErrors, SingleCollisionFrames, MultipleCollisionFrames, SQETestErrors, DeferredTransmissions, LateCollisions, ExcessiveCollisions, InternalMacTransmitErrors, CarrierSenseErrors, FrameTooLongs, InternalMacReceiveErrors, SymbolErrors FROM netmeta.interface_counters_in
;
DROP VIEW IF EXISTS netmeta.event_versions_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.event_versions_in SYNC
;
CREATE TABLE netmeta.event_versions_in (Id String, TimeStart UInt32, TimeEnd UInt32, Kind String, Subject String, Title String, Figures String, Tags String, Text String, Source String, TimeUpdated UInt32, Version UInt64, Deleted UInt8) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.event_versions_in_view TO netmeta.event_versions AS
SELECT Id, toDateTime(TimeStart, 'UTC') AS TimeStart, toDateTime(TimeEnd, 'UTC') AS TimeEnd, Kind, Subject, Title, CAST(arrayMap(i -> (splitByChar('\0', Figures)[2 * i + 1], toFloat64OrZero(splitByChar('\0', Figures)[2 * i + 2])), range(intDiv(length(splitByChar('\0', Figures)), 2))), 'Map(LowCardinality(String), Float64)') AS Figures, CAST(arrayMap(i -> (splitByChar('\0', Tags)[2 * i + 1], splitByChar('\0', Tags)[2 * i + 2]), range(intDiv(length(splitByChar('\0', Tags)), 2))), 'Map(LowCardinality(String), String)') AS Tags, Text, Source, toDateTime(TimeUpdated, 'UTC') AS TimeUpdated, Version, Deleted FROM netmeta.event_versions_in
;
DROP VIEW IF EXISTS netmeta.events SYNC
;
CREATE VIEW netmeta.events AS
SELECT * EXCEPT (Version, Deleted) FROM netmeta.event_versions FINAL
;
DROP VIEW IF EXISTS netmeta.traces_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.traces_in SYNC
;
CREATE TABLE netmeta.traces_in (TraceId UInt64, Time UInt32, Monitor String, List String, Cycle UInt32, Method String, Src FixedString(16), Dst FixedString(16), SrcPort UInt16, DstPort UInt16, StopReason String, StopData UInt8, HopCount UInt16, FirstHop UInt8, Attempts UInt8, Reached UInt8, RTT UInt32, Replies UInt16, PathHash UInt64, DstAS UInt32, ASPath String) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.traces_in_view TO netmeta.traces AS
SELECT TraceId, toDateTime(Time, 'UTC') AS Time, Monitor, List, Cycle, Method, CAST(Src, 'IPv6') AS Src, CAST(Dst, 'IPv6') AS Dst, SrcPort, DstPort, StopReason, StopData, HopCount, FirstHop, Attempts, Reached, RTT, Replies, PathHash, DstAS, arrayMap(i -> reinterpretAsUInt32(substring(ASPath, 4 * i + 1, 4)), range(intDiv(length(ASPath), 4))) AS ASPath FROM netmeta.traces_in
;
DROP VIEW IF EXISTS netmeta.trace_hops_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.trace_hops_in SYNC
;
CREATE TABLE netmeta.trace_hops_in (TraceId UInt64, Time UInt32, Monitor String, Dst FixedString(16), TTL UInt8, Attempt UInt8, Addr FixedString(16), RTT UInt32, ReplyTTL UInt8, IcmpType UInt8, IcmpCode UInt8, ProbeSize UInt16, ReplySize UInt16, QuotedTTL UInt8, MPLS String, HopAS UInt32) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.trace_hops_in_view TO netmeta.trace_hops AS
SELECT TraceId, toDateTime(Time, 'UTC') AS Time, Monitor, CAST(Dst, 'IPv6') AS Dst, TTL, Attempt, CAST(Addr, 'IPv6') AS Addr, RTT, ReplyTTL, IcmpType, IcmpCode, ProbeSize, ReplySize, QuotedTTL, arrayMap(i -> reinterpretAsUInt32(substring(MPLS, 4 * i + 1, 4)), range(intDiv(length(MPLS), 4))) AS MPLS, HopAS FROM netmeta.trace_hops_in
;
DROP VIEW IF EXISTS netmeta.trace_links_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.trace_links_in SYNC
;
CREATE TABLE netmeta.trace_links_in (TraceId UInt64, Time UInt32, Monitor String, List String, Cycle UInt32, Method String, Src FixedString(16), Dst FixedString(16), Nodes UInt16, Links UInt16, FromAddr FixedString(16), Hop UInt8, TTL UInt8, Addr FixedString(16), Probes UInt32, MinRTT UInt32, MPLS String, FromAS UInt32, AddrAS UInt32) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.trace_links_in_view TO netmeta.trace_links AS
SELECT TraceId, toDateTime(Time, 'UTC') AS Time, Monitor, List, Cycle, Method, CAST(Src, 'IPv6') AS Src, CAST(Dst, 'IPv6') AS Dst, Nodes, Links, CAST(FromAddr, 'IPv6') AS FromAddr, Hop, TTL, CAST(Addr, 'IPv6') AS Addr, Probes, MinRTT, arrayMap(i -> reinterpretAsUInt32(substring(MPLS, 4 * i + 1, 4)), range(intDiv(length(MPLS), 4))) AS MPLS, FromAS, AddrAS FROM netmeta.trace_links_in
;
DROP VIEW IF EXISTS netmeta.pings_in_view SYNC
;
DROP TABLE IF EXISTS netmeta.pings_in SYNC
;
CREATE TABLE netmeta.pings_in (PingId UInt64, Time UInt32, Monitor String, List String, Cycle UInt32, Method String, Src FixedString(16), Dst FixedString(16), StopReason String, ProbeSize UInt16, Sent UInt16, Received UInt16, MinRTT UInt32, AvgRTT UInt32, MaxRTT UInt32, StdDevRTT UInt32, DstAS UInt32) ENGINE = Null
;
CREATE MATERIALIZED VIEW netmeta.pings_in_view TO netmeta.pings AS
SELECT PingId, toDateTime(Time, 'UTC') AS Time, Monitor, List, Cycle, Method, CAST(Src, 'IPv6') AS Src, CAST(Dst, 'IPv6') AS Dst, StopReason, ProbeSize, Sent, Received, MinRTT, AvgRTT, MaxRTT, StdDevRTT, DstAS FROM netmeta.pings_in
;
CREATE TABLE IF NOT EXISTS netmeta.SamplerConfig_source (Device String, SamplingRate Nullable(UInt64), Description Nullable(String), AnonymizeAddresses Bool) ENGINE = ReplacingMergeTree ORDER BY (Device)
;
CREATE OR REPLACE DICTIONARY netmeta.SamplerConfig (Device String, SamplingRate Nullable(UInt64), Description Nullable(String), AnonymizeAddresses Bool) PRIMARY KEY Device SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'SamplerConfig_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.InterfaceNames_source (Device String, `Index` UInt32, Description String) ENGINE = ReplacingMergeTree ORDER BY (Device, `Index`)
;
CREATE OR REPLACE DICTIONARY netmeta.InterfaceNames (Device String, `Index` UInt32, Description String) PRIMARY KEY Device, `Index` SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'InterfaceNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.VlanNames_source (Device String, `Index` UInt32, Description String) ENGINE = ReplacingMergeTree ORDER BY (Device, `Index`)
;
CREATE OR REPLACE DICTIONARY netmeta.VlanNames (Device String, `Index` UInt32, Description String) PRIMARY KEY Device, `Index` SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'VlanNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.VrfNames_source (Device String, Id UInt32, Description String) ENGINE = ReplacingMergeTree ORDER BY (Device, Id)
;
CREATE OR REPLACE DICTIONARY netmeta.VrfNames (Device String, Id UInt32, Description String) PRIMARY KEY Device, Id SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'VrfNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.HostNames_source (Sampler String, Device String, Description String) ENGINE = ReplacingMergeTree ORDER BY (Sampler, Device)
;
CREATE OR REPLACE DICTIONARY netmeta.HostNames (Sampler String, Device String, Description String) PRIMARY KEY Sampler, Device SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'HostNames_source')) LIFETIME(60) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.ResolvedNames_source (Device IPv6, Name String) ENGINE = ReplacingMergeTree ORDER BY (Device)
;
CREATE OR REPLACE DICTIONARY netmeta.ResolvedNames (Device IPv6, Name String) PRIMARY KEY Device SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'ResolvedNames_source')) LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.user_autnums_source (asnum UInt64, name String, country String) ENGINE = ReplacingMergeTree ORDER BY (asnum)
;
CREATE OR REPLACE DICTIONARY netmeta.user_autnums (asnum UInt64, name String, country String) PRIMARY KEY asnum SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'user_autnums_source')) LIFETIME(60) LAYOUT(HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.autnums_source (asnum UInt64, name String, country String) ENGINE = ReplacingMergeTree ORDER BY (asnum)
;
CREATE OR REPLACE DICTIONARY netmeta.autnums (asnum UInt64, name String, country String) PRIMARY KEY asnum SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'autnums_source')) LIFETIME(60) LAYOUT(HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.risinfo_source (prefix String, asnum UInt32 DEFAULT 0) ENGINE = ReplacingMergeTree ORDER BY (prefix)
;
CREATE OR REPLACE DICTIONARY netmeta.risinfo (prefix String, asnum UInt32 DEFAULT 0) PRIMARY KEY prefix SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'risinfo_source')) LIFETIME(0) LAYOUT(IP_TRIE(ACCESS_TO_KEY_FROM_ATTRIBUTES 1))
;
CREATE TABLE IF NOT EXISTS netmeta.ExporterClasses_source (prefix String, `Group` String, Role String, Site String, Region String, Tenant String) ENGINE = ReplacingMergeTree ORDER BY (prefix)
;
CREATE OR REPLACE DICTIONARY netmeta.ExporterClasses (prefix String, `Group` String, Role String, Site String, Region String, Tenant String) PRIMARY KEY prefix SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'ExporterClasses_source')) LIFETIME(0) LAYOUT(IP_TRIE())
;
CREATE TABLE IF NOT EXISTS netmeta.InterfaceClasses_source (Device IPv6, `Index` UInt32, Boundary String DEFAULT 'undefined', Provider String, Connectivity String) ENGINE = ReplacingMergeTree ORDER BY (Device, `Index`)
;
CREATE OR REPLACE DICTIONARY netmeta.InterfaceClasses (Device IPv6, `Index` UInt32, Boundary String DEFAULT 'undefined', Provider String, Connectivity String) PRIMARY KEY Device, `Index` SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'InterfaceClasses_source')) LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())
;
CREATE TABLE IF NOT EXISTS netmeta.NetworkClasses_source (prefix String, Name String, Role String, Site String, Region String, Tenant String) ENGINE = ReplacingMergeTree ORDER BY (prefix)
;
CREATE OR REPLACE DICTIONARY netmeta.NetworkClasses (prefix String, Name String, Role String, Site String, Region String, Tenant String) PRIMARY KEY prefix SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'NetworkClasses_source')) LIFETIME(0) LAYOUT(IP_TRIE())
;
CREATE TABLE IF NOT EXISTS netmeta.Cities_source (id UInt64, Name String, Country String) ENGINE = ReplacingMergeTree ORDER BY (id)
;
CREATE OR REPLACE DICTIONARY netmeta.Cities (id UInt64, Name String, Country String) PRIMARY KEY id SOURCE(CLICKHOUSE(HOST '127.0.0.1' DB 'netmeta' TABLE 'Cities_source')) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE DICTIONARY netmeta.IPProtocols (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(HOST '127.0.0.1' QUERY 'SELECT arrayJoin(arrayZip([0, 1, 2, 4, 6, 8, 17, 27, 33, 41, 43, 44, 46, 47, 50, 51, 58, 59, 60, 88, 89, 94, 103, 112, 115, 132, 136, 137], [\'HOPOPT\', \'ICMP\', \'IGMP\', \'IPv4\', \'TCP\', \'EGP\', \'UDP\', \'RDP\', \'DCCP\', \'IPv6\', \'IPv6-Route\', \'IPv6-Frag\', \'RSVP\', \'GRE\', \'ESP\', \'AH\', \'IPv6-ICMP\', \'IPv6-NoNxt\', \'IPv6-Opts\', \'EIGRP\', \'OSPFIGP\', \'IPIP\', \'PIM\', \'VRRP\', \'L2TP\', \'SCTP\', \'UDPLite\', \'MPLS-in-IP\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE DICTIONARY netmeta.EtherTypes (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(HOST '127.0.0.1' QUERY 'SELECT arrayJoin(arrayZip([2048, 2054, 32821, 33024, 34525, 34825, 34887, 34888, 34915, 34916, 34984, 35020, 35063], [\'IPv4\', \'ARP\', \'RARP\', \'VLAN\', \'IPv6\', \'Slow\', \'MPLS\', \'MPLS-multicast\', \'PPPoE-Discovery\', \'PPPoE\', \'QinQ\', \'LLDP\', \'PTP\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE DICTIONARY netmeta.TCPFlags (id UInt64, Name String) PRIMARY KEY id SOURCE(CLICKHOUSE(HOST '127.0.0.1' QUERY 'SELECT arrayJoin(arrayZip([1, 2, 4, 8, 16, 32, 64, 128], [\'FIN\', \'SYN\', \'RST\', \'PSH\', \'ACK\', \'URG\', \'ECE\', \'CWR\'])) AS e, toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
;
CREATE OR REPLACE FUNCTION IPv6ToString AS (Address) -> if(startsWith(IPv6NumToString(Address), '::ffff:'), substring(IPv6NumToString(Address), 8), IPv6NumToString(Address))
;
CREATE OR REPLACE FUNCTION toIPv6Net AS (Net) -> if(position(Net, ':') > 0, Net, concat('::ffff:', splitByChar('/', Net)[1], '/', toString(toUInt8(splitByChar('/', Net)[2]) + 96)))
;
CREATE OR REPLACE FUNCTION SamplerToString AS (Sampler) -> coalesce(dictGetOrNull('netmeta.SamplerConfig', 'Description', tuple(IPv6NumToString(Sampler))), IPv6ToString(Sampler))
;
CREATE OR REPLACE FUNCTION HostToString AS (Sampler, Host) -> if(dictHas('netmeta.HostNames', tuple(IPv6NumToString(Sampler), IPv6NumToString(Host))), dictGetString('netmeta.HostNames', 'Description', tuple(IPv6NumToString(Sampler), IPv6NumToString(Host))), coalesce(nullIf(dictGetOrDefault('netmeta.ResolvedNames', 'Name', tuple(toIPv6(IPv6NumToString(Host))), ''), ''), IPv6ToString(Host)))
;
CREATE OR REPLACE FUNCTION ASNToString AS (ASN) -> concat(substring(coalesce(nullIf(dictGetOrDefault('netmeta.user_autnums', 'name', toUInt64(ASN), ''), ''), dictGetOrDefault('netmeta.autnums', 'name', toUInt64(ASN), '')), 1, 25), ' AS', toString(ASN))
;
CREATE OR REPLACE FUNCTION VLANToString AS (Sampler, VLAN) -> if(dictHas('netmeta.VlanNames', tuple(IPv6NumToString(Sampler), toUInt32(VLAN))), concat(toString(VLAN), ' [', dictGetString('netmeta.VlanNames', 'Description', tuple(IPv6NumToString(Sampler), toUInt32(VLAN))), ']'), toString(VLAN))
;
CREATE OR REPLACE FUNCTION VRFToString AS (Sampler, VRF) -> if(dictHas('netmeta.VrfNames', tuple(IPv6NumToString(Sampler), toUInt32(VRF))), concat(toString(VRF), ' [', dictGetString('netmeta.VrfNames', 'Description', tuple(IPv6NumToString(Sampler), toUInt32(VRF))), ']'), toString(VRF))
;
CREATE OR REPLACE FUNCTION InterfaceToString AS (Sampler, Interface) -> concat(SamplerToString(Sampler), ' - ', toString(Interface), if(dictHas('netmeta.InterfaceNames', tuple(IPv6NumToString(Sampler), toUInt32(Interface))), concat(' [', dictGetString('netmeta.InterfaceNames', 'Description', tuple(IPv6NumToString(Sampler), toUInt32(Interface))), ']'), ''))
;
CREATE FUNCTION IF NOT EXISTS isIncomingFlow AS (SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) -> coalesce(FlowDirection = 0)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS ExporterGroup String ALIAS dictGet('netmeta.ExporterClasses', 'Group', SamplerAddress)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS ExporterRole String ALIAS dictGet('netmeta.ExporterClasses', 'Role', SamplerAddress)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS ExporterSite String ALIAS dictGet('netmeta.ExporterClasses', 'Site', SamplerAddress)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS ExporterRegion String ALIAS dictGet('netmeta.ExporterClasses', 'Region', SamplerAddress)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS ExporterTenant String ALIAS dictGet('netmeta.ExporterClasses', 'Tenant', SamplerAddress)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS InIfBoundary String ALIAS dictGet('netmeta.InterfaceClasses', 'Boundary', (SamplerAddress, InIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS OutIfBoundary String ALIAS dictGet('netmeta.InterfaceClasses', 'Boundary', (SamplerAddress, OutIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS InIfProvider String ALIAS dictGet('netmeta.InterfaceClasses', 'Provider', (SamplerAddress, InIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS OutIfProvider String ALIAS dictGet('netmeta.InterfaceClasses', 'Provider', (SamplerAddress, OutIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS InIfConnectivity String ALIAS dictGet('netmeta.InterfaceClasses', 'Connectivity', (SamplerAddress, InIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS OutIfConnectivity String ALIAS dictGet('netmeta.InterfaceClasses', 'Connectivity', (SamplerAddress, OutIf))
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcNetName String ALIAS dictGet('netmeta.NetworkClasses', 'Name', SrcAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstNetName String ALIAS dictGet('netmeta.NetworkClasses', 'Name', DstAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcNetRole String ALIAS dictGet('netmeta.NetworkClasses', 'Role', SrcAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstNetRole String ALIAS dictGet('netmeta.NetworkClasses', 'Role', DstAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcNetSite String ALIAS dictGet('netmeta.NetworkClasses', 'Site', SrcAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstNetSite String ALIAS dictGet('netmeta.NetworkClasses', 'Site', DstAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcNetRegion String ALIAS dictGet('netmeta.NetworkClasses', 'Region', SrcAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstNetRegion String ALIAS dictGet('netmeta.NetworkClasses', 'Region', DstAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcNetTenant String ALIAS dictGet('netmeta.NetworkClasses', 'Tenant', SrcAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstNetTenant String ALIAS dictGet('netmeta.NetworkClasses', 'Tenant', DstAddr)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS SrcCity String ALIAS dictGet('netmeta.Cities', 'Name', SrcCityId)
;
ALTER TABLE netmeta.flows_raw ADD COLUMN IF NOT EXISTS DstCity String ALIAS dictGet('netmeta.Cities', 'Name', DstCityId)
;
