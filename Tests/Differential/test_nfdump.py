"""Every row of netmeta decode beside what nfcapd and sfcapd stored, field by field.

A difference that Tests/Differential/disagreements.tsv doesn't list is a failure.
"""

import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest
import captures

CAPTURES = captures.captures()
TOOLS = ("tshark", "nfcapd", "sfcapd", "nfdump")
pytestmark = [
    pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="nfdump, nfdump-sflow or tshark isn't installed"),
]

# netmeta's column: nfdump's members.
NUMBERS = {
    "Proto": ("proto",),
    "SrcPort": ("src_port",),
    "DstPort": ("dst_port",),
    "InIf": ("input_snmp",),
    "OutIf": ("output_snmp",),
    "SrcAS": ("src_as",),
    "DstAS": ("dst_as",),
    "SrcNet": ("src_mask",),
    "DstNet": ("dst_mask",),
    "IPTos": ("src_tos",),
    "ForwardingStatus": ("fwd_status",),
    "SrcVlan": ("src_vlan",),
    "DstVlan": ("dst_vlan",),
}
ADDRESSES = {
    "SrcAddr": ("src4_addr", "src6_addr"),
    "DstAddr": ("dst4_addr", "dst6_addr"),
    "NextHop": ("ip4_next_hop", "ip6_next_hop"),
}
IDENTITY = ("SrcAddr", "DstAddr", "SrcPort", "DstPort", "Proto")
# 0 in nfdump stands for what the record didn't have.
UNKNOWN_AS_ZERO = ("SrcVlan", "DstVlan", "ForwardingStatus", "SrcAS", "DstAS", "InIf", "OutIf")
FLAGS = "CEUAPRSF"


def stored(payloads, folder):
    """What nfdump shows of datagrams: sfcapd takes sFlow, nfcapd the rest."""
    rows = []
    for program, chosen in (
        ("sfcapd", [payload for payload in payloads if payload[:4] == b"\0\0\0\5"]),
        ("nfcapd", [payload for payload in payloads if payload[:4] != b"\0\0\0\5"]),
    ):
        if not chosen:
            continue
        target = folder / program
        target.mkdir()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program, "-b", "127.0.0.1", "-p", str(port), "-w", target, "-t", "86400"]
        collector = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            await_listener(port)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for payload in chosen:
                    sender.sendto(payload, ("127.0.0.1", port))
                    time.sleep(0.002)
            time.sleep(0.3)
        finally:
            collector.send_signal(signal.SIGTERM)
            collector.wait(timeout=20)
        for file in sorted(target.glob("nfcapd.2*")):
            text = subprocess.run(["nfdump", "-q", "-r", file, "-o", "json"], capture_output=True, text=True).stdout
            decoder = json.JSONDecoder(strict=False)
            while (start := text.find("{")) >= 0:
                row, end = decoder.raw_decode(text[start:])
                rows.append(row)
                text = text[start + end :]
    return rows


def await_listener(port):
    wanted = f":{port:04X} "
    deadline = time.monotonic() + 10
    while wanted not in pathlib.Path("/proc/net/udp").read_text():
        assert time.monotonic() < deadline, "the collector doesn't listen"
        time.sleep(0.02)


def record(row):
    """nfdump's row in our columns."""
    result = {}
    for column, names in NUMBERS.items():
        for name in names:
            if name in row:
                result[column] = int(row[name])
    for column, names in ADDRESSES.items():
        for name in names:
            if name in row:
                result[column] = unspecified(row[name])
    # nfcapd and sfcapd multiply by the sampling rate; netmeta keeps what was reported.
    result["Packets"], result["Bytes"] = row.get("in_packets", 0), row.get("in_bytes", 0)
    if "tcp_flags" in row:
        result["TCPFlags"] = sum(0x80 >> index for index, letter in enumerate(row["tcp_flags"]) if letter == FLAGS[index])
    for column, name in (("TimeFlowStart", "first"), ("TimeFlowEnd", "last")):
        # The first hours of 1970: the record had no such time.
        if name in row and not row[name].startswith("1970"):
            result[column] = captures.nanoseconds(row[name]) // 1_000_000
    if row.get("icmp_type") is not None:
        result["IcmpType"], result["IcmpCode"] = row["icmp_type"], row.get("icmp_code", 0)
    return result


def value(row, column):
    if column in ("Packets", "Bytes"):
        return row[column] * row["SamplingRate"]
    if column.startswith("Time"):
        return captures.nanoseconds(row[column]) // 1_000_000
    found = row.get(column, 0)
    return unspecified(found) if column in ADDRESSES else found


def unspecified(address):
    """nfdump writes 0.0.0.0 for an address that the record doesn't have."""
    return "::" if address == "0.0.0.0" else address


def is_of(row, other):
    return all(value(row, column) in (other[column], None) for column in IDENTITY if column in other)


def is_sampled_differently(row, other):
    """nfdump scales only by rates that it knows."""
    return row["Packets"] == other["Packets"] and row["Bytes"] == other["Bytes"]


def compare(path, folder):
    rows, summary = captures.netmeta(path)
    left = [record(row) for row in stored(captures.payloads(path), folder)]
    theirs = len(left)
    differences = {}
    missing = 0
    for row in rows:
        same = [index for index, other in enumerate(left) if is_of(row, other)]
        # Flows of the same ends are told apart by what they carried.
        same.sort(key=lambda index: -sum(value(row, column) == found for column, found in left[index].items()))
        if not same:
            missing += 1
            continue
        other = left.pop(same[0])
        for column, found in other.items():
            if value(row, column) == found or (found == 0 and column in UNKNOWN_AS_ZERO):
                continue
            if column in ("Packets", "Bytes") and is_sampled_differently(row, other):
                continue
            if column.startswith("Time") and row["FlowType"] == "SFLOW_5":
                continue  # when it was received, which is now for nfdump
            if column == "NextHop" and found == "::":
                continue
            differences.setdefault(column, f"{[row[name] for name in IDENTITY]}: netmeta {value(row, column)}, nfdump {found}")
    if missing:
        differences["rows"] = f"nfdump lacks {missing} of {len(rows)}"
    if len(left) > summary["eventRecords"] + summary["optionsRecords"]:
        differences["rows"] = f"netmeta lacks {len(left)} of nfdump's {theirs}"
    return differences


@pytest.mark.parametrize("name", CAPTURES)
def test_rows_are_those_of_nfdump(name, tmp_path):
    assert captures.unlisted("nfdump", name, compare(CAPTURES[name], tmp_path)) == []
