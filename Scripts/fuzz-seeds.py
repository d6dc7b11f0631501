"""Writes the first inputs of the fuzzers from captures of exports.

usage: fuzz-seeds.py FOLDER CAPTURE...

Makes FOLDER/FuzzNetFlow, FuzzIPFIX, FuzzSFlow, FuzzPacket, FuzzCapture, FuzzRoutes, FuzzBMP, FuzzFilter, FuzzCloudLogs,
FuzzFlowMessage and FuzzWarts.
The form of the datagram sequences is that of Fuzz/Sources/FuzzSupport.
"""

import base64
import binascii
import hashlib
import pathlib
import struct
import sys

LARGEST = 4096
DATAGRAMS = 16


def datagrams(capture):
    """The UDP payloads of a pcap file over Ethernet, Linux cooked or raw IP."""
    data = capture.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
    if data[:4] not in order:
        return
    order = order[data[:4]]
    link = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    start = {1: 14, 113: 16, 276: 20, 101: 0, 12: 0, 228: 0, 229: 0}.get(link)
    offset = 24
    while start is not None and offset + 16 <= len(data):
        length = struct.unpack(order + "I", data[offset + 8 : offset + 12])[0]
        packet = data[offset + 16 + start : offset + 16 + length]
        offset += 16 + length
        if len(packet) > 28 and packet[0] >> 4 == 4 and packet[9] == 17:
            yield packet[(packet[0] & 15) * 4 + 8 :]
        elif len(packet) > 48 and packet[0] >> 4 == 6 and packet[6] == 17:
            yield packet[48:]


def target(payload):
    if payload[:4] == b"\0\0\0\5":
        return "FuzzSFlow", 0
    return {b"\0\5": ("FuzzNetFlow", 4), b"\0\x09": ("FuzzNetFlow", 0), b"\0\x0a": ("FuzzIPFIX", 0)}.get(
        payload[:2], (None, 0)
    )


def headers(payload):
    """Sampled headers of an sFlow datagram: what follows a raw header record's start, as far as it looks like one."""
    offset = 28
    while (offset := payload.find(b"\0\0\0\1", offset)) >= 0 and offset + 24 <= len(payload):
        length = struct.unpack(">I", payload[offset + 4 : offset + 8])[0]
        size = struct.unpack(">I", payload[offset + 20 : offset + 24])[0]
        if 16 + size <= length <= 20 + size and offset + 24 + size <= len(payload):
            yield payload[offset + 24 : offset + 24 + size]
        offset += 4


def write(folder, name, content):
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def main():
    folder = pathlib.Path(sys.argv[1])
    for capture in map(pathlib.Path, sys.argv[2:]):
        if capture.stat().st_size <= 4 * LARGEST:
            write(folder, "FuzzCapture", capture.read_bytes())
        sequences = {}
        for payload in datagrams(capture):
            name, sender = target(payload)
            if name is None:
                continue
            chunk = struct.pack(">BH", sender, len(payload)) + payload
            known = sequences.setdefault(name, [b"\0"])
            if len(known) <= DATAGRAMS and sum(map(len, known)) + len(chunk) <= LARGEST:
                known.append(chunk)
            if name == "FuzzSFlow":
                for header in headers(payload):
                    write(folder, "FuzzPacket", b"\0" + header)
                    write(folder, "FuzzPacket", b"\3" + header[14:])
        for name, chunks in sequences.items():
            write(folder, name, b"".join(chunks))
    # A small capture for the reader, and an IPv6 packet with an extension header.
    write(folder, "FuzzPacket", b"\2" + bytes.fromhex("60000000001c2c40" + "20010db8" * 8 + "1100000100000001" + "080700350014abcd"))
    routes(folder)
    filters(folder)
    messages(folder)
    logs(folder)


def filters(folder):
    """The examples of the filter language; the byte before each says where the cursor is, and whether names are known."""
    document = (pathlib.Path(__file__).resolve().parents[1] / "Docs/filter.md").read_text()
    for number, line in enumerate(document.split("```filter\n")[1].split("```")[0].splitlines()):
        write(folder, "FuzzFilter", bytes([number * 37 % 200 | 1]) + line.partition("  ")[0].encode())


def messages(folder):
    """Flows in Protocol Buffers, with lengths in front and without."""
    flow = bytes.fromhex("0804 10d2a5d7b80618 8008 20 07 3204c0000201 3a10" + "00" * 10 + "ffffc6336401 48dc0b 5003")
    flow += bytes.fromhex("5a04c0000209 a00106 a801bb03 f0018010 824003 01e807 924008 0a0161 1203626364")
    write(folder, "FuzzFlowMessage", bytes([len(flow)]) + flow)
    write(folder, "FuzzFlowMessage", (bytes([len(flow)]) + flow) * 3)
    write(folder, "FuzzFlowMessage", flow)


