"""Routers tell their routes by BMP, and their flows get next hops and paths.

The routers are FRR and GoBGP; what they say of their own routes is the truth.
Only what no router would send (noise, slowness, floods) is sent by fakes.
"""

import ipaddress
import itertools
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

import collector
import network
import speakers

BMP = 11019
FLOWS = str(network.TRAFFIC.with_name("bmp_flows.py"))
# FRR connects from fd97::2 and exports flows from two addresses; GoBGP connects from 10.97.0.2 and exports from 10.98.0.2.
CONFIGURATION = f"""store: {{flushSeconds: 0.1}}
samplers: {{10.97.0.2: {{host: {{10.98.0.2: {{description: transit}}}}}}}}
enrichment:
  bmp:
    listen: {BMP}
    allow: ["10.97.0.2", "fd97::/64", "127.0.0.0/30"]
    routers: {{"fd97::2": [10.97.0.2, "fd97::2"], 10.97.0.2: [10.98.0.2]}}
    collect: [as-path, communities]
    holdSeconds: HOLD
"""
numbers = itertools.count(10000)


class Lab:
    """The collector on this side, the routers on the other."""

    def __init__(self, folder):
        self.peer = network.Peer("bmp", ["10.97.0.1/24", "fd97::1/64"], ["10.97.0.2/24", "fd97::2/64"])
        for address in ("10.98.0.1/32", "10.98.0.2/32", "fd98::1/128", "fd98::3/128"):
            network.run(*self.peer.inside(), "ip", "address", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))
        network.run("ip", "route", "add", "10.98.0.0/24", "via", "10.97.0.2")
        self.server = collector.Collector(folder)
        self.plain = self.server.configuration.read_text()
        self.hold(600)
        self.a = speakers.GoBGP(self.peer, 64501, "10.98.0.2", 1792, 50051, "10.98.0.1", collector=("10.97.0.1", BMP))
        self.b = speakers.GoBGP(self.peer, 64502, "fd98::3", 1793, 50052, "fd98::1")
        self.frr = speakers.FRR(self.peer, ("fd97::1", BMP))

    def hold(self, seconds):
        self.server.configuration.write_text(self.plain + CONFIGURATION.replace("HOLD", str(seconds)))

    def start(self):
        self.server.start()
        self.a.start()
        self.b.start()
        self.a.add("203.0.113.0/24", "nexthop", "10.98.0.2", "aspath", "64510,64511", "community", "64501:100,64501:200",
                   "large-community", "64501:1:2,4200000001:4294967295:0", "rt", "64501:7", "med", "50")
        self.a.add("198.51.100.0/24", "nexthop", "10.98.0.2", "aspath", "64510,4200000001")
        self.a.add("198.51.100.128/25", "nexthop", "10.98.0.9", "aspath", "64510,64510,64520")
        self.a.add("2001:db8:a::/48", "nexthop", "fd98::2", "aspath", "64510,64512")
        self.b.add("2001:db8:b::/48", "nexthop", "fd98::3", "aspath", "4200000002", "community", "64502:7")
        self.b.add("2001:db8:b:1::/64", "nexthop", "fd98::3")
        self.frr.start()
        network.wait_for(lambda: len(self.routes_of(self.frr)) == 8, "FRR's routes", 40)
        return self

    @staticmethod
    def routes_of(speaker):
        try:
            return speaker.routes()
        except RuntimeError:
            return {}

    def close(self):
        for speaker in (self.frr, self.a, self.b):
            speaker.close()
        self.server.kill()
        self.peer.close()

    # MARK: - Questions

    def bmp(self):
        return self.server.api("health")["bmp"]

    def router(self, address):
        return next((r for r in self.bmp()["routers"] if r["address"] == address), None)

    def send(self, source, *records):
        near = "fd97::1" if ":" in source else "10.97.0.1"
        port = collector.IPFIX if ":" in source else collector.NETFLOW
        network.run(*self.peer.inside(), sys.executable, FLOWS, source, near, str(port), *records)

    def flows(self, source, targets, *told):
        """The rows of flows from an exporter to addresses, in their order."""
        ports = [next(numbers) for _ in targets]
        end = "2001:db8:ffff::1" if ":" in source else "192.0.2.1"
        self.send(source, *["/".join([f"{end}>{target}", str(port), *told]) for target, port in zip(targets, ports)])
        condition = f"SrcPort IN ({', '.join(map(str, ports))})"
        network.wait_for(lambda: self.server.rows(condition) == len(ports), f"the flows to {targets}")
        return self.server.sql(
            # NetFlow v5 says 0.0.0.0 where there is none.
            "SELECT replaceOne(toString(NextHop), '::ffff:0.0.0.0', '::') AS hop, NextHopAS AS hopAS, DstAS AS asn,"
            f" DstNet AS net, ASPath AS path, BGPCommunities AS communities FROM flows_raw WHERE {condition} ORDER BY SrcPort")

    def flow(self, source, target, *told):
        return self.flows(source, [target], *told)[0]

    def settles(self, source, target, condition, what):
        """Sends flows until one is as it has to be: tables follow routes within seconds."""
        def found():
            row = self.flow(source, target)
            return row if condition(row) else None
        return network.wait_for(found, what, 40)


