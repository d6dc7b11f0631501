"""Made-up traffic of a small ISP, as SQL: row number n of a total, spread over days with a day curve.

Autonomous systems, customers and hosts follow Zipf's law; 6 routers, 4 uplinks and some 30 customer ports each;
15 % IPv6; one router in six doesn't tell its sampling rate. The same n gives the same row in every run.
"""

DAY = 86400


def rows(first, count, total, end, days):
    """A SELECT of rows first..<first+count of `total`, the last of which is received just before `end`."""
    return f"""
WITH {total} AS total, {days * DAY} AS span, {end - days * DAY} AS begin, number / total * span AS x,
  cityHash64(number, 1) AS h1, cityHash64(number, 2) AS h2, cityHash64(number, 3) AS h3, cityHash64(number, 4) AS h4,
  (h1 % 65536) / 65536. AS u1, (intDiv(h1, 65536) % 65536) / 65536. AS u2,
  (intDiv(h1, 4294967296) % 65536) / 65536. AS u3, (h2 % 65536) / 65536. AS u4,
  (intDiv(h2, 65536) % 65536) / 65536. AS u5, (intDiv(h2, 4294967296) % 65536) / 65536. AS u6,
  h3 % 100 < 55 AS inbound, intDiv(h3, 100) % 100 < 15 AS v6,
  toUInt32(pow(12000, u1 * sqrt(u1))) AS remote, toUInt32(remote % 33 = 7 ? 0 : 1000 + remote * 5) AS remoteAS,
  toUInt32(pow(40, u2 * u2)) AS customer, toUInt32(customer < 12 ? 64500 : 64500 + customer) AS localAS,
  toUInt32(pow(6000, u3)) AS remoteHost, toUInt32(pow(30000, u4)) AS localHost,
  CAST(toUInt32(167772160 + remote * 65536 * 13 + remoteHost * 7), 'IPv4')::IPv6 AS remote4,
  CAST(toUInt32(1681915904 + localHost), 'IPv4')::IPv6 AS local4,
  CAST(bitShiftLeft(toUInt128(536939960 + remote), 96) + remoteHost, 'IPv6') AS remote6,
  CAST(bitShiftLeft(toUInt128(536939960), 96) + bitShiftLeft(toUInt128(localHost), 64) + 1, 'IPv6') AS local6,
  intDiv(h3, 10000) % 100 AS p, multiIf(p < 78, 6, p < 97, 17, v6, 58, 1)::UInt8 AS proto,
  intDiv(h3, 1000000) % 100 AS s,
  multiIf(proto NOT IN (6, 17), 0, s < 55, 443, s < 65, 80, s < 75, 53, s < 78, 22, s < 80, 123,
    toUInt16(pow(60000, u5)))::UInt16 AS service,
  (proto IN (6, 17) ? 1024 + h4 % 64000 : 0)::UInt16 AS client,
  toUInt64(pow(400, u6)) AS packets, intDiv(h4, 64000) % 16 AS size,
  packets * multiIf(size < 6, 64 + size * 8, size < 10, 300 + size * 40, 1420) AS bytes,
  (remote % 6)::UInt32 AS router, toUInt32(1 + remote % 4) AS uplink, toUInt32(10 + customer) AS port
SELECT toDateTime(toUInt32(begin + x + 8000 * sin(2 * pi() * x / 86400)), 'UTC') AS TimeReceived,
  CAST(multiIf(router < 3, 4, router = 3, 3, 1)::UInt8,
    'Enum8(''FLOWUNKNOWN'' = 0, ''SFLOW_5'' = 1, ''NETFLOW_V5'' = 2, ''NETFLOW_V9'' = 3, ''IPFIX'' = 4)') AS FlowType,
  toUInt32(number / 24) AS SequenceNum, toUInt32(router = 5 ? 1 : 1000) AS SamplingRate,
  CAST((router = 5 ? 0 : 2)::UInt8,
    'Enum8(''unknown'' = 0, ''record'' = 1, ''options'' = 2, ''configuration'' = 3)') AS SamplingRateSource,
  toUInt8(NOT inbound) AS FlowDirection, CAST(toUInt32(3221225985 + router), 'IPv4')::IPv6 AS SamplerAddress,
  toDateTime(toUInt32(TimeReceived) - h4 % 60, 'UTC') AS TimeFlowStart, TimeReceived AS TimeFlowEnd,
  bytes AS Bytes, packets AS Packets,
  inbound ? (v6 ? remote6 : remote4) : (v6 ? local6 : local4) AS SrcAddr,
  inbound ? (v6 ? local6 : local4) : (v6 ? remote6 : remote4) AS DstAddr,
  toUInt16(v6 ? 34525 : 2048) AS EType, proto AS Proto,
  inbound ? service : client AS SrcPort, inbound ? client : service AS DstPort,
  inbound ? uplink : port AS InIf, inbound ? port : uplink AS OutIf,
  cityHash64(InIf, router) % 281474976710656 AS SrcMac, cityHash64(OutIf, router) % 281474976710656 AS DstMac,
  toUInt16(inbound ? 100 + uplink : 200 + port) AS SrcVlan,
  toUInt16(inbound ? 200 + port : 100 + uplink) AS DstVlan, SrcVlan AS VlanId,
  0::UInt32 AS IngressVrfId, 0::UInt32 AS EgressVrfId, toUInt8(h4 % 20 = 0 ? 184 : 0) AS IPTos,
  64::UInt8 AS ForwardingStatus, toUInt8((h4 % 3 = 0 ? 128 : 64) - remote % 20) AS IPTTL,
  toUInt8(proto = 6 ? [16, 24, 27, 2, 18, 17, 31, 4][1 + intDiv(h4, 1048576) % 8] : 0) AS TCPFlags,
  toUInt8(proto IN (1, 58) ? 8 : 0) AS IcmpType, 0::UInt8 AS IcmpCode,
  toUInt32(v6 ? h4 % 1048576 : 0) AS IPv6FlowLabel, 0::UInt32 AS FragmentId, 0::UInt32 AS FragmentOffset,
  0::UInt8 AS BiFlowDirection, inbound ? remoteAS : localAS AS SrcAS, inbound ? localAS : remoteAS AS DstAS,
  CAST(toUInt32(3405803776 + (inbound ? customer % 8 : 16 + remote % 16)), 'IPv4')::IPv6 AS NextHop,
  toUInt32(DstAS) AS NextHopAS, toUInt8(v6 ? 48 : 24) AS SrcNet, toUInt8(v6 ? 48 : 22) AS DstNet
FROM numbers_mt({first}, {count})"""


