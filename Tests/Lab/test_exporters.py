"""The labs themselves against collectors of other makes: what the exporters
send is what the other tests of this folder expect of the program.
"""

import re
import subprocess

import pytest

import exporters
import network

PORT = 20550


def waiting_bytes():
    """What waits in the socket of the collector; None without one."""
    columns = network.run("ss", "-Hlun", f"sport = :{PORT}").split()
    return int(columns[1]) if columns else None


@pytest.fixture
def nfdump(tmp_path):
    """Gives a function that receives with nfcapd (or sfcapd) while another runs,
    and returns {source port: (packets, bytes)}."""
    def receive(program, export):
        folder = tmp_path / "nfcapd"
        folder.mkdir()
        process = subprocess.Popen(
            [program, "-w", str(folder), "-p", str(PORT), "-b", "127.0.0.1", "-t", "60"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            network.wait_for(lambda: waiting_bytes() is not None, f"{program} listens")
            export()
            # Told to stop, it leaves in the socket what it has not read yet.
            network.wait_for(lambda: waiting_bytes() == 0, f"{program} has read all")
        finally:
            process.terminate()
            process.wait(30)
        table = network.run("nfdump", "-q", "-R", str(folder), "-o", "fmt:%sp;%pkt;%byt", "-N", "proto udp")
        sums = {}
        for port, packets, size in re.findall(r"^\s*(\d+);\s*(\d+);\s*(\d+)", table, re.M):
            before = sums.get(int(port), (0, 0))
            sums[int(port)] = (before[0] + int(packets), before[1] + int(size))
        return sums
    return receive


def expected(protocol):
    streams = [s for s in network.REFERENCE if protocol not in ("netflow1", "netflow5") or ":" not in s.source]
    return {s.source_port: (s.count, s.ip_bytes) for s in streams}


@pytest.mark.parametrize("protocol", exporters.NETFLOW_VERSIONS)
def test_softflowd_tells_nfcapd_the_reference_traffic(protocol, nfdump, reference, tmp_path):
    sums = nfdump("nfcapd", lambda: exporters.softflowd(tmp_path, reference, protocol, "127.0.0.1", PORT))
    assert sums == expected(protocol)


def test_pmacctd_tells_nfcapd_the_reference_traffic(nfdump, neighbour, tmp_path):
    def export():
        with exporters.pmacctd(tmp_path, neighbour.near, "ipfix", "127.0.0.1", PORT):
            neighbour.send(network.REFERENCE)
    sums = nfdump("nfcapd", export)
    assert {port: sums[port] for port in expected("ipfix")} == expected("ipfix")


def test_pmacctd_tells_sfcapd_about_a_tenth_of_the_packets(nfdump, neighbour, tmp_path):
    def export():
        with exporters.pmacctd(tmp_path, neighbour.near, "sflow", "127.0.0.1", PORT, sampling=10):
            neighbour.send(network.REFERENCE)
    sums = nfdump("sfcapd", export)
    for stream in network.REFERENCE:
        packets, size = sums[stream.source_port]
        # sfcapd multiplies by the rate; Ethernet header and FCS are 18 bytes.
        assert abs(packets / stream.count - 1) <= 4 / (packets / 10) ** 0.5
        assert size == packets * (stream.ip_bytes // stream.count + 18)
