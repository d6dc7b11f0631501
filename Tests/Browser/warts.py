"""Writes scamper's warts files: as much of the format as the browser tests want to see.

An object is a head and a body; a body begins with flags, which say what parameters follow (seven to a byte, from 1).
"""

import ipaddress
import pathlib
import struct


def item(kind, body):
    return struct.pack("!HHI", 0x1205, kind, len(body)) + body


def text(word):
    return word.encode() + b"\0"


def address(word):
    packed = ipaddress.ip_address(word).packed
    return bytes([len(packed), 1 if len(packed) == 4 else 2]) + packed


def parameters(values):
    """Flags, a length and values, which are given by their numbers."""
    count = (max(values) + 6) // 7
    flags = bytearray(count)
    for number in values:
        flags[(number - 1) // 7] |= 1 << (number - 1) % 7
    for place in range(count - 1):
        flags[place] |= 0x80
    body = b"".join(values[number] for number in sorted(values))
    return bytes(flags) + struct.pack("!H", len(body)) + body


def head(monitor):
    """A list and a cycle, the first of a file."""
    return item(1, struct.pack("!II", 1, 7) + text("core") + parameters({2: text(monitor)})) + item(
        2, struct.pack("!IIII", 1, 1, 1, 0) + b"\0")


def label(number, last):
    return struct.pack("!I", number << 12 | last << 8 | 1)


def trace(time, source, target, hops, reached=True):
    """hops are (TTL, address, microseconds, labels)."""
    answers = b""
    for ttl, hop, rtt, labels in hops:
        values = {2: bytes([ttl]), 3: bytes([64 - ttl]), 6: struct.pack("!I", rtt),
                  7: b"\3\3" if reached and hop == target else b"\x0b\0", 9: struct.pack("!H", 72), 18: address(hop)}
        if labels:
            data = b"".join(label(number, number == labels[-1]) for number in labels)
            values[17] = struct.pack("!HHBB", len(data) + 4, len(data), 1, 1) + data
        answers += parameters(values)
    last = max([ttl for ttl, *_ in hops], default=0) + (0 if reached else 3)
    body = parameters({
        1: struct.pack("!I", 1), 2: struct.pack("!I", 1), 5: struct.pack("!II", time, 0), 6: bytes([1 if reached else 5]),
        9: b"\2", 11: b"\5", 12: struct.pack("!H", 44), 13: struct.pack("!H", 40000), 14: struct.pack("!H", 33435),
        19: struct.pack("!H", last), 26: address(source), 27: address(target)})
    return item(6, body + struct.pack("!H", len(hops)) + answers + b"\0\0")


def ping(time, source, target, sent, times):
    replies = b"".join(
        parameters({3: b"\x3c", 4: struct.pack("!H", 84), 5: b"\0\0", 6: struct.pack("!I", rtt), 7: struct.pack("!H", number),
                    12: address(target)}) for number, rtt in enumerate(times))
    body = parameters({
        1: struct.pack("!I", 1), 2: struct.pack("!I", 1), 5: struct.pack("!II", time, 0), 6: b"\1", 10: struct.pack("!H", sent),
        11: struct.pack("!H", 84), 15: struct.pack("!H", sent), 20: address(source), 21: address(target)})
    return item(7, body + struct.pack("!H", len(times)) + replies)


TARGET, FAR = "192.0.2.80", "2001:db8::80"


def measured(end):
    """Twenty minutes of a trace each quarter of a minute: in the middle the way changes and gets slower, a router in it
    never answers, one tells MPLS labels, and two traces don't arrive; and pings, some of them lost."""
    objects = [head("ams-1")]
    for number, time in enumerate(range(end - 1200, end, 15)):
        slow = number >= 40
        jitter = (number * 7919) % 700
        middle = ("203.0.113.7", 9000 + jitter, [24001, 16]) if slow else ("203.0.113.3", 4000 + jitter, [])
        hops = [(1, "198.51.100.1", 400 + jitter // 4, []), (2, middle[0], middle[1], middle[2]),
                (4, "203.0.113.20", 12000 + (6000 if slow else 0) + jitter, [])]
        lost = number in (20, 60)
        if not lost:
            hops.append((5, TARGET, 14000 + (6000 if slow else 0) + jitter, []))
        objects.append(trace(time, "198.51.100.10", TARGET, hops, reached=not lost))
        if number % 4 == 0:
            answers = [13800 + (6000 if slow else 0) + jitter, 14300 + jitter]
            objects.append(ping(time, "198.51.100.10", TARGET, 3, answers if number % 8 else answers[:1]))
            objects.append(trace(time, "2001:db8:1::1", FAR, [(1, "2001:db8:1::ff", 900, []), (2, FAR, 2100, [])]))
    return b"".join(objects)


DIAMOND = "10.77.6.2"
RECORDED = pathlib.Path(__file__).parents[1] / "Fixtures/warts/diamond/capture.warts"
RECORDED_AT = struct.pack("!I", 1795713462)


def parallel(time):
    """What a real scamper's tracelb found through the lab's diamond, as if it had begun at another time."""
    whole, place, objects = RECORDED.read_bytes(), 0, []
    while place < len(whole):
        _, kind, length = struct.unpack_from("!HHI", whole, place)
        body = whole[place + 8:place + 8 + length]
        place += 8 + length
        if kind in (1, 2):
            objects.append(item(kind, body))
        elif kind == 8:
            # The first time of its body is when it began.
            objects.append(item(kind, body.replace(RECORDED_AT, struct.pack("!I", time), 1)))
    return b"".join(objects)
