"""Rows as tshark sees them: its PDML, reduced to the columns that both know."""

import ipaddress
import subprocess
import xml.etree.ElementTree as tree

import captures

# netmeta's column: tshark's names, the first that the record has counts.
NUMBERS = {
    "Packets": ("cflow.packets", "cflow.post_packets", "cflow.permanent_packets"),
    "Bytes": ("cflow.octets", "cflow.post_octets", "cflow.permanent_octets"),
    "Proto": ("cflow.protocol",),
    "SrcPort": ("cflow.srcport", "cflow.udp_srcport", "cflow.tcp_srcport"),
    "DstPort": ("cflow.dstport", "cflow.udp_dstport", "cflow.tcp_dstport"),
    "InIf": ("cflow.inputint", "cflow.ingress_physical_interface"),
    "OutIf": ("cflow.outputint", "cflow.egress_physical_interface"),
    "SrcAS": ("cflow.srcas",),
    "DstAS": ("cflow.dstas",),
    "SrcNet": ("cflow.srcmask", "cflow.srcmaskv6"),
    "DstNet": ("cflow.dstmask", "cflow.dstmaskv6"),
    "IPTos": ("cflow.tos",),
    "FlowDirection": ("cflow.direction",),
    "IPv6FlowLabel": ("cflow.ipv6flowlabel",),
    "VlanId": ("cflow.vlanid", "cflow.dot1q_vlan_id"),
    "DstVlan": ("cflow.post_vlanid", "cflow.post_dot1q_vlan_id"),
    "IngressVrfId": ("cflow.ingress_vrfid",),
    "EgressVrfId": ("cflow.egress_vrfid",),
    "EType": ("cflow.ethernet_type",),
    "SrcMac": ("cflow.srcmac",),
    "DstMac": ("cflow.dstmac",),
    "IPTTL": ("cflow.ip_ttl", "cflow.ttl_min"),
    "IPTTLMax": ("cflow.ttl_max",),
    "FragmentId": ("cflow.frag_ident",),
    "FragmentOffset": ("cflow.fragment_offset",),
    "CustomerVlanId": ("cflow.dot1q_customer_vlan_id",),
    "SrcPortNAT": ("cflow.post_naptsource_transport_port",),
    "DstPortNAT": ("cflow.post_naptdestination_transport_port",),
    "FirewallEvent": ("cflow.firewall_event",),
    "FlowEndReason": ("cflow.flow_end_reason",),
    "NextHopAS": ("cflow.peer_dstas",),
    "PrevHopAS": ("cflow.peer_srcas",),
    "InPhysIf": ("cflow.ingress_physical_interface",),
    "OutPhysIf": ("cflow.egress_physical_interface",),
    "EncapId": ("cflow.layer2_segment_id",),
    "MPLS1TTL": ("cflow.mpls_top_label_ttl",),
}
ADDRESSES = {
    "SrcAddr": ("cflow.srcaddr", "cflow.srcaddrv6"),
    "DstAddr": ("cflow.dstaddr", "cflow.dstaddrv6"),
    "NextHop": ("cflow.nexthop", "cflow.nexthopv6", "cflow.bgpnexthop"),
    "BGPNextHop": ("cflow.bgpnexthop", "cflow.bgpnexthopv6"),
    "SrcAddrNAT": ("cflow.post_natsource_ipv4_address", "cflow.post_nat_source_ipv6_address"),
    "DstAddrNAT": ("cflow.post_natdestination_ipv4_address", "cflow.post_nat_destination_ipv6_address"),
}
TIMES = {
    "TimeFlowStart": ("cflow.abstimestart", "cflow.timestart"),
    "TimeFlowEnd": ("cflow.abstimeend", "cflow.timeend"),
}
SFLOW = {
    "SamplingRate": "sflow.flow_sample.sampling_rate",
    "Bytes": "sflow_245.header.frame_length",
    "SrcVlan": "sflow_245.vlan.in",
    "DstVlan": "sflow_245.vlan.out",
    "SrcNet": "sflow_245.nexthop.src_mask",
    "DstNet": "sflow_245.nexthop.dst_mask",
    "SrcAddr": ("ip.src", "ipv6.src"),
    "DstAddr": ("ip.dst", "ipv6.dst"),
    "SrcMac": "eth.src",
    "DstMac": "eth.dst",
    "Proto": ("ip.proto", "ipv6.hopopts.nxt", "ipv6.nxt"),
    "IPTTL": ("ip.ttl", "ipv6.hlim"),
    "FragmentId": "ip.id",
    "IPv6FlowLabel": "ipv6.flow",
    "VlanId": ("ieee8021ad.id", "vlan.id"),
    "SrcPort": ("tcp.srcport", "udp.srcport"),
    "DstPort": ("tcp.dstport", "udp.dstport"),
}


