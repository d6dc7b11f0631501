"""pmacctd, watching an interface live: NetFlow v5, v9 and IPFIX exactly, sFlow
within the error of sampling.
"""

import pytest

import checks
import collector
import exporters
import network
from test_softflowd import TYPES, known_to

SAMPLING = 10
# sfprobe counts the Ethernet header and the FCS into a frame's length.
FRAME_OVERHEAD = 18


# Of NetFlow v1 it knows nothing.
@pytest.mark.parametrize("protocol", [protocol for protocol in TYPES if protocol != "netflow1"])
def test_every_packet_is_stored_once(protocol, netmeta, neighbour, tmp_path):
    with exporters.pmacctd(tmp_path, neighbour.near, protocol, "127.0.0.1", collector.PORTS[protocol]):
        neighbour.send(network.REFERENCE)
    netmeta.settled("Proto = 17")

    streams = known_to(protocol)
    found = netmeta.streams([s.source_port for s in network.REFERENCE])
    assert sorted(found) == [s.source_port for s in streams]
    for stream in streams:
        checks.exact(found[stream.source_port], stream, TYPES[protocol])
    checks.nothing_lost(netmeta)


def test_sflow_samples_times_rate_give_the_traffic(netmeta, neighbour, tmp_path):
    with exporters.pmacctd(tmp_path, neighbour.near, "sflow", "127.0.0.1", collector.SFLOW, SAMPLING):
        neighbour.send(network.REFERENCE)
    netmeta.settled("Proto = 17")

    found = netmeta.streams([s.source_port for s in network.REFERENCE])
    for stream in network.REFERENCE:
        checks.identity(found[stream.source_port], stream, "SFLOW_5")
        checks.sampled(found[stream.source_port], stream, SAMPLING, FRAME_OVERHEAD)
        # The agent's address, not the datagram's.
        assert found[stream.source_port]["samplers"] == [collector.mapped("10.99.0.1")]
        checks.top_agrees(netmeta, found[stream.source_port], stream)
    checks.nothing_lost(netmeta)
