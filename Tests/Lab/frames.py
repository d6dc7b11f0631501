"""Frames that no kernel here sends by itself, built byte by byte, each with
the columns that a row of it must have.

usage: frames.py send INTERFACE SET|plain|returning (run inside a namespace of the lab)

A frame's source address ends with its number in its set, so a row tells which
frame it is of. Columns that a frame doesn't name are 0, `::` or `none`.
"""

import ipaddress
import socket
import struct
import sys
import time

IPV4, IPV6, ARP, MPLS, PPPOE = 0x0800, 0x86DD, 0x0806, 0x8847, 0x8864
TARGET_MAC = bytes.fromhex("020000000002")
# Each of them is given, or at its default, in a row of a frame.
COLUMNS = {
    **dict.fromkeys((
        "VlanId", "CustomerVlanId", "EType", "Proto", "SrcPort", "DstPort", "IPTos", "IPTTL", "TCPFlags", "IcmpType",
        "IcmpCode", "IPv6FlowLabel", "FragmentId", "FragmentOffset", "EncapId", "ETypeEncap", "ProtoEncap", "IPTosEncap",
        "IPTTLEncap", "IPv6FlowLabelEncap", "FragmentIdEncap", "FragmentOffsetEncap", "SrcPortEncap", "DstPortEncap",
        "MPLSCount", "MPLS1Label", "MPLS1TTL", "MPLS2Label", "MPLS2TTL", "MPLS3Label", "MPLS3TTL", "MPLSLastLabel",
        "MPLSLastTTL"), 0),
    **dict.fromkeys(("SrcAddr", "DstAddr", "SrcAddrEncap", "DstAddrEncap"), "::"),
    "EncapType": "none",
}


class Frame:
    """Bytes from an Ethertype on, what they are, and the columns of their row."""

    def __init__(self, name, kind, payload, *columns, tags=(), pad=0):
        self.name, self.kind, self.payload, self.tags, self.pad = name, kind, payload, tags, pad
        self.columns = {**COLUMNS, "EType": kind}
        for more in columns:
            self.columns.update(more)

    def on_wire(self, number):
        return ethernet(self.kind, self.payload, self.tags, source_mac(number)) + bytes(self.pad)


# MARK: - Layers


def source_mac(number):
    return bytes.fromhex("0200000000") + bytes([0x40 + number])


def ethernet(kind, payload, tags=(), source=bytes.fromhex("020000000001")):
    """Tags are (Ethertype, priority and VLAN), the outermost first."""
    stack = b"".join(struct.pack("!HH", *tag) for tag in tags)
    return TARGET_MAC + source + stack + struct.pack("!H", kind) + payload


def checksum(data):
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def ipv4(proto, payload, source="10.98.0.1", target="10.98.0.2", tos=0x20, ttl=61, number=0x1234, fragment=0,
         options=b""):
    """`fragment` is the word of flags and offset."""
    length = 20 + len(options)
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | length // 4, tos, length + len(payload), number, fragment, ttl, proto,
                         0, socket.inet_aton(source), socket.inet_aton(target)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(proto, payload, source="fd98::1", target="fd98::2", traffic_class=0x28, label=0x54321, hops=62):
    return struct.pack("!IHBB", 6 << 28 | traffic_class << 20 | label, len(payload), proto, hops) + ipaddress.ip_address(
        source).packed + ipaddress.ip_address(target).packed + payload


def udp(source, target, payload=b""):
    # The checksum may be left out over IPv4, and by tunnels over IPv6 (RFC 6935).
    return struct.pack("!HHHH", source, target, 8 + len(payload), 0) + payload


def tcp(source, target, flags, payload=b""):
    return struct.pack("!HHIIBBHHH", source, target, 1000, 2000, 0x50, flags, 512, 0, 0) + payload


def labels(*stack):
    """MPLS labels as (label, time to live); the last is the bottom."""
    return b"".join(
        struct.pack("!I", label << 12 | (depth == len(stack) - 1) << 8 | ttl) for depth, (label, ttl) in enumerate(stack))


def pppoe(session, protocol, payload):
    return struct.pack("!BBHHH", 0x11, 0, session, len(payload) + 2, protocol) + payload


