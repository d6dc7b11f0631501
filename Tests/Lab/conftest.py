"""Fixtures of the labs. The whole run moves into a network of its own, which
needs root; Scripts/test.sh leaves the labs out when it isn't.
"""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import collector  # noqa: E402
import network  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def private_network():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    network.enter_private_network()


@pytest.fixture(scope="session")
def neighbour(private_network):
    """The peer that sends the reference traffic to this side."""
    peer = network.Peer("lab", ["10.99.0.1/24", "fd99::1/64"], ["10.99.0.2/24", "fd99::2/64"])
    sinks = network.sinks(network.REFERENCE)
    for stream in network.REFERENCE:
        network.wait_for(lambda: peer.reaches(stream.target), f"a way to {stream.target}")
    yield peer
    for sink in sinks:
        sink.close()
    peer.close()


@pytest.fixture(scope="session")
def reference(neighbour, tmp_path_factory):
    """A capture of the reference traffic, cut to the headers."""
    path = tmp_path_factory.mktemp("reference") / "reference.pcap"
    with network.Capture(neighbour.near, path, "udp", snap=200):
        neighbour.send(network.REFERENCE)
    return path


@pytest.fixture
def netmeta(tmp_path, private_network):
    """A collector with an empty store; stopped, and its exit code checked, after the test."""
    if not os.access(collector.BINARY, os.X_OK):
        pytest.fail(f"no program at {collector.BINARY}: make build")
    running = collector.Collector(tmp_path)
    try:
        yield running.start()
        running.stop()
    finally:
        running.kill()
