"""The host's own sources against independent readers of the same kernel:
`conntrack -E`, counters of the firewall's rules, tcpdump. Traffic crosses a
router, which is this process's network; the program reads there.
"""

import contextlib
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import checks
import collector
import hostnet
import network


CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_PTRACE, SYS_NICE = (
    0, 1, 2, 3, 10, 12, 13, 19, 23)


class HostCollector(collector.Collector):
    """A server that reads this host, and listens to nobody else."""

    def __init__(self, folder, sources, words=(), more=""):
        super().__init__(folder)
        text = (
            "listeners: {netflow: off, ipfix: off, sflow: off}\n"
            'console: {listen: "127.0.0.1:8080"}\n' + more + (f"sources: {sources}\n" if sources else ""))
        self.configuration.write_text(text)
        self.words = list(words)

    def begin(self):
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [*self.wrapper, collector.BINARY, "serve", "--config", str(self.configuration), "--data", str(self.data), *self.words],
                env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                cwd=self.folder)
        return self

    def source(self, kind):
        found = [source for source in self.api("health")["sources"] if source["kind"] == kind]
        assert len(found) == 1, found
        return found[0]


@pytest.fixture(scope="module")
def router(private_network):
    opened = hostnet.Router()
    yield opened
    opened.close()


@pytest.fixture
def rules(router):
    """Puts rules in place; none before and after."""
    network.run("nft", "flush", "ruleset")
    yield hostnet.nft
    network.run("nft", "flush", "ruleset")


@pytest.fixture
def serve(tmp_path, router):
    """Starts servers, and stops them in order."""
    running = []

    def start(sources, *words, more=""):
        server = HostCollector(tmp_path, sources, words, more)
        running.append(server)
        return server.start()

    try:
        yield start
        for server in running:
            server.stop()
    finally:
        for server in running:
            server.kill()


def counter(words):
    """Packets and bytes of the rule that has these words."""
    line = next(line for line in network.run("nft", "list", "ruleset").splitlines() if words in line)
    return [int(number) for number in re.search(r"counter packets (\d+) bytes (\d+)", line).groups()]


def interfaces_are_called(server, index, condition, names):
    """Whether SQL knows the kernel's names; they are put there every few seconds."""
    question = (
        f"SELECT DISTINCT dictGet('netmeta.InterfaceNames', 'Description', tuple(SamplerAddress, {index})) AS n"
        f" FROM flows_raw WHERE {condition} ORDER BY n")
    network.wait_for(lambda: [row["n"] for row in server.sql(question)] == names, f"interfaces called {names}")


# MARK: - Connection tracking


class ConntrackEvents:
    """`conntrack -E` beside the program, into a file: a pipe that nobody reads would hold it up."""

    def __enter__(self):
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "conntrack", "-E", "-b", "16777216", "-o", "extended,id"], stdout=self.output,
            stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        # It may be behind on a busy machine.
        before = -1
        while (now := os.fstat(self.output.fileno()).st_size) != before:
            before = now
            time.sleep(1)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.output.seek(0)
        self.lines = self.output.read().splitlines()
        self.output.close()

    def count(self, kind):
        return sum(f"[{kind}]" in line for line in self.lines)

    @property
    def traffic(self):
        """{(protocol, source, port, target, port): (packets, bytes)} of both directions of ended connections, with the
        original's ends."""
        found = {}
        for line in self.lines:
            if "[DESTROY]" not in line:
                continue
            protocol = int(re.search(r"\[DESTROY\] ipv[46]\s+\d+ \S+\s+(\d+)", line)[1])
            values = {name: re.findall(rf"\b{name}=(\S+)", line) for name in ("src", "dst", "sport", "dport", "packets", "bytes")}
            ends = [collector.mapped(values[name][0]) for name in ("src", "dst")]
            ports = [int(values[name][0]) if values[name] else 0 for name in ("sport", "dport")]
            there, back = ((int(values["packets"][i]), int(values["bytes"][i])) for i in (0, 1))
            for key, sums in (
                ((protocol, ends[0], ports[0], ends[1], ports[1]), there),
                ((protocol, ends[1], ports[1], ends[0], ports[0]), back),
            ):
                if sums != (0, 0):
                    old = found.get(key, (0, 0))
                    found[key] = (old[0] + sums[0], old[1] + sums[1])
        return found


def stored_connections(server):
    rows = server.sql(
        "SELECT Proto AS p, toString(SrcAddr) AS s, SrcPort AS sp, toString(DstAddr) AS d, DstPort AS dp,"
        " sum(Packets) AS packets, sum(Bytes) AS bytes FROM flows_raw WHERE FlowType = 'CONNTRACK' GROUP BY p, s, sp, d, dp")
    return {(r["p"], r["s"], r["sp"], r["d"], r["dp"]): (r["packets"], r["bytes"]) for r in rows}


