"""Open vSwitch bridges traffic between two peers and exports live."""

import re
import signal
import socket
import subprocess

import pytest

import checks
import collector
import exporters
import network

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


BACK = [network.Stream("10.98.0.2", 4013, "10.98.0.1", 5013, 40, 500)]
CITIES = collector.ROOT / "Tests/Fixtures/mrt/city.mmdb"
SETTINGS = f"""enrichment:
  names: names.csv
  geo: {CITIES}
  boundary: {{external: "uplink *", internal: "cust*"}}
  classes:
    - {{exporter: "switch *", site: "$1"}}
    - {{interface: "uplink *", provider: "$1"}}
    - {{prefix: [10.98.0.1, "fd98::1"], role: outside}}
"""


def test_interfaces_tell_direction_and_addresses_tell_places(tmp_path, netmeta):
    """The list of names comes when the switch's ports have their numbers; mmdblookup is asked for the places."""
    with netmeta.configuration.open("a") as configuration:
        configuration.write(SETTINGS)
    netmeta.process.send_signal(signal.SIGHUP)
    with exporters.open_vswitch(tmp_path) as (control, peers):
        near = [socket.if_nametoindex(peer.near) for peer in peers]
        (netmeta.folder / "names.csv").write_text(
            "kind,sampler,id,name,role\nsampler,127.0.0.1,,switch fra1,access\n"
            f"interface,127.0.0.1,{near[0]},uplink Example,\ninterface,127.0.0.1,{near[1]},customers,\n"
            "interface,127.0.0.1,no number,bad,\n")
        network.wait_for(lambda: netmeta.metrics().get("netmeta_names_entries") == 3, "the list of names")
        assert netmeta.metrics()["netmeta_names_bad_lines"] == 1
        assert "line 5: 'no number' is no number" in netmeta.log.read_text()
        exporters.export_from_switch(control, "sflow", "127.0.0.1", collector.SFLOW, 1)
        receiver = peers[0].receive(BACK)
        peers[1].send(BACK)
        exporters.cross_switch(peers, exporters.BRIDGED)
        receiver.kill()
        receiver.wait()
    netmeta.settled("Proto = 17")
    ports = {stream.source_port: 1 for stream in exporters.BRIDGED} | {BACK[0].source_port: 0}
    rows = netmeta.sql(
        "SELECT DISTINCT SrcPort AS port, Incoming AS incoming, InIf, OutIf, InIfBoundary AS f, OutIfBoundary AS t,"
        " InIfProvider AS provider, ExporterSite AS site, ExporterRole AS role, SrcNetRole AS net,"
        " IPv6ToString(SrcAddr) AS address, toString(SrcCountry) AS country, SrcCity AS city"
        f" FROM flows_raw WHERE SrcPort IN ({', '.join(map(str, ports))})")
    assert {row["port"] for row in rows} == set(ports)
    for row in rows:
        incoming = ports[row["port"]]
        assert row["incoming"] == incoming
        assert (row["InIf"], row["OutIf"]) == tuple(near if incoming else near[::-1])
        assert (row["f"], row["t"]) == (("external", "internal") if incoming else ("internal", "external"))
        assert row["provider"] == ("Example" if incoming else "")
        assert (row["site"], row["role"]) == ("fra1", "access")
        assert row["net"] == ("outside" if incoming else "")
        asked = [place(row["address"], "country", "iso_code"), place(row["address"], "city", "names", "en")]
        assert [row["country"], row["city"]] == asked
    assert {row["country"] for row in rows} == {"DE", "FR"} and "Berlin" in {row["city"] for row in rows}
    # The API's groups and filters say the same.
    wanted = "SrcCity = Berlin and InIfBoundary = external and NetRole = outside"
    top = netmeta.api("top", from_="-1h", dimensions="InIfBoundary,SrcCountry,SrcCity,ExporterSite", filter=wanted)
    assert [row["labels"] for row in top["rows"]] == [["external", "DE", "Berlin", "fra1"]]


def place(address, *keys):
    """What mmdblookup says, "" for nothing."""
    command = ["mmdblookup", "--file", CITIES, "--ip", address, *keys]
    text = re.search(r'"(.*)" <utf8_string>', subprocess.run(command, capture_output=True, text=True).stdout)
    return text.group(1) if text else ""
