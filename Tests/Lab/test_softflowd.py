"""softflowd, replaying a capture, tells the program about every packet."""

import pytest

import checks
import collector
import exporters
import network

TYPES = {"netflow1": "NETFLOW_V1", "netflow5": "NETFLOW_V5", "netflow9": "NETFLOW_V9", "ipfix": "IPFIX"}


def known_to(protocol):
    """NetFlow v1 and v5 have no IPv6."""
    return [s for s in network.REFERENCE if protocol not in ("netflow1", "netflow5") or ":" not in s.source]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("protocol", TYPES)
def test_every_packet_is_stored_once(protocol, host, netmeta, reference, tmp_path):
    exporters.softflowd(tmp_path, reference, protocol, host, collector.PORTS[protocol])
    netmeta.settled("Proto = 17")

    streams = known_to(protocol)
    found = netmeta.streams([s.source_port for s in network.REFERENCE])
    assert sorted(found) == [s.source_port for s in streams]
    for stream in streams:
        checks.exact(found[stream.source_port], stream, TYPES[protocol])
        assert found[stream.source_port]["samplers"] == [collector.mapped(host)]
        checks.top_agrees(netmeta, found[stream.source_port], stream)
        checks.flows_agree(netmeta, found[stream.source_port], stream)
    checks.nothing_lost(netmeta)


def test_the_sampling_rate_of_options_data_is_applied(netmeta, reference, tmp_path):
    exporters.softflowd(tmp_path, reference, "netflow9", "127.0.0.1", collector.NETFLOW, "-s", "10")
    netmeta.settled("Proto = 17")
    found = netmeta.streams([s.source_port for s in network.REFERENCE])
    for stream in network.REFERENCE:
        # softflowd counts every tenth packet, so the product is exact here.
        assert found[stream.source_port]["packets"] == stream.count / 10
        assert found[stream.source_port]["scaledPackets"] == stream.count
        assert found[stream.source_port]["scaledBytes"] == stream.ip_bytes


def test_any_protocol_on_any_port(netmeta, reference, tmp_path):
    exporters.softflowd(tmp_path, reference, "netflow9", "127.0.0.1", collector.SFLOW)
    exporters.softflowd(tmp_path, reference, "ipfix", "127.0.0.1", collector.NETFLOW)
    netmeta.settled("Proto = 17")
    by_type = netmeta.sql(
        "SELECT toString(FlowType) AS type, sum(Bytes) AS bytes FROM flows_raw WHERE Proto = 17 GROUP BY type ORDER BY type")
    total = sum(s.ip_bytes for s in network.REFERENCE)
    assert by_type == [{"type": "IPFIX", "bytes": total}, {"type": "NETFLOW_V9", "bytes": total}]


def test_rows_outlive_a_restart_and_the_command_line_agrees(netmeta, reference, tmp_path):
    exporters.softflowd(tmp_path, reference, "ipfix", "127.0.0.1", collector.IPFIX)
    netmeta.settled("Proto = 17")
    question = "SELECT sum(Bytes) AS bytes, sum(Packets) AS packets FROM flows_raw WHERE Proto = 17"
    truth = [{
        "bytes": sum(s.ip_bytes for s in network.REFERENCE),
        "packets": sum(s.count for s in network.REFERENCE),
    }]
    assert netmeta.sql(question) == truth
    assert netmeta.command_line(question) == truth

    netmeta.stop()
    # No server runs: the command reads the data folder itself.
    assert netmeta.command_line(question) == truth
    netmeta.start()
    assert netmeta.sql(question) == truth