def version():
    return subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout.split("\n")[0]


def rows(capture):
    """A list of (group, row); rows of a group are in order. A group is a datagram: its port, sequence and domain."""
    command = ["tshark", "-n", "-r", capture, "-T", "pdml"]
    for (kind, port), name in sorted(protocols(capture).items()):
        command += ["-d", f"{kind}.port=={port},{name}"]
    text = subprocess.run(command, capture_output=True, timeout=120).stdout
    result = []
    for packet in tree.fromstring(text).iter("packet"):
        # The first: those of sampled packets come later.
        transport = next((proto for proto in packet.findall("proto") if proto.get("name") in ("udp", "tcp")), None)
        port = number(first(transport, f"{transport.get('name')}.srcport")) if transport is not None else 0
        for proto in packet.findall("proto"):
            if proto.get("name") == "cflow":
                result += netflow(proto, port)
            if proto.get("name") == "sflow":
                result += sflow(proto, port)
    return result


def protocols(capture):
    """What each destination port of a capture is to be dissected as, by the payloads' first bytes."""
    return {
        ("tcp" if datagram.is_tcp else "udp", datagram.target_port):
            "sflow" if datagram.payload[:4] == b"\0\0\0\5" else "cflow"
        for datagram in captures.datagrams(capture)
    }


def first(element, name):
    return next((field for field in element.iter("field") if field.get("name") == name), None)


def number(field):
    text = field.get("show", "")
    if ":" in text:
        return int(text.replace(":", ""), 16)
    if text in ("True", "False"):
        return int(text == "True")
    try:
        return int(text, 0)
    except ValueError:
        return int(field.get("value") or "0", 16)


def netflow(proto, port):
    sequence = first(proto, "cflow.sequence")
    domain = first(proto, "cflow.source_id")
    if domain is None:
        domain = first(proto, "cflow.od_id")
    group = (port, number(sequence) if sequence is not None else 0, number(domain) if domain is not None else 0)
    result = []
    for field in proto.iter("field"):
        name = field.get("show", "")
        is_record = field.get("name") == "" and name.startswith(("Flow ", "pdu "))
        if is_record and not any("scope" in child.get("name", "") for child in field.iter("field")):
            result += [(group, row) for row in biflow(field, record(field))]
    return result


def biflow(field, row):
    """A record with reverse counters (RFC 5103) is a row for each direction that has any traffic."""
    back = {}
    for child in field.iter("field"):
        if "(Reverse Type" in child.get("showname", ""):
            column = {"cflow.octets": "Bytes", "cflow.packets": "Packets"}.get(child.get("name"))
            if column:
                back[column] = number(child)
    if not any(back.values()):
        return [row]
    swap = {"SrcAddr": "DstAddr", "DstAddr": "SrcAddr", "SrcPort": "DstPort", "DstPort": "SrcPort"}
    same = ("Proto", "TimeFlowStart", "TimeFlowEnd")
    reverse = {swap.get(column, column): value for column, value in row.items() if column in swap or column in same}
    forward = [row] if row.get("Bytes") or row.get("Packets") else []
    return [*forward, {**reverse, **back}]


