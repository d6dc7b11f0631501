"""The sampled packets of sFlow as tshark sees them, each taken out of its datagram: the columns of outer and inner packet."""

import ipaddress
import pathlib
import struct
import subprocess
import tempfile
import xml.etree.ElementTree as tree

import captures
from dissect import first, number

# sFlow version 5, enum header_protocol: the link types of pcap.
LINKS = {1: 1, 6: 9, 11: 228, 12: 229, 13: 219}
# Flow samples, and discarded packets; where their records begin.
SAMPLES = {1: 32, 3: 44, 5: 32}
TUNNELS = {"gre": "GRE", "erspan": "ERSPAN", "vxlan": "VXLAN", "geneve": "Geneve", "gtp": "GTP-U", "l2tp": "L2TP"}
IDS = {
    "GRE": ("gre.key", "gre.key.call_id"), "ERSPAN": ("erspan.spanid",), "VXLAN": ("vxlan.vni",), "Geneve": ("geneve.vni",),
    "GTP-U": ("gtp.teid",), "L2TP": ("l2tp.session", "l2tp.sid"),
}
NEXT_HEADERS = ("ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.dstopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt", "ah.next_header")
EXTENSIONS = ("ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah")


def samples(payload):
    """The flow samples of a datagram: (link type, header) each, or None where there is none."""
    version, family = struct.unpack_from("!II", payload)
    assert version == 5
    offset = 8 + (4 if family == 1 else 16) + 16
    result = []
    while offset + 8 <= len(payload):
        kind, length = struct.unpack_from("!II", payload, offset)
        if kind in SAMPLES:
            result.append(header(payload[offset + 8 : offset + 8 + length], SAMPLES[kind]))
        offset += 8 + length
    return result


def header(sample, offset):
    while offset + 8 <= len(sample):
        kind, length = struct.unpack_from("!II", sample, offset)
        if kind == 1:
            link, _, _, size = struct.unpack_from("!IIII", sample, offset + 8)
            return LINKS.get(link), sample[offset + 24 : offset + 24 + min(size, length - 16)]
        offset += 8 + (length + 3) // 4 * 4
    return None


def columns(packets):
    """What tshark says of packets, (link type, bytes) each; None where it isn't asked."""
    result = [None] * len(packets)
    for link in {packet[0] for packet in packets if packet} - {None}:
        chosen = [index for index, packet in enumerate(packets) if packet and packet[0] == link]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "headers.pcap")
            data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
            for index in chosen:
                # A frame that is longer than what was captured of it: what is missing isn't malformed.
                data += struct.pack("<IIII", 0, 0, len(packets[index][1]), 2000) + packets[index][1]
            path.write_bytes(data)
            command = ["tshark", "-n", "-r", path, "-T", "pdml", "-d", "udp.port==8472,vxlan"]
            # Nothing of one sample belongs to another.
            for preference in ("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams", "udp.try_heuristic_first"):
                command += ["-o", f"{preference}:false"]
            text = subprocess.run(command, capture_output=True, timeout=120).stdout
        for index, packet in zip(chosen, tree.fromstring(text).iter("packet")):
            result[index] = row(packet.findall("proto"))
    return result


