"""Open vSwitch bridges traffic between two peers and exports live."""

import pytest

import checks
import collector
import exporters

SAMPLING = 4
IPV4, IPV6 = exporters.BRIDGED
# Its NetFlow v5 octets and its sFlow frame lengths count the Ethernet header;
# sFlow adds the FCS.
ETHERNET, ETHERNET_AND_FCS = 14, 18


@pytest.fixture
def bridged(tmp_path, netmeta):
    """Gives a function that exports the bridged traffic and returns its sums."""
    def export(protocol):
        with exporters.open_vswitch(tmp_path) as (control, peers):
            exporters.export_from_switch(control, protocol, "127.0.0.1", collector.PORTS[protocol], SAMPLING)
            exporters.cross_switch(peers, exporters.BRIDGED)
        netmeta.settled("Proto = 17")
    return export


def test_netflow5(bridged, netmeta):
    bridged("netflow5")
    found = netmeta.streams([s.source_port for s in exporters.BRIDGED])
    assert list(found) == [IPV4.source_port]
    row = found[IPV4.source_port]
    assert row["packets"] == IPV4.count
    assert row["bytes"] == IPV4.ip_bytes + ETHERNET * IPV4.count
    checks.identity(row, IPV4, "NETFLOW_V5")
    checks.nothing_lost(netmeta)


@pytest.mark.parametrize("direction", [0, 1])
def test_ipfix_in_each_direction(direction, bridged, netmeta):
    bridged("ipfix")
    found = netmeta.streams([s.source_port for s in exporters.BRIDGED], f"AND FlowDirection = {direction}")
    for stream in exporters.BRIDGED:
        checks.exact(found[stream.source_port], stream, "IPFIX")
    checks.nothing_lost(netmeta)


def test_sflow_samples_times_rate_give_the_traffic(bridged, netmeta):
    bridged("sflow")
    found = netmeta.streams([s.source_port for s in exporters.BRIDGED])
    for stream in exporters.BRIDGED:
        checks.identity(found[stream.source_port], stream, "SFLOW_5")
        checks.sampled(found[stream.source_port], stream, SAMPLING, ETHERNET_AND_FCS)
    checks.nothing_lost(netmeta)