def gre(kind, payload, flags=0, *words):
    """Words: checksum, key, sequence number, as the flags say."""
    return struct.pack("!HH", flags, kind) + b"".join(struct.pack("!I", word) for word in words) + payload


def routing(next_header, *segments):
    """A segment routing header (RFC 8754) of which the first segment, which comes last, is in use."""
    last = len(segments) - 1
    return struct.pack("!BBBBBBH", next_header, 2 * len(segments), 4, last, last, 0, 0) + b"".join(
        ipaddress.ip_address(segment).packed for segment in segments)


# MARK: - What is in the middle of most frames

DATA = b"netmeta lab data"
OUTER4 = {"EType": IPV4, "SrcAddr": "10.98.0.1", "DstAddr": "10.98.0.2", "IPTos": 0x20, "IPTTL": 61, "FragmentId": 0x1234}
OUTER6 = {"EType": IPV6, "SrcAddr": "fd98::1", "DstAddr": "fd98::2", "IPTos": 0x28, "IPTTL": 62, "IPv6FlowLabel": 0x54321}
UDP = {"Proto": 17, "SrcPort": 4001, "DstPort": 5001}
TCP = {"Proto": 6, "SrcPort": 4002, "DstPort": 443, "TCPFlags": 0x12}
OVER4 = ipv4(17, udp(4001, 5001, DATA))
OVER6 = ipv6(6, tcp(4002, 443, 0x12, DATA))

INNER4 = {"ETypeEncap": IPV4, "SrcAddrEncap": "192.0.2.11", "DstAddrEncap": "192.0.2.22", "IPTosEncap": 0x48,
          "IPTTLEncap": 17, "FragmentIdEncap": 0x7777, "ProtoEncap": 17, "SrcPortEncap": 1111, "DstPortEncap": 2222}
INNER6 = {"ETypeEncap": IPV6, "SrcAddrEncap": "2001:db8::11", "DstAddrEncap": "2001:db8::22", "IPTosEncap": 0x88,
          "IPTTLEncap": 18, "IPv6FlowLabelEncap": 0x13579, "ProtoEncap": 6, "SrcPortEncap": 3333, "DstPortEncap": 4444}
IN4 = ipv4(17, udp(1111, 2222, DATA), "192.0.2.11", "192.0.2.22", 0x48, 17, 0x7777)
IN6 = ipv6(6, tcp(3333, 4444, 0x18, DATA), "2001:db8::11", "2001:db8::22", 0x88, 0x13579, 18)
INNER_MACS = bytes.fromhex("0200000000aa0200000000bb")
FRAME4 = INNER_MACS + struct.pack("!H", IPV4) + IN4
FRAME6 = INNER_MACS + struct.pack("!H", IPV6) + IN6
# The tags of the frame inside are no columns of the outer packet.
TAGGED4 = INNER_MACS + struct.pack("!HHH", 0x8100, 77, IPV4) + IN4


def encap(kind, number=0):
    return {"EncapType": kind, "EncapId": number}


def to(port):
    return {"Proto": 17, "SrcPort": 50000, "DstPort": port}


def alone(inner):
    """The columns of an inner packet once it is out of its tunnel."""
    return {column.removesuffix("Encap"): value for column, value in inner.items()}


def inside(frame):
    """The columns of a frame once it is in a tunnel."""
    return {f"{column}Encap": value for column, value in frame.columns.items() if f"{column}Encap" in COLUMNS}


def stack(*entries):
    columns = {"MPLSCount": len(entries), "MPLSLastLabel": entries[-1][0], "MPLSLastTTL": entries[-1][1]}
    for depth, (label, ttl) in enumerate(entries[:3], 1):
        columns.update({f"MPLS{depth}Label": label, f"MPLS{depth}TTL": ttl})
    return columns


def over4(name, port, payload, *columns, **options):
    """A tunnel over UDP and IPv4."""
    return Frame(name, IPV4, ipv4(17, udp(50000, port, payload)), OUTER4, to(port), *columns, **options)


def over6(name, port, payload, *columns, **options):
    """A tunnel over UDP and IPv6."""
    return Frame(name, IPV6, ipv6(17, udp(50000, port, payload)), OUTER6, to(port), *columns, **options)


