"""The rows of frames that were built byte by byte (Tests/Lab/frames.py) beside what was sent, column by column."""

import sys

import pytest
import captures

sys.path.insert(0, str(captures.ROOT / "Tests/Lab"))

import exporters  # noqa: E402
import frames  # noqa: E402

CASES = {
    f"{exporter}-sflow-{name}": name for exporter in ("pmacctd", "openvswitch") for name in frames.SETS
}
# pmacctd hands its plugins only what it can follow to an IP header.
UNSEEN = {
    "pmacctd-sflow-tags": {"IEEE 802.1ad: service and customer tag", "three tags"},
    "pmacctd-sflow-mpls": {
        "five labels, IPv6", "twelve labels, IPv4", "pseudowire: two labels, control word, a frame"},
    "pmacctd-sflow-pppoe": {"IPv4 behind two tags", "an echo of the link control protocol"},
}
# What lies behind the 128 bytes that pmacctd tells of a frame.
CUT = {
    ("pmacctd-sflow-ip-in-ip", "SRv6: routing header with two segments, IPv6"): ("DstAddrEncap", "SrcPortEncap", "DstPortEncap"),
}
pytestmark = pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)")


def decoded(case):
    rows, summary = captures.netmeta(captures.ROOT / "Tests/Fixtures/sflow" / case / "capture.pcap")
    assert summary["malformed"] == {} and summary["bytesUnaccounted"] == 0
    return rows


def differences(name, row, columns):
    """Columns that aren't as they must be, as sentences; those that the row doesn't have are at their defaults."""
    return [
        f"{name}: {column} is {row.get(column, frames.COLUMNS[column])}, not {expected}"
        for column, expected in columns.items()
        if row.get(column, frames.COLUMNS[column]) != expected
    ]


@pytest.mark.parametrize("case", CASES)
def test_rows_are_what_was_sent(case):
    by_source = {}
    for row in decoded(case):
        by_source.setdefault(row["SrcMac"], []).append(row)
    sent = {
        frames.source_mac(number).hex(":"): frame
        for number, frame in enumerate(frames.SETS[CASES[case]])
        if frame.name not in UNSEEN.get(case, ())
    }
    assert {name: len(found) for name, found in by_source.items()} == dict.fromkeys(sent, 1)
    wrong = []
    for source, frame in sent.items():
        cut = {column: frames.COLUMNS[column] for column in CUT.get((case, frame.name), ())}
        wrong += differences(frame.name, by_source[source][0], {**frame.columns, **cut})
    assert wrong == []


def test_tunnels_of_open_vswitch_on_the_wire():
    rows = [row for row in decoded("pmacctd-sflow-switched-tunnels") if row["Proto"] != 58]
    wrong = []
    for name, kind, remote, _, encap, number in exporters.TUNNELS:
        outer = {"EType": frames.IPV4, "SrcAddr": "10.95.0.1"} if "." in remote else {
            "EType": frames.IPV6, "SrcAddr": "fd95::1"}
        port = {"vxlan": 4789, "geneve": 6081}.get(kind, 0)
        for frame in frames.PLAIN:
            expected = {**frames.COLUMNS, **outer, "DstAddr": remote, "IPTTL": 64, "Proto": 17 if port else 47,
                        "DstPort": port, **frames.inside(frame), **frames.encap(encap, number)}
            same = [row for row in rows if (row["EncapType"], row["EncapId"], row["SrcAddrEncap"]) == (
                encap, number, expected["SrcAddrEncap"])]
            if len(same) != 1:
                wrong.append(f"{len(same)} rows of {frame.name} in {name}")
                continue
            rows.remove(same[0])
            # The source port is a hash of the frame inside (RFC 7348 section 5).
            expected["SrcPort"] = same[0]["SrcPort"]
            assert (expected["SrcPort"] != 0) == (port != 0)
            wrong += differences(f"{frame.name} in {name}", same[0], expected)
    assert wrong == [] and rows == []


def test_tunnels_that_open_vswitch_tells_of():
    tunnels = [frames.encap("VXLAN", 4660), frames.encap("GRE", 99)]
    expected = [(frame.name, {**frame.columns, **tunnel}) for frame, tunnel in zip(frames.PLAIN, tunnels)]
    expected += [(frame.name, frame.columns) for frame in frames.RETURNING] * 2
    rows = decoded("openvswitch-sflow-tunnels")
    assert len(rows) == len(expected)
    assert [text for (name, columns), row in zip(expected, rows) for text in differences(name, row, columns)] == []


def test_vxlan_of_linux():
    rows = [row for row in decoded("pmacctd-sflow-linux-vxlan") if row.get("ProtoEncap") == 17]
    # As Tests/Lab/record.py sends them: five datagrams of 40 bytes in each tunnel.
    for kind, net, inner, ports, number, size in (
        (frames.IPV4, "10.94.0.", "10.93.0.", (4005, 5005), 42, 68), (frames.IPV6, "fd94::", "fd93::", (4006, 5006), 66, 88)):
        expected = {
            "SrcAddr": f"{net}2", "DstAddr": f"{net}1", "EType": kind, "Proto": 17, "DstPort": 4789, "IPTTL": 64,
            "EncapType": "VXLAN", "EncapId": number, "SrcAddrEncap": f"{inner}2", "DstAddrEncap": f"{inner}1",
            "ETypeEncap": kind, "ProtoEncap": 17, "IPTTLEncap": 64, "SrcPortEncap": ports[0], "DstPortEncap": ports[1]}
        same = [row for row in rows if row["EncapId"] == number]
        assert len(same) == 5
        assert [text for row in same for text in differences(f"VXLAN {number}", row, expected)] == []
        # Inner frame, VXLAN, UDP, IP, Ethernet and the FCS that pmacctd counts in.
        assert {row["Bytes"] for row in same} == {size + 14 + 8 + 8 + (20 if "." in net else 40) + 14 + 4}
