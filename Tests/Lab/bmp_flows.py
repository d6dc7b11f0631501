"""Sends flow records by hand; run inside a namespace of the lab.

usage: bmp_flows.py SOURCE TARGET PORT RECORD...
A record is SRC>DST/PORT, and for NetFlow v5 /NEXTHOP/DSTAS behind it. From an
IPv4 address it is NetFlow v5, from an IPv6 address IPFIX with IPv6 ends.
"""

import ipaddress
import socket
import struct
import sys
import time


def netflow5(records):
    body = b""
    for ends, port, *told in records:
        source, target = (int(ipaddress.ip_address(end)) for end in ends.split(">"))
        hop = int(ipaddress.ip_address(told[0])) if told else 0
        body += struct.pack("!IIIHHIIIIHHBBBBHHBBH", source, target, hop, 1, 2, 1, 1000, 0, 0, int(port), 80, 0, 0, 17, 0, 0,
                            int(told[1]) if told else 0, 0, 0, 0)
    return struct.pack("!HHIIIIBBH", 5, len(records), 1000, int(time.time()), 0, 0, 0, 0, 0) + body


def ipfix(records):
    fields = [(27, 16), (28, 16), (1, 8), (2, 8), (7, 2), (4, 1)]
    template = struct.pack("!HH", 256, len(fields)) + b"".join(struct.pack("!HH", *field) for field in fields)
    body = b""
    for ends, port in records:
        source, target = (ipaddress.ip_address(end).packed for end in ends.split(">"))
        body += source + target + struct.pack("!QQHB", 1000, 1, int(port), 17)
    sets = struct.pack("!HH", 2, 4 + len(template)) + template + struct.pack("!HH", 256, 4 + len(body)) + body
    return struct.pack("!HHIII", 10, 16 + len(sets), int(time.time()), 0, 7) + sets


source, target, port = sys.argv[1:4]
records = [text.split("/") for text in sys.argv[4:]]
sender = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM)
sender.bind((source, 0))
for start in range(0, len(records), 25):
    some = records[start:start + 25]
    sender.sendto(ipfix(some) if ":" in source else netflow5(some), (target, int(port)))