def test_conntrack_tells_what_conntrack_e_does(router, rules, serve):
    rules(hostnet.TRACKING)
    hostnet.sysctl(acct=1, timestamp=1, events=1)
    network.run("conntrack", "-F")
    server = serve("{conntrack: {host: {interval: 1}}}")
    network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
    before = server.source("conntrack")["figures"]
    with ConntrackEvents() as oracle:
        router.transfer(5201, 2_000_000, source_port=40001)
        router.ping(hostnet.SERVER, 20)
        router.ping(hostnet.SERVER6, 20)
        # Unanswered, and in a zone of its own; a slow one is told piece by piece, by listings.
        router.datagrams(network.Stream(hostnet.CLIENT, 40002, hostnet.SERVER, 53535, 50, 100))
        network.run("ping", "-q", "-c", "30", "-i", "0.1", hostnet.SERVER)
        network.run("conntrack", "-F")
    server.settled("FlowType = 'CONNTRACK'")

    assert stored_connections(server) == oracle.traffic
    figures = server.source("conntrack")["figures"]
    for name, kind in (("new", "NEW"), ("updated", "UPDATE"), ("destroyed", "DESTROY")):
        assert figures[name] - before[name] == oracle.count(kind) > 0
    # More than one listing told parts of one connection.
    assert server.rows("Proto = 1 AND toString(SrcAddr) = '::ffff:10.2.0.1'") > 2

    tcp = server.sql(
        "SELECT any(toString(SrcAddrNAT)) AS nat, any(SrcPortNAT) AS port, any(Mark) AS mark FROM flows_raw"
        " WHERE Proto = 6 AND DstPort = 5201")[0]
    assert tcp == {"nat": collector.mapped(hostnet.OUTSIDE), "port": 40001, "mark": 42}
    assert server.sql("SELECT groupUniqArray(ConntrackZone) AS z FROM flows_raw WHERE Proto = 17 AND DstPort = 53535")[0]["z"] == [7]
    checks.nothing_lost(server)

    # The host counts as an exporter, under its own name, with its own interfaces.
    exporters = server.api("exporters")["exporters"]
    assert [e["address"] for e in exporters] == ["127.0.0.1"]
    assert exporters[0]["name"] == os.uname().nodename


LISTEN = """
import socket, sys
listener = socket.create_server(("", int(sys.argv[1])))
print("listening", flush=True)
connection, _ = listener.accept()
connection.recv(100)
connection.recv(100)
"""
CONNECT = """
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), source_address=("", int(sys.argv[3])))
connection.sendall(b"x" * 50)
print("connected", flush=True)
sys.stdin.read()
"""