def ip4(name, proto, payload, *columns, **options):
    return Frame(name, IPV4, ipv4(proto, payload, **options), OUTER4, {"Proto": proto}, *columns)


def ip6(name, proto, payload, *columns):
    return Frame(name, IPV6, ipv6(proto, payload), OUTER6, {"Proto": proto}, *columns)


# MARK: - The sets

ONE = ((16001, 63),)
THREE = ((16001, 63), (24002, 62), (30003, 61))
FIVE = ((16001, 63), (24002, 62), (30003, 61), (1048575, 60), (16, 59))
TWELVE = tuple((20000 + depth, 40 + depth) for depth in range(12))
PSEUDOWIRE = ((16001, 63), (24002, 255))

VXLAN = b"\x08\0\0\0\x12\x34\x56\0"
GTP_SESSION = 0xCAFE0001

# What tunnels that aren't built here carry; no set of its own.
PLAIN = [
    Frame("IPv4, UDP", IPV4, OVER4, OUTER4, UDP),
    Frame("IPv6, TCP", IPV6, OVER6, OUTER6, TCP),
]

# What comes back out of exporters.TUNNELS. The switch tells of the frames inside; of the tunnel, its type and number.
AT_SWITCH = {"source": "10.95.0.2", "target": "10.95.0.1"}
RETURNING = [
    Frame("IPv4 in VXLAN 4660", IPV4, ipv4(17, udp(50000, 4789, b"\x08\0\0\0\0\x12\x34\0" + FRAME4), **AT_SWITCH),
          alone(INNER4), encap("VXLAN", 4660)),
    Frame("IPv6 in GRE 99", IPV4, ipv4(47, gre(0x6558, FRAME6, 0x2000, 99), **AT_SWITCH),
          alone(INNER6), {"TCPFlags": 0x18}, encap("GRE", 99)),
    Frame("IPv4 in Geneve 43", IPV4, ipv4(17, udp(50000, 6081, b"\0\0\x65\x58\0\0\x2b\0" + FRAME4), **AT_SWITCH),
          alone(INNER4), encap("Geneve", 43)),
]