def record(field):
    found = {}
    for child in field.iter("field"):
        if "(Reverse Type" in child.get("showname", ""):
            continue
        # The same element twice: the first counts, as in the decoders.
        found.setdefault(child.get("name"), child)
    row = {}
    for column, names in NUMBERS.items():
        for name in names:
            if name in found:
                row[column] = number(found[name])
                break
    status = found.get("cflow.forwarding_status")
    if status is not None:
        # The field is the top two bits; the byte has the reason too.
        row["ForwardingStatus"] = int(status.get("unmaskedvalue") or status.get("value"), 16) & 0xFF
    flags = found.get("cflow.tcpflags") if "cflow.tcpflags" in found else found.get("cflow.tcpflags16")
    if flags is not None:
        row["TCPFlags"] = number(flags) & 0xFF
    for column, names in ADDRESSES.items():
        values = [ipaddress.ip_address(found[name].get("show")) for name in names if name in found]
        # Of both families, the one that isn't zero.
        values = [value for value in values if int(value)] or values
        if values:
            row[column] = str(values[0])
    for column, names in TIMES.items():
        # Uptimes need the header; they are compared by nfdump.
        if names[0] in found:
            row[column] = absolute(found[names[0]].get("show"))
    selector = found.get("cflow.appl_id.selector_id")
    if selector is not None:
        # RFC 6759 section 4: one byte of engine, the rest of selector; one number in our column.
        engine = number(found["cflow.appl_id.classification_engine_id"])
        row["ApplicationId"] = engine << 8 * int(selector.get("size")) | number(selector)
    # Places below the bottom of the stack are filled with zeros.
    labels = [number(child) for child in field.iter("field")
              if child.get("name") == "cflow.mpls_label" and int(child.get("unmaskedvalue") or child.get("value"), 16)]
    if labels:
        row["MPLSCount"], row["MPLSLastLabel"] = len(labels), labels[-1]
        row.update({f"MPLS{depth}Label": label for depth, label in enumerate(labels[:3], 1)})
    if "cflow.icmp_ipv4_type" in found:
        row["IcmpType"], row["IcmpCode"] = number(found["cflow.icmp_ipv4_type"]), number(found["cflow.icmp_ipv4_code"])
    elif "cflow.icmp_ipv6_type" in found:
        row["IcmpType"], row["IcmpCode"] = number(found["cflow.icmp_ipv6_type"]), number(found["cflow.icmp_ipv6_code"])
    return row


def absolute(text):
    """Wireshark's "Nov 23, 2026 06:36:22.110000000 UTC" to nanoseconds since 1970."""
    import calendar
    import time

    whole, _, fraction = text.removesuffix(" UTC").partition(".")
    return calendar.timegm(time.strptime(whole, "%b %d, %Y %H:%M:%S")) * 10**9 + int(fraction.ljust(9, "0") or 0)


def sflow(proto, port):
    if first(proto, "sflow_245.sequence_number") is None:
        return []
    group = (port, number(first(proto, "sflow_245.sequence_number")), number(first(proto, "sflow_245.sub_agent_id")))
    result = []
    for sample in proto.findall("field"):
        kind = first(sample, "sflow_245.sampletype")
        if kind is None or number(kind) not in (1, 3):
            continue
        row = {"Packets": 1}
        # Headers of the sampled packet are protos within; tunnels' inner ones come later.
        for column, names in SFLOW.items():
            for name in (names,) if isinstance(names, str) else names:
                field = first(sample, name)
                if field is not None:
                    text = field.get("show")
                    row[column] = str(ipaddress.ip_address(text)) if column.endswith("Addr") else number(field)
                    break
        for column, name in (("InIf", "input"), ("OutIf", "output")):
            field = first(sample, f"sflow.flow_sample.{name}_interface_value")
            if field is None:
                field = first(sample, f"sflow.flow_sample.{name}_interface")
            # All ones stand for the agent itself: no interface.
            value = number(field)
            row[column] = 0 if value in (0x3FFFFFFF, 0xFFFFFFFF) else value
        row.update(gateway(sample))
        result.append((group, row))
    return result


def gateway(sample):
    """`struct extended_gateway`: the agent's own AS stands for a source or a destination without one."""
    own = first(sample, "sflow_245.as")
    if own is None:
        return {}
    source, peer = number(first(sample, "sflow_245.srcAS")), number(first(sample, "sflow_245.peerAS"))
    path = [number(field) for field in sample.iter("field") if field.get("name") == "sflow_245.dstAS"]
    # tshark has the same name for communities, which come last.
    communities = first(sample, "sflow_245.communityEntries")
    if communities is not None and number(communities):
        path = path[: -number(communities)]
    columns = {
        "SrcAS": source or number(own), "PrevHopAS": peer, "DstAS": path[-1] if path and path[-1] else number(own),
        "NextHopAS": path[0] if path else 0,
    }
    if path:
        columns["ASPath"] = path
    return columns
