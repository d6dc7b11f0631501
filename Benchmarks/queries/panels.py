"""NetMeta's panels, twice: what its dashboard would send in plain SQL, and what the console or API asks for the same.

In the SQL {time} is the condition on the range and {step} the seconds of a point; the table is `upstream`.
"""

IN = "isIncomingFlow(SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection)"
BYTES, PACKETS = "sum(Bytes * SamplingRate)", "sum(Packets * SamplingRate)"
T = "toStartOfInterval(toDateTime(TimeReceived), INTERVAL {step} SECOND) AS time"


def series(key, value=f"{BYTES} * 8 / {{step}}", where="1"):
    return f"SELECT {T}, {key}, {value} AS v FROM upstream WHERE {{time}} AND {where} GROUP BY ALL ORDER BY time"


def top_series(column, name, where="1", n=10):
    """The best values by a subquery, as a dashboard does it."""
    best = f"SELECT {column} FROM upstream WHERE {{time}} AND {where} GROUP BY {column} ORDER BY {BYTES} DESC LIMIT {n}"
    return series(f"{name} AS n", where=f"{where} AND {column} IN ({best})")


def table(keys, n, where="1", value=f"{BYTES} AS b, {PACKETS} AS p"):
    return f"SELECT {keys}, {value} FROM upstream WHERE {{time}} AND {where} GROUP BY ALL ORDER BY b DESC LIMIT {n}"


def interface(column):
    return f"InterfaceToString(SamplerAddress, {column}) AS i"


DIRECTION = f"if({IN}, 'in', 'out') AS d"
FIVE = "SrcAddr,DstAddr,SrcPort,DstPort,Proto"

# Name, the dashboard's SQL, the API's path.
PANELS = [
    ("Packets", series(DIRECTION, f"{PACKETS} / {{step}}"), "graph?unit=packet/s&split=direction"),
    ("Throughput", series(DIRECTION), "graph?split=direction"),
    ("IP protocol", series("dictGetOrDefault('IPProtocols', 'Name', toUInt64(Proto), toString(Proto)) AS n"),
     "graph?dimensions=Proto&limit=50"),
    ("Ethernet type", series("dictGetOrDefault('EtherTypes', 'Name', toUInt64(EType), hex(EType)) AS n"),
     "graph?dimensions=EType&limit=50"),
    ("Raw flows/s per sampler", series("SamplerToString(SamplerAddress) AS s", "count() / {step}"),
     "graph?dimensions=SamplerAddress&unit=flow/s&limit=50"),
    ("Top next hops", table("IPv6ToString(NextHop) AS n", 50), "top?dimensions=NextHop&limit=50"),
    ("Traffic per ingress interface", series(f"{interface('InIf')}, {DIRECTION}"),
     "graph?dimensions=SamplerAddress,InIf&limit=50&split=direction"),
    ("Traffic per egress interface", series(f"{interface('OutIf')}, {DIRECTION}"),
     "graph?dimensions=SamplerAddress,OutIf&limit=50&split=direction"),
    ("Top source AS", table("ASNToString(SrcAS) AS n", 50, IN), "top?dimensions=SrcAS&direction=in&limit=50"),
    ("Top destination AS", table("ASNToString(DstAS) AS n", 50, f"NOT {IN}"),
     "top?dimensions=DstAS&direction=out&limit=50"),
    ("Top 10 source AS", top_series("SrcAS", "ASNToString(SrcAS)", IN),
     "graph?dimensions=SrcAS&direction=in&limit=10"),
    ("Top 10 destination AS", top_series("DstAS", "ASNToString(DstAS)", f"NOT {IN}"),
     "graph?dimensions=DstAS&direction=out&limit=10"),
    ("TCP flags", series("TCPFlags", where="Proto = 6"),
     "graph?dimensions=TCPFlags&filter=Proto%3DTCP&limit=50"),
    ("VLAN", series("VLANToString(SamplerAddress, VlanId) AS n"),
     "graph?dimensions=SamplerAddress,VlanId&limit=50"),
    ("Top 10 source ports", top_series("(Proto, SrcPort)", "(Proto, SrcPort)"),
     "graph?dimensions=Proto,SrcPort&limit=10"),
    ("Top 10 destination ports", top_series("(Proto, DstPort)", "(Proto, DstPort)"),
     "graph?dimensions=Proto,DstPort&limit=10"),
    ("Top 10 source addresses", top_series("SrcAddr", f"SrcAddr, if({IN}, 'in', 'out')"),
     "graph?dimensions=SrcAddr&limit=10&split=direction"),
    ("Top 10 destination addresses", top_series("DstAddr", f"DstAddr, if({IN}, 'in', 'out')"),
     "graph?dimensions=DstAddr&limit=10&split=direction"),
    ("Top source addresses", table("SrcAddr", 50, "Proto = 6"), "top?dimensions=SrcAddr&filter=Proto%3DTCP&limit=50"),
    ("Top destination addresses", table("DstAddr", 50, "Proto = 6"),
     "top?dimensions=DstAddr&filter=Proto%3DTCP&limit=50"),
    ("Top flows", table("SrcAddr, DstAddr, SrcPort, DstPort, Proto", 50), f"top?dimensions={FIVE}&limit=50"),
    ("IP TTL", series("IPTTL", "count()"), "graph?dimensions=IPTTL&unit=flow/s&limit=50"),
    ("Source ports over time", series("SrcPort", "count()"), "graph?dimensions=SrcPort&unit=flow/s&limit=50"),
    ("Destination ports over time", series("DstPort", "count()"), "graph?dimensions=DstPort&unit=flow/s&limit=50"),
    ("AS to AS, in", table("ASNToString(SrcAS) AS s, ASNToString(DstAS) AS t", 20, IN),
     "top?dimensions=SrcAS,DstAS&direction=in&limit=20"),
    ("AS to AS, out", table("ASNToString(SrcAS) AS s, ASNToString(DstAS) AS t", 20, f"NOT {IN}"),
     "top?dimensions=SrcAS,DstAS&direction=out&limit=20"),
    ("AS to AS by interface, in",
     table(f"ASNToString(SrcAS) AS s, {interface('OutIf')}, ASNToString(DstAS) AS t", 30, IN),
     "top?dimensions=SrcAS,SamplerAddress,OutIf,DstAS&direction=in&limit=30"),
    ("AS to AS by interface, out",
     table(f"ASNToString(SrcAS) AS s, {interface('OutIf')}, ASNToString(DstAS) AS t", 30, f"NOT {IN}"),
     "top?dimensions=SrcAS,SamplerAddress,OutIf,DstAS&direction=out&limit=30"),
    ("Address pairs", table("SrcAddr, DstAddr", 30), "top?dimensions=SrcAddr,DstAddr&limit=30"),
    ("Address and port pairs", table("SrcAddr, SrcPort, DstAddr, DstPort", 30),
     "top?dimensions=SrcAddr,SrcPort,DstAddr,DstPort&limit=30"),
    ("AS per service, in", table("ASNToString(SrcAS) AS s, Proto, SrcPort", 30, IN),
     "top?dimensions=SrcAS,Proto,SrcPort&direction=in&limit=30"),
    ("AS per service, out", table("ASNToString(DstAS) AS s, Proto, DstPort", 30, f"NOT {IN}"),
     "top?dimensions=DstAS,Proto,DstPort&direction=out&limit=30"),
]