@pytest.fixture(scope="module")
def lab(private_network, tmp_path_factory):
    built = Lab(tmp_path_factory.mktemp("bmp"))
    try:
        yield built.start()
        built.server.stop()
    finally:
        built.close()


def inside(prefix):
    """An address of a prefix that no longer one of the lab holds."""
    return str(ipaddress.ip_network(prefix)[5])


def community(text):
    asn, value = text.split(":")
    return int(asn) << 16 | int(value)


def agrees(lab, speaker, exporters):
    """Every route of a router is in the rows of its flows."""
    for is_v6, exporter in exporters.items():
        routes = {p: route for p, route in speaker.routes().items() if (":" in p) == is_v6}
        expected = []
        for prefix, (hop, path) in routes.items():
            expected.append({
                "hop": collector.mapped(hop).replace("::ffff:0.0.0.0", "::"), "hopAS": path[0] if path else 0,
                "asn": path[-1] if path else 0, "net": int(prefix.split("/")[1]), "path": path,
                "communities": [community(text) for text in speaker.communities(prefix)]})
        targets = [inside(prefix) for prefix in routes]
        assert len(targets) > 2
        try:
            # Tables follow routes within seconds.
            network.wait_for(lambda: lab.flows(exporter, targets) == expected, "routes in rows", 20)
        except TimeoutError:
            assert lab.flows(exporter, targets) == expected


def test_rows_say_what_frr_says(lab):
    agrees(lab, lab.frr, {False: "10.97.0.2", True: "fd97::2"})
    router = lab.router("fd97::2")
    assert router["name"] == "edge" and "FRR" in router["description"]
    assert router["sessions"] == 1 and router["refused"] == 0
    assert router["prefixesV4"] + router["prefixesV6"] == len(lab.frr.routes())
    exporter = lab.server.api("exporters", address="10.97.0.2")["exporters"][0]
    assert exporter["router"]["address"] == "fd97::2" and exporter["router"]["routes"] == router["routes"]


@pytest.mark.parametrize("exporter", ["10.97.0.2", "10.98.0.2"], ids=["FRR", "GoBGP"])
def test_communities_of_all_three_kinds_in_a_stored_row(lab, exporter):
    speaker = lab.frr if exporter == "10.97.0.2" else lab.a
    told = (speaker.communities("203.0.113.0/24"), speaker.large_communities("203.0.113.0/24"),
            speaker.route_targets("203.0.113.0/24"))
    # What was announced, so that the routers themselves show all of it.
    assert tuple(map(sorted, told)) == (
        ["64501:100", "64501:200"], ["4200000001:4294967295:0", "64501:1:2"], ["64501:7"])
    port = next(numbers)
    lab.send(exporter, f"192.0.2.1>203.0.113.7/{port}")
    found = network.wait_for(lambda: lab.server.sql(
        "SELECT BGPCommunities AS standard, BGPLargeCommunities AS large, BGPExtendedCommunities AS extended"
        f" FROM flows_raw WHERE SrcPort = {port}"), "the flow")[0]
    standard, large, targets = told
    assert found["standard"] == [community(text) for text in standard]
    assert found["large"] == [int(number) for text in large for number in text.split(":")]
    # A route target of an AS of two bytes (RFC 4360): type 0, subtype 2.
    assert found["extended"] == [
        number for text in targets for number in (0x0002 << 16 | int(text.split(":")[0]), int(text.split(":")[1]))]


