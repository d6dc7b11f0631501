"""What the labs expect to find of a stream, in words used by several tests."""

import math

import collector


def exact(found, stream, flow_type):
    """All packets and IP bytes of a stream, once, in rows of one kind."""
    assert found["packets"] == stream.count
    assert found["bytes"] == stream.ip_bytes
    identity(found, stream, flow_type)


def identity(found, stream, flow_type):
    assert found["types"] == [flow_type]
    assert found["sources"] == [collector.mapped(stream.source)]
    assert found["targets"] == [collector.mapped(stream.target)]
    assert found["targetPorts"] == [stream.target_port]
    assert found["protocols"] == [17]


def sampled(found, stream, rate, frame_overhead):
    """Samples times the announced rate give the stream, within the error of
    sampling (4 standard deviations of the relative error 1/sqrt(samples));
    the length of each frame is exact."""
    assert found["lowestRate"] == found["highestRate"] == rate
    samples = found["packets"]
    assert samples > 0
    error = 4 / math.sqrt(samples)
    assert abs(found["scaledPackets"] / stream.count - 1) <= error
    length = stream.ip_bytes // stream.count
    assert found["bytes"] == samples * (length + frame_overhead)


def top_agrees(netmeta, found, stream):
    """The API's top list says of a stream what the rows say."""
    answer = netmeta.api("top", from_="-1h", to="now", dimensions="SrcPort", filter=f"SrcPort = {stream.source_port}")
    rows = [row for row in answer["rows"] if row["kind"] != "other"]
    assert [row["key"] for row in rows] == [[str(stream.source_port)]]
    assert rows[0]["bytes"] == found["scaledBytes"]
    assert rows[0]["packets"] == found["scaledPackets"]
    assert rows[0]["flows"] == found["flows"]


def flows_agree(netmeta, found, stream):
    """The API's list of raw flows holds the same rows."""
    answer = netmeta.api("flows", from_="-1h", to="now", filter=f"SrcPort = {stream.source_port}", limit=1000)
    rows = answer["rows"]
    assert len(rows) == found["flows"]
    assert sum(int(row["Bytes"]) for row in rows) == found["bytes"]
    assert {row["DstPort"] for row in rows} == {stream.target_port}


def nothing_lost(netmeta):
    """Received = stored + lost + in flight, and nothing is lost."""
    losses = netmeta.api("health")["losses"]
    assert losses["received"] == losses["stored"] + losses["inFlight"] + losses["lost"]["total"]
    assert losses["lost"]["total"] == 0
    sums_hold(netmeta.api("health/losses"))


def sums_hold(losses):
    """The three sums of an account, computed here and as it says itself."""
    datagrams, records, rows = losses["datagrams"], losses["records"], losses["rows"]
    assert datagrams["arrived"] == datagrams["decoded"] + sum(datagrams["lost"]["reasons"].values())
    assert records["read"] + records["reverseRows"] == records["rows"] + records["events"] + records["rejected"]
    assert rows["written"] == (
        rows["stored"] + sum(rows["lost"]["reasons"].values()) + sum(rows["inFlight"]["places"].values()))
    assert datagrams["holds"] and records["holds"] and rows["holds"]