# What the traffic has; the other columns of the table keep their defaults.
COLUMNS = """TimeReceived FlowType SequenceNum SamplingRate SamplingRateSource FlowDirection SamplerAddress TimeFlowStart
TimeFlowEnd Bytes Packets SrcAddr DstAddr EType Proto SrcPort DstPort InIf OutIf SrcMac DstMac SrcVlan DstVlan VlanId
IngressVrfId EgressVrfId IPTos ForwardingStatus IPTTL TCPFlags IcmpType IcmpCode IPv6FlowLabel FragmentId
FragmentOffset BiFlowDirection SrcAS DstAS NextHop NextHopAS SrcNet DstNet""".split()

# NetMeta's types of them, where they aren't ours.
UPSTREAM_TYPES = {
    "FlowType": "Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4)",
    **dict.fromkeys(["TimeReceived", "TimeFlowStart", "TimeFlowEnd", "SamplingRate", "SequenceNum"], "UInt64"),
    **dict.fromkeys(["SrcPort", "DstPort", "SrcVlan", "DstVlan", "VlanId"], "UInt32"),
}
UPSTREAM_COLUMNS = [name for name in COLUMNS if name != "SamplingRateSource"]
UPSTREAM_ORDER = "TimeReceived, FlowDirection, SamplerAddress, SrcAS, DstAS, SrcAddr, DstAddr"