def test_next_hops_have_names(lab):
    lab.flow("10.97.0.2", "203.0.113.7")
    top = lab.server.api("top", from_="-1h", to="now", dimensions="SamplerAddress,NextHop,NextHopAS")
    labels = [row["labels"] for row in top["rows"]]
    assert any(row[0].endswith("10.97.0.2") and row[1] == "transit 10.98.0.2" and row[2].startswith("AS64501") for row in labels), labels


def test_rows_say_what_gobgp_says(lab):
    agrees(lab, lab.a, {False: "10.98.0.2"})
    # The same address, another router, another way.
    assert lab.flow("10.98.0.2", "10.1.0.1")["hop"] == "::ffff:10.98.0.1"
    assert lab.flow("10.97.0.2", "10.1.0.1")["hop"] == "::"


def test_what_the_exporter_says_stays_and_others_get_nothing(lab):
    row = lab.flow("10.97.0.2", "203.0.113.7", "192.0.2.99", "77")
    assert (row["hop"], row["asn"], row["net"]) == ("::ffff:192.0.2.99", 77, 24)
    row = lab.flow("10.98.0.1", "203.0.113.7")
    assert (row["hop"], row["asn"], row["net"], row["path"]) == ("::", 0, 0, [])


def test_changes_reach_rows(lab):
    lab.a.remove("198.51.100.128/25")
    row = lab.settles("10.97.0.2", "198.51.100.130", lambda row: row["net"] == 24, "the route behind the one that went")
    assert row["path"] == [64501, 64510, 4200000001]
    lab.a.add("198.51.100.128/26", "nexthop", "10.98.0.8", "aspath", "64599")
    row = lab.settles("10.97.0.2", "198.51.100.130", lambda row: row["net"] == 26, "the new route")
    assert (row["hop"], row["path"]) == ("::ffff:10.98.0.8", [64501, 64599])


def test_a_router_that_goes_and_comes_back(lab):
    before = lab.router("fd97::2")["routes"]
    lab.frr.stop(signal.SIGKILL)
    network.wait_for(lambda: lab.router("fd97::2")["sessions"] == 0, "the end of the session")
    router = lab.router("fd97::2")
    assert router["routes"] == before and router["heldViews"] > 0
    assert lab.flow("10.97.0.2", "203.0.113.7")["hop"] == "::ffff:10.98.0.2"
    # It comes back, and one of its routes and one of its neighbour's don't.
    lab.frr.networks = ["10.1.0.0/16", "2001:db8:2::/48"]
    lab.frr.start()
    network.wait_for(lambda: len(lab.routes_of(lab.frr)) == 8, "FRR's routes", 40)
    lab.settles("fd97::2", "2001:db8:2::5", lambda row: row["net"] == 48, "the new route")
    agrees(lab, lab.frr, {False: "10.97.0.2", True: "fd97::2"})