SETS = {
    "tags": [
        Frame("one tag, IPv4", IPV4, OVER4, OUTER4, UDP, {"VlanId": 100}, tags=[(0x8100, 100)]),
        Frame("one tag with a priority, IPv6", IPV6, OVER6, OUTER6, TCP, {"VlanId": 4094}, tags=[(0x8100, 0xA000 | 4094)]),
        Frame("IEEE 802.1ad: service and customer tag", IPV4, OVER4, OUTER4, UDP, {"VlanId": 200, "CustomerVlanId": 300},
              tags=[(0x88A8, 200), (0x8100, 300)]),
        Frame("two tags of 0x8100, IPv6", IPV6, OVER6, OUTER6, TCP, {"VlanId": 201, "CustomerVlanId": 301},
              tags=[(0x8100, 201), (0x8100, 301)]),
        Frame("three tags", IPV4, OVER4, OUTER4, UDP, {"VlanId": 202, "CustomerVlanId": 302},
              tags=[(0x88A8, 202), (0x8100, 302), (0x8100, 402)]),
        Frame("no tag, padded by Ethernet behind the packet", IPV4, ipv4(1, b"\x08"), OUTER4, {"Proto": 1, "IcmpType": 8},
              pad=25),
    ],
    "mpls": [
        Frame("one label, IPv4", MPLS, labels(*ONE) + OVER4, OUTER4, UDP, stack(*ONE)),
        Frame("three labels, IPv4", MPLS, labels(*THREE) + OVER4, OUTER4, UDP, stack(*THREE)),
        Frame("five labels, IPv6", MPLS, labels(*FIVE) + OVER6, OUTER6, TCP, stack(*FIVE)),
        Frame("twelve labels, IPv4", MPLS, labels(*TWELVE) + OVER4, OUTER4, UDP, stack(*TWELVE)),
        Frame("one label behind a tag, IPv6", MPLS, labels(*ONE) + OVER6, OUTER6, TCP, stack(*ONE), {"VlanId": 100},
              tags=[(0x8100, 100)]),
        Frame("pseudowire: two labels, control word, a frame", MPLS, labels(*PSEUDOWIRE) + bytes(4) + FRAME4,
              stack(*PSEUDOWIRE)),
    ],
    "pppoe": [
        Frame("IPv4", PPPOE, pppoe(0x1122, 0x0021, OVER4), OUTER4, UDP, encap("PPPoE", 0x1122)),
        Frame("IPv6", PPPOE, pppoe(0x1123, 0x0057, OVER6), OUTER6, TCP, encap("PPPoE", 0x1123)),
        Frame("IPv4 behind two tags", PPPOE, pppoe(0x1124, 0x0021, OVER4), OUTER4, UDP, encap("PPPoE", 0x1124),
              {"VlanId": 200, "CustomerVlanId": 300}, tags=[(0x88A8, 200), (0x8100, 300)]),
        Frame("an echo of the link control protocol", PPPOE, pppoe(0x1125, 0xC021, bytes.fromhex("0901000800000000")),
              encap("PPPoE", 0x1125)),
    ],
    "gre": [
        ip4("GRE with IPv4", 47, gre(IPV4, IN4), encap("GRE"), INNER4),
        ip4("GRE with checksum, key, sequence and IPv6", 47, gre(IPV6, IN6, 0xB000, 0, 4242, 7), encap("GRE", 4242), INNER6),
        ip4("GRE with a frame (gretap), key", 47, gre(0x6558, FRAME6, 0x2000, 77), encap("GRE", 77), INNER6),
        ip6("GRE over IPv6 with IPv4, key", 47, gre(IPV4, IN4, 0x2000, 0xFFFFFFFF), encap("GRE", 0xFFFFFFFF), INNER4),
        ip4("PPTP: GRE version 1 with PPP", 47,
            gre(0x880B, b"\xff\x03\x00\x21" + IN4, 0x3081, (len(IN4) + 4) << 16 | 99, 1, 2), encap("GRE", 99), INNER4),
        ip4("GRE with MPLS", 47, gre(MPLS, labels(*ONE) + IN4), encap("GRE"), INNER4, stack(*ONE)),
        ip4("ERSPAN I", 47, gre(0x88BE, FRAME4), encap("ERSPAN"), INNER4),
        ip4("ERSPAN II, session 513", 47, gre(0x88BE, struct.pack("!II", 0x1064_0000 | 513, 3) + FRAME4, 0x1000, 1),
            encap("ERSPAN", 513), INNER4),
        ip4("ERSPAN III, session 514", 47,
            gre(0x22EB, struct.pack("!III", 0x2064_0000 | 514, 123456, 0x0000_0000) + FRAME6, 0x1000, 2),
            encap("ERSPAN", 514), INNER6),
        ip4("ERSPAN III with a subheader, session 515", 47,
            gre(0x22EB, struct.pack("!IIIQ", 0x2064_0000 | 515, 123456, 0x0000_0001, 1 << 58) + TAGGED4, 0x1000, 3),
            encap("ERSPAN", 515), INNER4),
        ip6("ERSPAN II over IPv6, session 516", 47, gre(0x88BE, struct.pack("!II", 0x1064_0000 | 516, 3) + FRAME6, 0x1000, 1),
            encap("ERSPAN", 516), INNER6),
    ],
    "ip-in-ip": [
        ip4("IPv4 in IPv4", 4, IN4, encap("IPIP"), INNER4),
        ip4("IPv6 in IPv4", 41, IN6, encap("6in4"), INNER6),
        ip6("IPv4 in IPv6", 4, IN4, encap("IPIP"), INNER4),
        ip6("IPv6 in IPv6", 41, IN6, encap("IPIP"), INNER6),
        ip6("SRv6: routing header with two segments, IPv4", 43, routing(4, "fd98::99", "fd98::2") + IN4,
            encap("SRv6"), INNER4, {"Proto": 4}),
        ip6("SRv6: routing header with two segments, IPv6", 43, routing(41, "fd98::99", "fd98::2") + IN6,
            encap("SRv6"), INNER6, {"Proto": 41}),
        ip6("SRv6: routing header with one segment, a frame", 43, routing(143, "fd98::2") + FRAME4,
            encap("SRv6"), INNER4, {"Proto": 143}),
        ip6("SRv6 without a routing header: a frame", 143, FRAME6, encap("SRv6"), INNER6),
        ip6("a routing header in front of TCP is no tunnel", 43, routing(6, "fd98::99", "fd98::2") + tcp(4002, 443, 0x12),
            TCP),
    ],
    "udp-tunnels": [
        over4("VXLAN, IPv4", 4789, VXLAN + FRAME4, encap("VXLAN", 0x123456), INNER4),
        over6("VXLAN over IPv6, IPv6", 4789, VXLAN + FRAME6, encap("VXLAN", 0x123456), INNER6),
        over4("VXLAN on Linux's port, tagged frame", 8472, VXLAN + TAGGED4, encap("VXLAN", 0x123456), INNER4),
        over4("VXLAN, outer frame tagged", 4789, VXLAN + FRAME4, encap("VXLAN", 0x123456), INNER4, {"VlanId": 100},
              tags=[(0x8100, 100)]),
        over4("VXLAN-GPE with IPv6", 4790, b"\x0c\0\0\x02\0\0\x2a\0" + IN6, encap("VXLAN", 42), INNER6),
        over4("Geneve with two options, a frame", 6081,
              b"\x04\0\x65\x58\0\0\x2b\0" + b"\1\2\3\1abcd" + b"\1\2\4\1efgh" + FRAME4, encap("Geneve", 43), INNER4),
        over6("Geneve over IPv6 with IPv4", 6081, b"\0\0\x08\0\0\0\x2c\0" + IN4, encap("Geneve", 44), INNER4),
        over4("GTP-U, IPv4", 2152, struct.pack("!BBHI", 0x30, 255, len(IN4), GTP_SESSION) + IN4,
              encap("GTP-U", GTP_SESSION), INNER4),
        over4("GTP-U with a PDU session container, IPv6", 2152,
              struct.pack("!BBHIHBB", 0x34, 255, len(IN6) + 8, GTP_SESSION, 0, 0, 0x85) + b"\1\x10\5\0" + IN6,
              encap("GTP-U", GTP_SESSION), INNER6),
        over6("GTP-U over IPv6 with a sequence number, IPv4", 2152,
              struct.pack("!BBHIHBB", 0x32, 255, len(IN4) + 4, GTP_SESSION, 5, 0, 0) + IN4,
              encap("GTP-U", GTP_SESSION), INNER4),
        over4("GTP-U echo request: no packet inside", 2152, struct.pack("!BBHIHBB", 0x32, 1, 4, 0, 6, 0, 0)),
        over4("L2TPv2 with length, IPv4 in PPP", 1701,
              struct.pack("!HHHH", 0x4002, 12 + len(IN4), 7, 88) + b"\xff\x03\0\x21" + IN4, encap("L2TP", 88), INNER4),
        over4("L2TPv2 control: no packet inside", 1701, struct.pack("!HHHHHH", 0xC802, 12, 7, 0, 1, 1)),
    ],
    "options-and-fragments": [
        Frame("IPv4 with router alert and padding", IPV4,
              ipv4(17, udp(4001, 5001, DATA), options=bytes.fromhex("9404000001010100")), OUTER4, UDP),
        Frame("IPv4, first fragment", IPV4, ipv4(17, udp(4001, 5001, bytes(24)), fragment=0x2000), OUTER4, UDP),
        Frame("IPv4, middle fragment", IPV4, ipv4(17, bytes.fromhex("1111222233334444") * 2, fragment=0x2004), OUTER4,
              {"Proto": 17, "FragmentOffset": 4}),
        Frame("IPv4, last fragment", IPV4, ipv4(17, b"tail of it", fragment=6), OUTER4, {"Proto": 17, "FragmentOffset": 6}),
        Frame("IPv4, don't fragment", IPV4, ipv4(6, tcp(4002, 443, 0x12), fragment=0x4000), OUTER4, TCP),
        Frame("IPv6 hop-by-hop and destination options", IPV6,
              ipv6(0, b"\x3c\0\5\2\0\0\1\0" + b"\x11\0\1\4\0\0\0\0" + udp(4001, 5001, DATA)), OUTER6, UDP),
        Frame("IPv6, first fragment", IPV6, ipv6(44, struct.pack("!BBHI", 17, 0, 1, 0xABCDEF01) + udp(4001, 5001, bytes(24))),
              OUTER6, UDP, {"FragmentId": 0xABCDEF01}),
        Frame("IPv6, last fragment", IPV6, ipv6(44, struct.pack("!BBHI", 17, 0, 4 << 3, 0xABCDEF01) + b"tail of it"),
              OUTER6, {"Proto": 17, "FragmentId": 0xABCDEF01, "FragmentOffset": 4}),
        Frame("IPv6 with an authentication header", IPV6,
              ipv6(51, struct.pack("!BBHII", 6, 4, 0, 1, 1) + bytes(12) + tcp(4002, 443, 0x12)), OUTER6, TCP),
        Frame("a tunnel's first fragment", IPV4, ipv4(47, gre(IPV4, IN4), fragment=0x2000), OUTER4, {"Proto": 47},
              encap("GRE"), INNER4),
        Frame("a tunnel's last fragment", IPV4, ipv4(47, DATA, fragment=9), OUTER4, {"Proto": 47, "FragmentOffset": 9}),
        Frame("SCTP", IPV4, ipv4(132, struct.pack("!HHII", 4003, 5003, 1, 0)), OUTER4,
              {"Proto": 132, "SrcPort": 4003, "DstPort": 5003}),
        Frame("OSPF has no ports", IPV4, ipv4(89, bytes.fromhex("0201002c01020304") + bytes(16)), OUTER4, {"Proto": 89}),
    ],
    "icmp": [
        Frame("echo request", IPV4, ipv4(1, b"\x08\0\0\0\0\1\0\1" + DATA), OUTER4, {"Proto": 1, "IcmpType": 8}),
        Frame("echo reply", IPV4, ipv4(1, b"\0\0\0\0\0\1\0\1" + DATA), OUTER4, {"Proto": 1}),
        # The packet that it tells of is no tunnel.
        Frame("port unreachable", IPV4, ipv4(1, b"\3\3\0\0\0\0\0\0" + IN4[:28]), OUTER4,
              {"Proto": 1, "IcmpType": 3, "IcmpCode": 3}),
        Frame("fragmentation needed", IPV4, ipv4(1, b"\3\4\0\0\0\0\5\x14" + IN4[:28]), OUTER4,
              {"Proto": 1, "IcmpType": 3, "IcmpCode": 4}),
        Frame("ICMPv6 echo request", IPV6, ipv6(58, b"\x80\0\0\0\0\1\0\1" + DATA), OUTER6, {"Proto": 58, "IcmpType": 128}),
        Frame("ICMPv6 no route", IPV6, ipv6(58, b"\1\0\0\0\0\0\0\0" + IN6[:48]), OUTER6, {"Proto": 58, "IcmpType": 1}),
        Frame("ICMPv6 time exceeded in reassembly", IPV6, ipv6(58, b"\3\1\0\0\0\0\0\0" + IN6[:48]), OUTER6,
              {"Proto": 58, "IcmpType": 3, "IcmpCode": 1}),
        Frame("a listener report behind hop-by-hop options", IPV6,
              ipv6(0, b"\x3a\0\5\2\0\0\1\0" + b"\x8f\0\0\0\0\0\0\0"), OUTER6, {"Proto": 58, "IcmpType": 143}),
        Frame("ICMP behind a tunnel", IPV4, ipv4(4, ipv4(1, b"\x08\0\0\0\0\1\0\1", "192.0.2.11", "192.0.2.22", 0, 17, 9)),
              OUTER4, {"Proto": 4}, encap("IPIP"),
              {"ETypeEncap": IPV4, "SrcAddrEncap": "192.0.2.11", "DstAddrEncap": "192.0.2.22", "IPTTLEncap": 17,
               "FragmentIdEncap": 9, "ProtoEncap": 1}),
    ],
}


def send(interface, name):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((interface, 0))
        for number, frame in enumerate({"plain": PLAIN, "returning": RETURNING, **SETS}[name]):
            link.send(frame.on_wire(number))
            # Slow enough that each is sampled by itself.
            time.sleep(0.01)


if __name__ == "__main__":
    send(*sys.argv[2:4])
