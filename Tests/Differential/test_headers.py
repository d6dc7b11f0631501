"""Every packet that sFlow sampled beside tshark's dissection of its first bytes, column by column: tags, labels, addresses,
tunnels and what is in them.

A difference that Tests/Differential/disagreements.tsv doesn't list is a failure.
"""

import collections
import shutil
import struct

import pytest
import captures
import headers

CAPTURES = captures.captures()
pytestmark = [
    pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark isn't installed"),
]


def value(row, column):
    if column.endswith("Mac"):
        return int(row[column].replace(":", ""), 16)
    # Details that a row doesn't have are at their defaults.
    return row.get(column, "::" if "Addr" in column else "none" if column == "EncapType" else 0)


def compare(path):
    sent = [payload for payload in captures.payloads(path) if payload[:4] == b"\0\0\0\5"]
    if not sent:
        return {}, 0
    rows, _ = captures.netmeta(path)
    groups = collections.defaultdict(list)
    for row in rows:
        if row["FlowType"] == "SFLOW_5":
            groups[row["SequenceNum"], row["_source"]["domain"]].append(row)
    differences, compared = {}, 0
    # One run of tshark for all samples of the capture.
    packets = [headers.samples(payload) for payload in sent]
    dissected = iter(headers.columns([packet for samples in packets for packet in samples]))
    for payload, samples in zip(sent, packets):
        family = struct.unpack_from("!I", payload, 4)[0]
        agent, sequence = struct.unpack_from("!II", payload, 8 + (4 if family == 1 else 16))
        group = groups[sequence, agent][: len(samples)]
        del groups[sequence, agent][: len(samples)]
        theirs = [next(dissected) for _ in samples]
        if len(group) != len(samples):
            differences["rows"] = f"datagram {sequence} has {len(samples)} samples and {len(group)} rows"
            continue
        for index, (row, found) in enumerate(zip(group, theirs)):
            for column, expected in (found or {}).items():
                compared += 1
                if value(row, column) != expected:
                    text = f"row {index} of datagram {sequence}: netmeta {value(row, column)}, tshark {expected}"
                    differences.setdefault(column, text)
            if found and "EncapType" not in found and value(row, "EncapType") != "none":
                differences.setdefault("EncapType", f"row {index} of datagram {sequence}: tshark has no tunnel")
    return differences, compared


@pytest.mark.parametrize("name", CAPTURES)
def test_headers_are_those_of_tshark(name, record_property):
    differences, compared = compare(CAPTURES[name])
    record_property("compared", compared)
    assert captures.unlisted("headers", name, differences) == []
