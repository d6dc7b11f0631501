"""The routes of recorded BMP sessions are those that tshark reads in them.

tshark.tsv beside a session has a line for each change of a route; here it is
made anew, and BMPFixtureTests proves that the program reads the same.
`python3 test_bmp.py` writes the files.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import pytest

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures/bmp"
SESSIONS = sorted(path.parent.name for path in FIXTURES.glob("*/session.bin"))
GONE = {"bgp.withdrawn_prefix", "bgp.mp_unreach_nlri_ipv4_prefix", "bgp.mp_unreach_nlri_ipv6_prefix"}
NEW = {"bgp.nlri_prefix", "bgp.mp_reach_nlri_ipv4_prefix", "bgp.mp_reach_nlri_ipv6_prefix"}
HOPS = {"bgp.update.path_attribute.next_hop", "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6"}
BMP = 11019


def packets(stream):
    """A capture with one TCP segment for each BMP message."""
    sequence, place = 1, 0
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    while place < len(stream):
        length = struct.unpack_from("!I", stream, place + 1)[0]
        body = stream[place:place + length]
        tcp = struct.pack("!HHIIBBHHH", 40000, BMP, sequence, 1, 5 << 4, 0x18, 65535, 0, 0) + body
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])) + tcp
        yield struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
        sequence, place = sequence + length, place + length


def lines(session):
    """view, peer, + or -, prefix, next hop, path, communities of each change, as tshark has them."""
    stream = (FIXTURES / session / "session.bin").read_bytes()
    with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
        capture.write(b"".join(packets(stream)))
        capture.flush()
        words = ["tshark", "-r", capture.name, "-d", f"tcp.port=={BMP},bmp", "-Y", "bmp.type == 0", "-T", "pdml"]
        document = subprocess.run(words, capture_output=True, check=True).stdout
    for packet in xml.etree.ElementTree.fromstring(document).findall("packet"):
        proto = packet.find("proto[@name='bmp']")
        raw = bytes.fromhex("".join(field.get("value") for field in packet.iter("field") if field.get("name") == "tcp.payload"))
        kind, flags = raw[6], raw[7]
        view = "local" if kind == 3 else "postPolicy" if flags & 0x40 else "prePolicy"
        peer = next((f.get("show") for f in proto.iter("field") if f.get("name") in ("bmp.peer.ip.addr", "bmp.peer.ipv6.addr")), "-")
        peer = "-" if peer in ("0.0.0.0", "::") else peer
        hop, path, communities, length, changes = "", [], [], "", []
        for field in proto.iter("field"):
            name, show = field.get("name"), field.get("show")
            if name == "bgp.prefix_length":
                length = show
            elif name in GONE:
                changes.append(("-", f"{show}/{length}"))
            elif name in NEW:
                changes.append(("+", f"{show}/{length}"))
            elif name in HOPS:
                hop = show
            elif name == "bgp.update.path_attribute.as_path_segment.as4":
                path.append(show)
            elif name == "bgp.update.path_attribute.community_as":
                communities.append(show)
            elif name == "bgp.update.path_attribute.community_value":
                communities[-1] += ":" + show
        # The router's own AS in front, which FRR 8.4 puts there, isn't of the route.
        while session == "frr" and path[:1] == ["64500"]:
            path.pop(0)
        for sign, prefix in changes:
            told = [hop, " ".join(path), " ".join(communities)] if sign == "+" else ["", "", ""]
            yield "\t".join([view, peer, sign, prefix, *told]) + "\n"


@pytest.mark.parametrize("session", SESSIONS)
def test_the_oracle_says_the_same_today(session):
    assert "".join(lines(session)) == (FIXTURES / session / "tshark.tsv").read_text()


if __name__ == "__main__":
    for name in sys.argv[1:] or SESSIONS:
        (FIXTURES / name / "tshark.tsv").write_text("".join(lines(name)))