def row(protos):
    """Layers from the outside in; what lies in a tunnel within a tunnel is left alone, as the decoder does."""
    found, tags, labels, networks = {}, [], [], 0
    tunnel = tunnel_id = None
    pppoe = None
    routed = False
    for proto in protos:
        name = proto.get("name")
        suffix = "Encap" if networks == 2 else ""
        inner = tunnel is not None or networks > 0
        if name == "eth":
            if networks == 0 and "SrcMac" not in found:
                add(found, proto, "SrcMac", "eth.src")
                add(found, proto, "DstMac", "eth.dst")
            elif networks == 1 and tunnel is None:
                tunnel, tunnel_id = "SRv6", 0
        elif name in ("vlan", "ieee8021ad") and not inner:
            tags.append(number(first(proto, f"{name}.id")))
        elif name == "mpls" and networks < 2:
            labels.append((number(first(proto, "mpls.label")), number(first(proto, "mpls.ttl"))))
        elif name == "pppoes" and not inner:
            session = first(proto, "pppoe.session_id")
            pppoe = number(session) if session is not None else None
        elif name in TUNNELS and networks == 1:
            if name == "gtp" and number(first(proto, "gtp.message")) != 255:
                break
            if name == "l2tp" and first(proto, "l2tp.type") is not None and number(first(proto, "l2tp.type")):
                break
            tunnel = TUNNELS[name]
            ids = [first(proto, field) for field in IDS[tunnel]]
            tunnel_id = next((number(field) for field in ids if field is not None), 0)
        elif name in ("ip", "ipv6"):
            networks += 1
            if networks == 2 and tunnel is None:
                outer = found["EType"]
                tunnel = "SRv6" if routed else "6in4" if outer == 0x0800 and name == "ipv6" else "IPIP"
                tunnel_id = 0
            if networks > 2:
                break
            network(found, proto, name, "Encap" if networks == 2 else "")
            routed = routed or (networks == 1 and is_segment_routing(proto))
        elif name in EXTENSIONS and networks:
            extension(found, proto, suffix)
            routed = routed or (networks == 1 and is_segment_routing(proto))
        elif name in ("udp", "tcp", "sctp", "dccp", "udplite") and networks:
            if f"SrcPort{suffix}" in found:
                break
            fields = "udp" if name == "udplite" else name
            add(found, proto, f"SrcPort{suffix}", f"{fields}.srcport")
            add(found, proto, f"DstPort{suffix}", f"{fields}.dstport")
            if name == "tcp" and not suffix and first(proto, "tcp.flags") is not None:
                found["TCPFlags"] = number(first(proto, "tcp.flags")) & 0xFF
        elif name in ("icmp", "icmpv6"):
            if not suffix:
                add(found, proto, "IcmpType", f"{name}.type")
                add(found, proto, "IcmpCode", f"{name}.code")
            break
    if tags:
        found["VlanId"], found["CustomerVlanId"] = tags[0], (tags + [0])[1]
    elif "SrcMac" in found:
        found["VlanId"] = 0
    if tunnel is None and pppoe is not None:
        tunnel, tunnel_id = "PPPoE", pppoe
    if tunnel is not None:
        found["EncapType"], found["EncapId"] = tunnel, tunnel_id
    if labels:
        stack(found, labels)
    return found


def add(found, proto, column, name):
    field = first(proto, name)
    if field is not None:
        found[column] = number(field)


def network(found, proto, name, suffix):
    found[f"EType{suffix}"] = 0x0800 if name == "ip" else 0x86DD
    for column, field in (("SrcAddr", f"{name}.src"), ("DstAddr", f"{name}.dst")):
        value = first(proto, field)
        if value is not None:
            found[column + suffix] = str(ipaddress.ip_address(value.get("show")))
    if name == "ip":
        names = {"IPTos": "ip.dsfield", "IPTTL": "ip.ttl", "Proto": "ip.proto", "FragmentId": "ip.id",
                 "FragmentOffset": "ip.frag_offset"}
    else:
        names = {"IPTos": "ipv6.tclass", "IPTTL": "ipv6.hlim", "Proto": "ipv6.nxt", "IPv6FlowLabel": "ipv6.flow"}
    for column, field in names.items():
        add(found, proto, column + suffix, field)
    # Extension headers are layers of their own, or within.
    extension(found, proto, suffix)


def extension(found, proto, suffix):
    for field in proto.iter("field"):
        if field.get("name") in NEXT_HEADERS:
            found[f"Proto{suffix}"] = number(field)
    add(found, proto, f"FragmentId{suffix}", "ipv6.fraghdr.ident")
    add(found, proto, f"FragmentOffset{suffix}", "ipv6.fraghdr.offset")


def is_segment_routing(proto):
    kind = first(proto, "ipv6.routing.type")
    return kind is not None and number(kind) == 4


def stack(found, labels):
    found["MPLSCount"] = len(labels)
    for depth, (label, life) in enumerate(labels[:3], 1):
        found[f"MPLS{depth}Label"], found[f"MPLS{depth}TTL"] = label, life
    found["MPLSLastLabel"], found["MPLSLastTTL"] = labels[-1]