class Fake:
    """What no router does: a connection that sends what it is told."""

    def __init__(self, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", BMP), timeout=10, source_address=(source, 0))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def ended(self):
        """Whether the other side has ended it."""
        self.socket.settimeout(10)
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def message(kind, body):
    return struct.pack("!BIB", 3, len(body) + 6, kind) + body


INITIATION = message(4, struct.pack("!HH", 2, 4) + b"fake")


def peer_up(number):
    header = struct.pack("!BBQ12xIIIII", 0, 0, 0, number, 64999, 1, 0, 0)
    hello = b"\xff" * 16 + struct.pack("!HBBHHIB", 29, 1, 4, 64999, 90, 1, 0)
    return message(3, header + b"\0" * 20 + hello + hello)


def test_hostile_peers_cost_nobody_else_anything(lab):
    slow = Fake()
    slow.send(INITIATION[:5])
    noise = Fake()
    noise.send(bytes(range(256)) * 40)
    assert noise.ended()
    huge = Fake()
    huge.send(INITIATION + struct.pack("!BIB", 3, 0xFFFFFFFF, 0) + b"x" * 1000)
    assert huge.ended()
    rude = Fake()
    rude.send(peer_up(1))
    assert rude.ended()
    stranger = Fake("127.0.0.9")
    assert stranger.ended()
    # One address has four sessions at the most: the slow one is still there.
    others = [Fake() for _ in range(3)]
    one_more = Fake()
    assert one_more.ended()
    expected = {f'netmeta_bmp_sessions_{name}_total{{reason="{reason}"}}': 1 for name, reason in [
        ("ended", "version"), ("ended", "length"), ("ended", "initiation"), ("refused", "not_allowed"), ("refused", "too_many")]}
    network.wait_for(lambda: expected.items() <= lab.server.metrics().items(), f"{expected} in the metrics")
    # Peers without end, while flows come in: all of those are stored.
    flood = Fake("127.0.0.2")
    flood.send(INITIATION)
    sent = 0
    for start in range(0, 6000, 500):
        flood.send(b"".join(peer_up(number) for number in range(start, start + 500)))
        lab.send("10.97.0.2", *[f"192.0.2.1>203.0.113.7/{7000 + sent + n}" for n in range(25)])
        sent += 25
    flood.send(message(0, os.urandom(60)) * 200)
    skipped = lambda: lab.bmp()["skipped"]
    network.wait_for(lambda: skipped().get("too_many_peers", 0) == 6000 - 4096, "the bound of peers")
    network.wait_for(lambda: sum(skipped().get(r, 0) for r in ("other_instance", "malformed", "unknown_peer", "adj_rib_out")) > 100,
                     "noise that is counted")
    network.wait_for(lambda: lab.server.rows("SrcPort >= 7000 AND SrcPort < 7300") == sent, "all flows")
    losses = lab.server.api("health/losses")
    assert losses["rows"]["lost"]["total"] == 0 and losses["datagrams"]["holds"]
    assert lab.router("fd97::2")["sessions"] == 1
    assert lab.flow("10.97.0.2", "203.0.113.7")["hop"] == "::ffff:10.98.0.2"
    doctor = network.run(collector.BINARY, "doctor", "--config", str(lab.server.configuration), "--data", str(lab.server.data))
    assert "warn  BMP" in doctor and "sessions ended (initiation, length, version)" in doctor
    for fake in [slow, flood, *others]:
        fake.socket.close()


def test_routes_go_when_their_time_is_over(lab):
    lab.hold(1)
    lab.server.process.send_signal(signal.SIGHUP)
    network.wait_for(lambda: "enrichment.bmp" in lab.server.log.read_text(), "the new configuration")
    # In force within a second.
    time.sleep(1.5)
    for speaker in (lab.frr, lab.a):
        speaker.stop(signal.SIGKILL)
    network.wait_for(lambda: lab.bmp()["routers"] == [], "routers that are forgotten")
    assert lab.bmp()["bytes"] == 0 and lab.bmp()["problem"] is None
    row = lab.settles("10.97.0.2", "203.0.113.7", lambda row: row["hop"] == "::", "rows without routes")
    assert (row["asn"], row["net"], row["path"]) == (0, 0, [])
    # Another port begins anew, and no port ends it.
    for text, listen in ((f"listen: {BMP + 1}", f"[::]:{BMP + 1}"), ("listen: off", None)):
        words = lab.server.configuration.read_text().splitlines()
        lab.server.configuration.write_text("\n".join(f"    {text}" if "    listen:" in line else line for line in words) + "\n")
        lab.server.process.send_signal(signal.SIGHUP)
        network.wait_for(lambda: (lab.bmp() or {"listen": None})["listen"] == listen, f"BMP at {listen}")
        with pytest.raises(ConnectionRefusedError):
            Fake()