def logs(folder):
    """Flow logs of clouds; the byte before each says whose they are and how they are cut."""
    line = b"2 123456789010 eni-1 172.31.16.139 2001:db8::1 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
    nothing = b"2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA"
    header = b"version srcaddr dstaddr pkt-srcaddr pkt-dstaddr end tcp-flags instance-tag ecs-task-id log-status"
    wide = b"11 10.0.0.1 10.0.0.2 192.0.2.1 - 1750000000123 19 a%20b - OK"
    event = b'{"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": "' + line + b'\\n"}]}'
    packed = b'{"records": [{"data": "' + base64.b64encode(event) + b'"}], "Records": [{"kinesis": {"data": "' + (
        base64.b64encode(line) + b'"}}]}')
    entry = (
        b'{"jsonPayload": {"connection": {"src_ip": "10.0.0.1", "dest_ip": "::1", "src_port": 1}, "reporter": "SRC", '
        b'"bytes_sent": "12", "round_trip_time": {"median_msec": 1.5}, "end_time": "2025-06-15T15:10:04.9+01:00", '
        b'"internet_routing_details": {"egress_as_path": [{"as_details": [{"asn": 3356}]}]}, '
        b'"src_vpc": {"vpc_name": "a\\u00e9"}}, "logName": "projects/p/logs/compute.googleapis.com%2Fvpc_flows"}'
    )
    record = (
        b'{"macAddress": "00224871C205", "targetResourceID": "/subscriptions/s/resourceGroups/g/providers/n/virtualNetworks/v", '
        b'"flowRecords": {"flows": [{"aclID": "a", "flowGroups": [{"rule": "r", "flowTuples": ['
        b'"1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0", '
        b'"1663146003606,10.0.0.6,2001:db8::1,23956,443,6,I,E,NX,3,767,2,1580", '
        b'"1663146003607,10.0.0.6,192.0.2.180,23956,443,6,O,D,NX,,,,"]}]}]}}'
    )
    group = (
        b'{"resourceId": "/SUBSCRIPTIONS/S/NETWORKSECURITYGROUPS/W", "properties": {"Version": 2, "flows": [{"rule": "r", '
        b'"flows": [{"mac": "000D3AF87856", "flowTuples": ["1542110437,10.5.16.4,192.0.2.1,44931,443,T,O,A,C,30,16978,24,1", '
        b'"1542110438,10.5.16.4,192.0.2.1,44931,443,U,I,D"]}]}]}}'
    )
    for first in (0, 0x48):
        for text in (line + b"\n" + nothing + b"\n", header + b"\r\n" + wide + b"\r\n", event + b"\n" + event, packed):
            write(folder, "FuzzCloudLogs", bytes([first]) + text)
        write(folder, "FuzzCloudLogs", bytes([first | 1]) + entry + b"\n" + entry)
        write(folder, "FuzzCloudLogs", bytes([first | 1]) + b"[" + entry + b"," + entry + b"]")
        write(folder, "FuzzCloudLogs", bytes([first | 3]) + b'{"records": [' + record + b"," + group + b"]}")
        write(folder, "FuzzCloudLogs", bytes([first | 3]) + record + b"\n" + group + b"\n")


def routes(folder):
    """Files and sessions with routes; the byte before each says which form it has."""
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests/Fixtures"
    for path in sorted(fixtures.glob("mrt/*.mrt")):
        content = path.read_bytes()[:LARGEST]
        write(folder, "FuzzRoutes", b"\0" + content)
        write(folder, "FuzzRoutes", b"\x14" + content)
    for path in sorted(fixtures.glob("names/*.*")):
        write(folder, "FuzzRoutes", b"\1" + path.read_bytes()[:LARGEST])
    for path in sorted(fixtures.glob("bmp/*/session.bin")):
        stream = path.read_bytes()
        write(folder, "FuzzBMP", b"\0" + stream[:LARGEST])
        # Each message alone, as one of the peer that the fuzzer's beginning knows.
        while len(stream) > 48:
            length = struct.unpack(">I", stream[1:5])[0]
            one, stream = stream[:length], stream[length:]
            if one[5] == 0:
                one = one[:6] + b"\0" + bytes([one[7] & 0x7F]) + one[8:16] + bytes(12) + bytes([192, 0, 2, 1]) + one[32:]
            write(folder, "FuzzBMP", b"\x20" + one)
    for path in sorted(fixtures.glob("warts/*/capture.warts")):
        content = path.read_bytes()
        write(folder, "FuzzWarts", content[:LARGEST])
        # Each object alone.
        while len(content) > 8:
            length = 8 + struct.unpack(">I", content[4:8])[0]
            write(folder, "FuzzWarts", content[:length])
            lines = [binascii.b2a_uu(content[start:min(start + 45, length)], backtick=True) for start in range(0, length, 45)]
            said = b"".join(lines) + b"`\n"
            write(folder, "FuzzWarts", b"OK\nMORE\nDATA %d\n%sMORE\n" % (len(said), said))
            content = content[length:]
    write(folder, "FuzzWarts", b"""{"UUID":"x","TracerouteCallerVersion":"1"}
{"type":"cycle-start","list_name":"l","id":1,"hostname":"vm","start_time":9}
{"type":"trace","method":"udp-paris","src":"10.0.0.1","dst":"10.0.0.2","sport":5,"start":{"sec":9,"usec":1},"hops":[\
{"addr":"10.0.0.2","probe_ttl":1,"probe_id":1,"rtt":0.067,"icmpext":[{"ie_cn":1,"ie_ct":1,"mpls_labels":[{"mpls_label":9}]}]}]}
{"type":"tracelb","method":"icmp-echo","nodec":2,"linkc":1,"nodes":[{"addr":"10.0.0.1","links":[[{"addr":"*"},\
{"addr":"10.0.0.2","probes":[{"tx":{"sec":9},"ttl":2,"replies":[{"rx":{"sec":9,"usec":7}}]}]}]]}]}
{"type":"ping","responses":[{"from":"10.0.0.2","seq":0,"rtt":1.5,"icmp_type":0,"RR":["10.0.0.1"]}]}
""")
    write(folder, "FuzzRoutes", b"\1prefix,asn,country,city,name\n10.0.0.0/8,AS1,DE,x,\"y\"\n2001:db8::/32,2\n")
    # A tree of one node, as the fuzzer wraps it: size of its records, number of nodes, tree, data.
    tree = bytes.fromhex("000011000011") + bytes(16) + b"\xe1\x43asn\xc1\x07"
    write(folder, "FuzzRoutes", b"\2\0\1" + tree)


if __name__ == "__main__":
    main()