class Conversation:
    """A TCP connection between two processes that lasts as long as the block."""

    def __init__(self, server, client, target, port, source_port):
        self.server = subprocess.Popen([*server, sys.executable, "-c", LISTEN, str(port)], stdout=subprocess.PIPE)
        self.server.stdout.readline()
        self.client = subprocess.Popen(
            [*client, sys.executable, "-c", CONNECT, target, str(port), str(source_port)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.client.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.communicate()
        self.server.communicate()


def test_connections_of_this_host_have_their_process(router, rules, serve):
    rules(hostnet.TRACKING)
    hostnet.sysctl(acct=1, timestamp=1, events=1)
    network.run("conntrack", "-F")
    server = serve("{conntrack: {host: {processes: true}}}")
    network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
    # Somebody's connection to this host, one of this host, and one through it.
    with (
        Conversation([], router.client.inside(), hostnet.INSIDE, 7001, 41001) as taken,
        Conversation(router.server.inside(), [], hostnet.SERVER, 7002, 41002) as made,
        Conversation(router.server.inside(), router.client.inside(), hostnet.SERVER, 7003, 41003),
    ):
        network.wait_for(lambda: server.source("conntrack")["figures"]["owners_found"] >= 2, "processes")
    network.run("conntrack", "-F")
    server.settled("SrcPort = 41003")
    found = server.sql(
        "SELECT SrcPort AS s, DstPort AS d, any(Strings['process']) AS name, any(Strings['pid']) AS pid FROM flows_raw"
        " WHERE Proto = 6 AND SrcPort + DstPort BETWEEN 48000 AND 48010 GROUP BY s, d ORDER BY least(s, d), s")
    name = pathlib.Path(sys.executable).name[:15]
    assert found == [
        {"s": 7001, "d": 41001, "name": name, "pid": taken.server.pid},
        {"s": 41001, "d": 7001, "name": name, "pid": taken.server.pid},
        {"s": 7002, "d": 41002, "name": name, "pid": made.client.pid},
        {"s": 41002, "d": 7002, "name": name, "pid": made.client.pid},
        {"s": 7003, "d": 41003, "name": "", "pid": ""},
        {"s": 41003, "d": 7003, "name": "", "pid": ""}]
    checks.nothing_lost(server)
    for status in statuses(server.process.pid):
        if status["Name"] == "socket-owners":
            assert int(status["CapPrm"], 16) == 1 << SYS_PTRACE | 1 << DAC_READ_SEARCH
            break
    else:
        raise AssertionError("no thread that looks for processes")


TRANSLATED = hostnet.TRACKING + """
table ip6 lab_nat6 {
  chain c_source {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "server0" tcp dport 5205 ip6 saddr fd01::/64 masquerade
  }
  chain c_target {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "client0" ip6 daddr fd01::1 tcp dport 8443 dnat to [fd02::2]:5206
  }
}
"""


def test_translated_connections_of_ipv6(router, rules, serve):
    rules(TRANSLATED)
    hostnet.sysctl(acct=1, timestamp=1, events=1)
    network.run("conntrack", "-F")
    server = serve("{conntrack: {host: {interval: 1}}}")
    network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
    with ConntrackEvents() as oracle:
        router.transfer(5205, 100_000, source_port=40011, target=hostnet.SERVER6)
        router.transfer(5206, 50_000, source_port=40012, target="fd01::1", dialled=8443)
        network.run("conntrack", "-F")
    server.settled("SrcPort = 40012")
    # Both directions under the addresses from before, as `conntrack -E` tells the original ones.
    assert stored_connections(server) == oracle.traffic
    nat = server.sql(
        "SELECT SrcPort AS s, any(toString(DstAddr)) AS d, any(DstPort) AS dp, any(toString(SrcAddrNAT)) AS ns,"
        " any(toString(DstAddrNAT)) AS nd, any(DstPortNAT) AS np FROM flows_raw WHERE SrcPort IN (40011, 40012) GROUP BY s"
        " ORDER BY s")
    assert nat == [
        {"s": 40011, "d": "fd02::2", "dp": 5205, "ns": "fd02::1", "nd": "fd02::2", "np": 5205},
        {"s": 40012, "d": "fd01::1", "dp": 8443, "ns": "fd01::2", "nd": "fd02::2", "np": 5206}]
    checks.nothing_lost(server)


def test_a_host_with_nothing_configured_has_directions(router, rules, serve):
    rules(hostnet.TRACKING)
    hostnet.sysctl(acct=1, timestamp=1)
    network.run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
    try:
        server = serve(None, "--source", "conntrack")
        network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
        network.run("ping", "-q", "-c", "5", "-i", "0.05", "-s", "1000", hostnet.SERVER)
        network.run("conntrack", "-F")
        server.settled("Proto = 1")
        found = server.sql(
            "SELECT toString(Locality) AS l, Incoming AS i, sum(Bytes) AS b FROM flows_raw WHERE Proto = 1 GROUP BY l, i ORDER BY l")
        assert found == [{"l": "in", "i": 1, "b": 5140}, {"l": "out", "i": 0, "b": 5140}]
    finally:
        network.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")


def test_what_is_off_is_told_in_one_line(router, rules, serve):
    rules(hostnet.TRACKING)
    hostnet.sysctl(acct=0, timestamp=0, events=1)
    try:
        server = serve("{conntrack: {host: {}}}")
        network.wait_for(lambda: server.source("conntrack")["advice"], "advice")
        advice = server.source("conntrack")["advice"]
        assert any("nf_conntrack_acct=1" in line for line in advice)
        assert any("nf_conntrack_timestamp=1" in line for line in advice)
        assert "nf_conntrack_acct=1" in server.log.read_text()
        router.ping(hostnet.SERVER, 3)
        network.run("conntrack", "-F")
        # No flow without traffic.
        network.wait_for(lambda: server.source("conntrack")["figures"]["uncounted"] > 0, "a connection without counters")
        assert server.rows() == 0
        # Events come, but it isn't an exporter that does well.
        state = "accounting is off: sysctl -w net.netfilter.nf_conntrack_acct=1"
        assert server.source("conntrack")["problem"] == state and server.api("health")["status"] == "degraded"
        assert [exporter["problem"] for exporter in server.api("exporters")["exporters"]] == [state]
        up = 'netmeta_source_up{source="conntrack",name="host"}'
        assert server.metrics()[up] == 0
        hostnet.sysctl(acct=1)
        network.wait_for(lambda: server.source("conntrack")["problem"] is None, "a source that can tell flows")
        assert server.metrics()[up] == 1 and server.api("health")["status"] == "ok"
    finally:
        hostnet.sysctl(acct=1, timestamp=1)


def test_conntrack_in_an_overload_is_seen_or_counted(router, rules, serve):
    rules(hostnet.TRACKING)
    hostnet.sysctl(acct=1, timestamp=1, events=1, udp_timeout=300)
    network.run("conntrack", "-F")
    # None of them ends by itself meanwhile.
    server = serve("{conntrack: {host: {interval: 3600, buffer: 65536}}}")
    network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
    first = server.source("conntrack")
    with ConntrackEvents() as oracle:
        server.process.send_signal(signal.SIGSTOP)
        network.run(*router.client.inside(), "python3", "-c", f"""
import socket
for port in range(20000, 24000):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", port)); s.sendto(b"x" * 100, ("{hostnet.SERVER}", 9999)); s.close()
""")
        server.process.send_signal(signal.SIGCONT)
        network.wait_for(lambda: server.source("conntrack")["figures"]["overruns"] > 0, "an overrun that was noticed")
        network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 1, "a listing after it", 30)
    last = server.source("conntrack")
    seen = sum(last["figures"][n] - first["figures"][n] for n in ("new", "updated", "destroyed"))
    lost = last["lost"]["buffer_full"]
    assert lost > 0
    # A connection began with each of the datagrams, and none changed or ended.
    assert seen + lost == 4000
    assert 0 < len(oracle.lines) <= 4000
    # The listing found the connections that no event told of.
    server.settled("DstPort = 9999")
    whole = server.sql("SELECT uniqExact(SrcPort) AS n, sum(Packets) AS p FROM flows_raw WHERE DstPort = 9999")[0]
    assert whole == {"n": 4000, "p": 4000}
    losses = server.api("health/losses")
    checks.sums_hold(losses)
    assert losses["datagrams"]["lost"]["reasons"]["source_overrun"] == lost
    assert server.metrics()[f'netmeta_source_lost_total{{source="conntrack",name="host",reason="buffer_full"}}'] == lost


# MARK: - NFLOG

LOGGED = """
table inet lab_log {
  chain c_forward {
    type filter hook forward priority 0; policy accept;
    iifname "client0" counter log group 5 snaplen 128 queue-threshold 16 prefix "netmeta:rate=1:dir=in"
    oifname "client0" counter log group 5 snaplen 128 queue-threshold 16 prefix "netmeta:rate=1:dir=out"
    log group 7 snaplen 128 queue-threshold 16
    udp dport 6000 numgen random mod 10 == 0 counter log group 6 snaplen 128 prefix "netmeta:rate=10:dir=in"
  }
}
"""


def test_nflog_tells_what_the_rules_and_tcpdump_count(router, rules, serve, tmp_path):
    rules(LOGGED)
    server = serve("{nflog: {host: {groups: {5: {}, 6: {}}}}}")
    stream = network.Stream(hostnet.CLIENT, 4001, hostnet.SERVER, 6000, 2000, 200)
    path = tmp_path / "nflog.pcap"
    with network.Capture("nflog:7", path, ""):
        router.ping(hostnet.SERVER, 10)
        router.ping(hostnet.SERVER6, 10)
        router.transfer(5202, 100_000, source_port=40003)
        router.datagrams(stream)
        time.sleep(1)
    server.settled("SamplingRate = 1")

    rows = server.sql(
        "SELECT FlowDirection AS d, count() AS n, sum(Bytes) AS b FROM flows_raw WHERE SamplingRate = 1 GROUP BY d ORDER BY d")
    assert [[row["n"], row["b"]] for row in rows] == [counter("dir=in\" group 5"), counter("dir=out\" group 5")]
    # tcpdump saw the same packets by a rule of its own, with IP bytes as the headers tell them.
    assert captured(path)[0] == sum(row["n"] for row in rows)

    sampled = server.streams([4001], "AND SamplingRate = 10")[4001]
    assert sampled["packets"] == counter("rate=10")[0]
    checks.sampled(sampled, stream, 10, 0)
    interfaces_are_called(server, "InIf", "FlowDirection = 0", ["client0"])
    checks.nothing_lost(server)


def recipe(program, interface):
    """The rules of Docs/host-sources.md for iptables, with a tenth of the packets of another interface."""
    text = (collector.ROOT / "Docs/host-sources.md").read_text()
    commands = re.findall(r"^    (iptables (?:.*\\\n)*.*)", text, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        for old, new in (("iptables", program), ("eth0", interface), ("0.01", "0.1"), ("rate=100", "rate=10")):
            assert old in command
            command = command.replace(old, new)
        yield command


@pytest.mark.parametrize(("program", "source", "target"), [
    ("iptables", hostnet.CLIENT, hostnet.SERVER), ("ip6tables", hostnet.CLIENT6, hostnet.SERVER6)])
def test_the_recipe_for_iptables_counts_right(router, rules, serve, program, source, target):
    for command in recipe(program, "client0"):
        network.run("sh", "-c", command)
    try:
        server = serve("{nflog: {host: {}}}")
        stream = network.Stream(source, 4001, target, 6000, 3000, 200)
        router.datagrams(stream)
        router.transfer(5202, 500_000, source_port=40003, target=target)
        server.settled("SamplingRate = 10")
        # What the rules themselves counted behind their choice.
        told = network.run(program, "-t", "mangle", "-L", "FORWARD", "-v", "-n", "-x").splitlines()[2:]
        counted = [[int(word) for word in line.split()[:2]] for line in told]
        rows = server.sql(
            "SELECT FlowDirection AS d, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw GROUP BY d ORDER BY d")
        assert [[row["p"], row["b"]] for row in rows] == counted and len(counted) == 2
        checks.sampled(server.streams([4001])[4001], stream, 10, 0)
        checks.nothing_lost(server)
    finally:
        network.run(program, "-t", "mangle", "-F")


FLOODED = """
table inet lab_log {
  chain c_forward {
    type filter hook forward priority 0; policy accept;
    udp dport 6000 counter comment "all"
    udp dport 6000 numgen random mod 100 == 0 counter log group 6 snaplen 128 prefix "netmeta:rate=100:dir=in"
    udp dport 6000 drop
  }
}
"""
FLOOD = """
import socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect((sys.argv[1], 6000))
begun = time.monotonic()
for _ in range(int(sys.argv[2])):
    sender.send(bytes(100))
print(time.monotonic() - begun)
"""


def test_nflog_sampled_at_a_high_rate_is_within_the_error_of_sampling(router, rules, serve):
    """As fast as one sender can: the rule before the choice counts all, and what is told is a hundredth of it."""
    count, rate = 400_000, 100
    rules(FLOODED)
    server = serve("{nflog: {host: {groups: {6: {}}}}}")
    seconds = float(network.run(*router.client.inside(), sys.executable, "-c", FLOOD, hostnet.SERVER, str(count)))
    print(f"{count / seconds:.0f} packets/s")
    assert counter('comment "all"')[0] == count
    chosen, chosen_bytes = counter("rate=100")
    server.settled("SamplingRate = 100")
    row, = server.sql("SELECT count() AS n, sum(Bytes) AS b, sum(Packets * SamplingRate) AS p FROM flows_raw")
    assert (row["n"], row["b"]) == (chosen, chosen_bytes)
    deviation = rate * math.sqrt(count * (1 / rate) * (1 - 1 / rate))
    assert abs(row["p"] - count) <= 4 * deviation, (row, deviation)
    checks.nothing_lost(server)


def test_nflog_groups_have_one_owner(router, rules, tmp_path):
    rules(LOGGED)
    with network.Capture("nflog:5", tmp_path / "x.pcap", ""):
        server = HostCollector(tmp_path, "{nflog: {host: {}}}").begin()
        try:
            assert server.process.wait(30) != 0
        finally:
            server.kill()
    assert "the group 5 of logged packets has another reader" in server.log.read_text()


def test_nflog_in_an_overload_is_seen_or_counted(router, rules, serve):
    rules(LOGGED)
    server = serve("{nflog: {host: {groups: {5: {}}, buffer: 65536}}}")
    server.process.send_signal(signal.SIGSTOP)
    router.datagrams(network.Stream(hostnet.CLIENT, 4001, hostnet.SERVER, 6001, 3000, 200))
    server.process.send_signal(signal.SIGCONT)
    # The numbers of packets that come later tell how many are missing.
    network.wait_for(lambda: server.source("nflog")["figures"]["overruns"] > 0, "an overrun that was noticed")
    router.ping(hostnet.SERVER, 3)
    time.sleep(1)
    server.settled("1")
    source = server.source("nflog")
    sent = counter("dir=in\" group 5")[0] + counter("dir=out\" group 5")[0]
    assert source["lost"]["sequence_gap"] > 0
    assert source["read"] + source["lost"]["sequence_gap"] == sent
    checks.sums_hold(server.api("health/losses"))


# MARK: - Port mirror


def tap(name):
    """A pair of interfaces: frames that are sent into the far one come out of the near one."""
    peer = network.Peer(name, [], [])
    peer.silence()
    network.run("ip", "link", "set", peer.near, "up")
    return peer


def captured(path):
    """Frames and bytes in a capture."""
    lines = network.run("capinfos", "-TmrcdM", str(path)).strip().split(",")
    return int(lines[-2]), int(lines[-1])


INJECT = """
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
head = bytes.fromhex("020000000002020000000001")
ip = bytes.fromhex("450000640001000040110000c0000201c6336402") + bytes.fromhex("0fa1177100500000") + bytes(72)
frames = {
    "plain": head + b"\\x08\\x00" + ip,
    "tagged": head + bytes.fromhex("81000064") + b"\\x08\\x00" + ip,
    "double": head + bytes.fromhex("88a800c88100002a") + b"\\x08\\x00" + ip,
}
for number in range(int(sys.argv[2])):
    out.send(list(frames.values())[number % 3] if sys.argv[3] == "mixed" else frames[sys.argv[3]])
"""


def inject(peer, count, kind="mixed"):
    network.run(*peer.inside(), "python3", "-c", INJECT, peer.far, str(count), kind)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_mirror_counts_what_tcpdump_does(router, serve, tmp_path, workers):
    receive, transmit = tap("taprx"), tap("taptx")
    try:
        server = serve(f"{{mirror: {{host: {{taps: 'taprx0:taptx0', samplingRate: 1, workers: {workers}}}}}}}")
        with network.Capture("taprx0", tmp_path / "rx.pcap", ""), network.Capture("taptx0", tmp_path / "tx.pcap", ""):
            inject(receive, 3000)
            inject(transmit, 900)
        server.settled("FlowType = 'PORTMIRROR'")
        rows = server.sql(
            "SELECT FlowDirection AS d, count() AS n, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw GROUP BY d ORDER BY d")
        expected = [captured(tmp_path / "rx.pcap"), captured(tmp_path / "tx.pcap")]
        assert [(row["n"], row["b"]) for row in rows] == expected
        assert expected[0][0] == 3000 and expected[1][0] == 900
        tags = server.sql(
            "SELECT VlanId AS v, CustomerVlanId AS c, count() AS n, uniqExact(EType) AS e, min(Proto) AS p FROM flows_raw GROUP BY v, c ORDER BY v")
        assert tags == [
            {"v": vlan, "c": inner, "n": 1300, "e": 1, "p": 17} for vlan, inner in ((0, 0), (100, 0), (200, 42))]
        interfaces_are_called(server, "if(FlowDirection = 0, InIf, OutIf)", "1", ["taprx0", "taptx0"])
        checks.nothing_lost(server)
    finally:
        receive.close()
        transmit.close()


def stream_frames(count, flows):
    """A program that sends frames of UDP from so many ports in turn."""
    return f"""
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
head = bytes.fromhex("0200000000020200000000010800450000640001000040110000c0000201c6336402")
for number in range({count}):
    out.send(head + (20000 + number % {flows}).to_bytes(2, "big") + bytes.fromhex("177100500000") + bytes(72))
"""


def conversations(path):
    """{source port: (frames, bytes)} of a capture, by tshark."""
    found = {}
    for line in network.run("tshark", "-r", str(path), "-T", "fields", "-e", "udp.srcport", "-e", "frame.len").splitlines():
        port, size = map(int, line.split())
        packets, whole = found.get(port, (0, 0))
        found[port] = (packets + 1, whole + size)
    return found


@pytest.mark.parametrize(("workers", "room"), [(1, 65_536), (2, 65_536), (1, 1024)])
def test_a_mirror_that_gathers_flows_counts_what_tcpdump_does(router, serve, tmp_path, workers, room):
    receive = tap("taprx")
    try:
        server = serve(
            "{mirror: {host: {taps: 'taprx0', samplingRate: 1, aggregate: true, inactiveTimeout: 2, activeTimeout: 5,"
            f" flows: {room}, workers: {workers}}}}}}}")
        with network.Capture("taprx0", tmp_path / "rx.pcap", "", snap=64):
            network.run(*receive.inside(), "python3", "-c", stream_frames(30_000, 3000), receive.far)
        sources = lambda: [s for s in server.api("health")["sources"] if s["kind"] == "mirror"]  # noqa: E731
        # On a busy machine the kernel may drop some before anybody captures them.
        captured_flows = conversations(tmp_path / "rx.pcap")
        frames = sum(count for count, _ in captured_flows.values())
        assert frames > 20_000
        network.wait_for(lambda: sum(s["read"] for s in sources()) == frames, "all frames")
        network.wait_for(lambda: sum(s["figures"]["gathered_flows"] for s in sources()) == 0, "flows that are over")
        server.settled("FlowType = 'PORTMIRROR'")
        rows = server.sql("SELECT SrcPort AS s, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw GROUP BY s")
        assert {row["s"]: (row["p"], row["b"]) for row in rows} == captured_flows
        early = sum(s["figures"]["early_flows"] for s in sources())
        if room > 3000:
            # A flow is told again when it lasts for five seconds, on a machine that is busy.
            assert early == 0 and 3000 <= server.rows() < 10_000
        else:
            assert early > 3000 and server.rows() > early
        assert sum(s["rows"] for s in sources()) == server.rows()
        spans = server.sql("SELECT countIf(TimeFlowEnd < TimeFlowStart OR TimeReceived < TimeFlowEnd) AS n FROM flows_raw")
        assert spans == [{"n": 0}]
        checks.nothing_lost(server)
    finally:
        receive.close()


def test_a_mirror_tells_what_it_has_gathered_when_it_stops(router, serve):
    receive = tap("taprx")
    try:
        server = serve("{mirror: {host: {taps: 'taprx0', samplingRate: 1, aggregate: true}}}")
        network.run(*receive.inside(), "python3", "-c", stream_frames(2000, 40), receive.far)
        network.wait_for(lambda: server.source("mirror")["read"] == 2000, "all frames")
        assert server.rows() == 0
        server.stop()
        server.start()
        assert server.sql("SELECT count() AS n, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw") == [
            {"n": 40, "p": 2000, "b": 2000 * 114}]
    finally:
        receive.close()


def test_a_sampled_mirror_is_within_the_error_of_sampling(router, serve):
    receive = tap("taprx")
    try:
        server = serve("{mirror: {host: {taps: 'taprx0', samplingRate: 100}}}")
        inject(receive, 60_000, "plain")
        server.settled("FlowType = 'PORTMIRROR'")
        found = server.sql("SELECT count() AS n, sum(Bytes) AS b, min(SamplingRate) AS r, any(FlowDirection) AS d FROM flows_raw")[0]
        # 600 are expected, with a standard deviation of 24.4.
        assert abs(found["n"] - 600) <= 4 * 24.4
        assert found["b"] == found["n"] * 114 and found["r"] == 100 and found["d"] == 0
    finally:
        receive.close()


def test_a_mirror_in_an_overload_is_seen_or_counted_and_interfaces_come_and_go(router, serve):
    receive = tap("taprx")
    try:
        server = serve("{mirror: {host: {taps: 'taprx0', samplingRate: 1, buffer: 524288}}}")
        server.process.send_signal(signal.SIGSTOP)
        inject(receive, 20_000, "plain")
        server.process.send_signal(signal.SIGCONT)
        network.wait_for(lambda: server.source("mirror")["lost"]["ring_full"] > 0, "frames that were lost")
        server.settled("1")
        source = server.source("mirror")
        assert source["read"] + source["lost"]["ring_full"] == 20_000
        assert source["rows"] == server.rows() == source["read"]
        checks.sums_hold(server.api("health/losses"))

        receive.close()
        network.wait_for(lambda: server.source("mirror")["advice"], "notice of an interface that is gone")
        receive = tap("taprx")
        network.wait_for(lambda: server.source("mirror")["figures"]["reopened"] == 1, "the interface to be captured on again")
        inject(receive, 100, "tagged")
        network.wait_for(lambda: server.rows("VlanId = 100") == 100, "frames of the new interface")
        assert server.source("mirror")["advice"] == []
    finally:
        receive.close()


def test_super_frames_count_as_packets(router, serve):
    """A veth whose sender leaves the cutting to others carries frames of up to 64 KiB."""
    network.run(*router.client.inside(), "ethtool", "-K", "client1", "tso", "on", "gso", "on", "tx", "on")
    try:
        server = serve("{mirror: {host: {taps: client0, samplingRate: 1}}}")
        router.transfer(5203, 1_000_000, source_port=40004)
        server.settled("SrcPort = 40004")
        found = server.sql("SELECT count() AS n, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw WHERE SrcPort = 40004")[0]
        payload = server.sql("SELECT sum(Bytes - 66) AS b FROM flows_raw WHERE SrcPort = 40004 AND Bytes > 100")[0]["b"]
        assert server.source("mirror")["figures"]["super_frames"] > 0
        # 1448 bytes fit into a packet beside the headers.
        assert found["p"] > found["n"] and found["p"] >= 1_000_000 / 1448
        assert abs(payload - 1_000_000) < 2000
    finally:
        network.run(*router.client.inside(), "ethtool", "-K", "client1", "gro", "off", "gso", "off", "tso", "off", "tx", "off")


# MARK: - All three


def test_the_three_sources_agree_on_one_transfer(router, rules, serve):
    rules(hostnet.TRACKING.replace("masquerade", "accept") + """
table inet lab_log {
  chain c_forward {
    type filter hook forward priority 10; policy accept;
    counter log group 5 snaplen 128 queue-threshold 16
  }
}
""")
    hostnet.sysctl(acct=1, timestamp=1)
    network.run("conntrack", "-F")
    server = serve("{conntrack: {host: {}}, nflog: {host: {}}, mirror: {host: {taps: client0, samplingRate: 1}}}")
    network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
    router.transfer(5204, 3_000_000, source_port=40005, reply=200_000)
    network.run("conntrack", "-F")
    for kind in ("CONNTRACK", "NFLOG", "PORTMIRROR"):
        server.settled(f"FlowType = '{kind}' AND SrcPort = 40005")
    found = {
        (row["t"], row["s"]): (row["p"], row["b"]) for row in server.sql(
            "SELECT toString(FlowType) AS t, SrcPort AS s, sum(Packets) AS p, sum(Bytes) AS b FROM flows_raw"
            " WHERE SrcPort IN (40005, 5204) GROUP BY t, s")}
    for port in (40005, 5204):
        packets, size = found["CONNTRACK", port]
        assert packets > 100 and size > 200_000
        # IP packets both; a frame has 14 bytes of Ethernet more.
        assert found["NFLOG", port] == (packets, size)
        assert found["PORTMIRROR", port] == (packets, size + 14 * packets)


# MARK: - Privileges and namespaces


def test_threads_keep_no_more_privileges_than_they_need(router, rules, serve):
    rules(hostnet.TRACKING)
    server = serve("{conntrack: {host: {}}, nflog: {host: {}}, mirror: {host: {taps: client0}}}")
    usual = {CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, NET_BIND_SERVICE, SYS_NICE}
    expected = {"conntrack-host": {NET_ADMIN}, "nflog-host": set(), "mirror-host": {NET_RAW}}
    found = {}
    for status in statuses(server.process.pid):
        # What it may take up again counts, too, and what a program has that it starts.
        mask = int(status["CapPrm"], 16) | int(status["CapEff"], 16) | int(status["CapInh"], 16) | int(status["CapAmb"], 16)
        found[status["Pid"], status["Name"]] = {bit for bit in range(64) if mask >> bit & 1}
    # The thread that the process began on is among them, and so are the runtime's.
    assert str(server.process.pid) in [process for process, _ in found]
    assert any("-qos" in name for _, name in found)
    for (_, name), held in found.items():
        # The sources that go on to need one have that one alone.
        if name in expected:
            assert held == expected[name], (name, held)
        else:
            assert held <= usual, (name, held)
    assert expected.keys() <= {name for _, name in found}


def statuses(process):
    folder = f"/proc/{process}/task"
    for task in os.listdir(folder):
        # Threads come and go.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"{folder}/{task}/status") as lines:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def test_a_source_may_be_in_another_namespace(router, rules, serve):
    inside = router.server.inside()
    network.run(*inside, "nft", "-f", "-", input="table inet t { chain c_in { type filter hook input priority 0; ct state new counter\n}\n}\n")
    network.run(*inside, "sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1")
    try:
        namespace = f"/proc/{router.server.holder.pid}/ns/net"
        server = serve(f"{{conntrack: {{servers: {{namespace: {namespace}, sampler: 192.0.2.7}}}}}}")
        network.wait_for(lambda: server.source("conntrack")["figures"]["listings"] > 0, "a first listing")
        router.ping(hostnet.SERVER, 4)
        network.run(*inside, "conntrack", "-F")
        server.settled("Proto = 1")
        found = server.sql(
            "SELECT toString(SamplerAddress) AS s, Incoming AS i, sum(Packets) AS p FROM flows_raw WHERE Proto = 1 GROUP BY s, i ORDER BY i")
        assert found == [{"s": "::ffff:192.0.2.7", "i": 0, "p": 4}, {"s": "::ffff:192.0.2.7", "i": 1, "p": 4}]
    finally:
        network.run(*inside, "nft", "flush", "ruleset")
