"""Names from a real DNS server (NSD): over IPv4 and over IPv6 alone, over TCP
where a datagram is too small, aliases, names of many and of none; and servers
that never answer, or only with rubbish, which hold up neither flows nor answers.
"""

import ipaddress
import os
import random
import socket
import struct
import subprocess
import threading
import time

import pytest

import checks
import collector
import network

HEAD = "$TTL 3600\n@ SOA ns.example.net. hostmaster.example.net. 1 3600 600 86400 120\n@ NS ns.example.net.\n"
ZONES = {
    # 7 is an alias into a zone of its own (RFC 2317), 8 has more names than a datagram holds, 9 two, 10 odd bytes.
    "100.51.198.in-addr.arpa": HEAD + """
1 PTR one.example.net.
7 CNAME 7.0/25
7.0/25 PTR seven.example.net.
9 PTR nine-b.example.net.
9 PTR nine-a.example.net.
10 PTR <img\\032src=x>.example.net.
""" + "".join(f"8 PTR host-{number:03}.a-rather-long-name.example.net.\n" for number in range(100)),
    "2.0.192.in-addr.arpa": HEAD + "77 PTR must-not-be-asked.example.net.\n0 PTR network.example.net.\n",
    "10.in-addr.arpa": HEAD + "1.0.0 PTR inside.example.net.\n",
    "8.b.d.0.1.0.0.2.ip6.arpa": HEAD + ".".join("1" + "0" * 23) + " PTR six.example.net.\n",
}
PORT = 5300


class NameServer:
    """NSD on one address, with a log of nothing and zones of its own."""

    def __init__(self, folder, address):
        folder.mkdir()
        text = f"""server:
    ip-address: {address}@{PORT}
    username: ""
    zonesdir: "{folder}"
    database: ""
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    server-count: 1
    minimal-responses: no
remote-control:
    control-enable: no
"""
        for number, (zone, content) in enumerate(ZONES.items()):
            (folder / f"zone{number}").write_text(content)
            text += f'zone:\n    name: "{zone}"\n    zonefile: "zone{number}"\n'
        (folder / "nsd.conf").write_text(text)
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*network.WITH_PARENT, "nsd", "-d", "-c", str(folder / "nsd.conf")], stdout=log, stderr=log)
        network.wait_for(lambda: self.answers(address), "a name server that answers")

    def answers(self, address):
        assert self.process.poll() is None, self.log.read_text()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.5)
            asker.connect((address, PORT))
            try:
                asker.send(struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + b"\0\0\2\0\1")
                return asker.recv(4096)
            except OSError:
                return b""

    def close(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def name_server(tmp_path, private_network):
    servers = []

    def start(address):
        servers.append(NameServer(tmp_path / f"nsd{len(servers)}", address))
        return f'"{f"[{address}]" if ":" in address else address}:{PORT}"'
    yield start
    for server in servers:
        server.close()


class Pretender:
    """A UDP server that answers as a test says; says nothing when that gives nothing."""

    def __init__(self, port, answer=lambda question: []):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.asked = []
        self.answer = answer
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                question, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            if sender is None:
                return
            self.asked.append((question, sender[1]))
            for message in self.answer(question):
                self.socket.sendto(message, sender)

    def close(self):
        # Wakes the thread as well, which close alone does not.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


@pytest.fixture
def pretender(private_network):
    pretenders = []

    def start(*words):
        pretenders.append(Pretender(5301, *words))
        return pretenders[-1]
    yield start
    for one in pretenders:
        one.close()


class Serving:
    """A collector with a resolver."""

    def __init__(self, folder, resolver, more=""):
        self.collector = collector.Collector(folder)
        with self.collector.configuration.open("a") as configuration:
            configuration.write(f"enrichment: {{resolver: {resolver}}}\n{more}")
        self.sequence = 0

    def __enter__(self):
        self.collector.start()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.collector.stop()
        finally:
            self.collector.kill()

    def send(self, *addresses, sampler="127.0.0.1"):
        """One flow from each address, the first with the most bytes."""
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.bind((sampler, 0))
        groups = {4: [], 6: []}
        for number, text in enumerate(addresses):
            address = ipaddress.ip_address(text)
            groups[address.version].append(address.packed + struct.pack("!QQ", 100_000_000 - number * 1000, 1))
        for version, records in groups.items():
            field, length, template = ((8, 4, 256) if version == 4 else (27, 16, 257))
            described = struct.pack("!HHHHHHHH", template, 3, field, length, 1, 8, 2, 8)
            for start in range(0, len(records), 40):
                some = records[start:start + 40]
                body = struct.pack("!HH", 2, 4 + len(described)) + described
                body += struct.pack("!HH", template, 4 + sum(map(len, some))) + b"".join(some)
                out.sendto(struct.pack("!HHIII", 10, 16 + len(body), int(time.time()), self.sequence, 7) + body,
                           ("127.0.0.1", collector.IPFIX))
                self.sequence += len(some)
        out.close()

    def top(self, **more):
        answer = self.collector.api("top", from_="-1h", to="now", dimensions="SrcAddr", limit="50", **more)
        return {row["key"][0]: row["labels"][0] for row in answer["rows"] if row["kind"] == "value"}

    def names(self, count, **more):
        """The labels once so many of them are more than an address."""
        def named():
            top = self.top(**more)
            return top if sum(key != label for key, label in top.items()) >= count else None
        return network.wait_for(named, f"{count} names")

    def metric(self, name, **labels):
        words = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return self.collector.metrics().get(f"netmeta_resolver_{name}" + (f"{{{words}}}" if words else ""), 0)


EXPECTED = {
    "198.51.100.1": "one.example.net 198.51.100.1",
    "198.51.100.7": "seven.example.net 198.51.100.7",
    "198.51.100.8": "host-000.a-rather-long-name.example.net 198.51.100.8",
    "198.51.100.9": "nine-a.example.net 198.51.100.9",
    "198.51.100.10": "<img?src=x>.example.net 198.51.100.10",
    "198.51.100.99": "198.51.100.99",
    "2001:db8::1": "six.example.net 2001:db8::1",
}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_names_of_hosts(address, name_server, tmp_path):
    with Serving(tmp_path, f"{{servers: [{name_server(address)}], queriesPerSecond: 100}}") as serving:
        serving.send(*EXPECTED)
        serving.collector.settled("1")
        # The first answer waits for nobody.
        assert serving.top() == {key: key for key in EXPECTED}
        assert serving.names(6) == EXPECTED
        network.wait_for(lambda: serving.metric("cache_addresses") == len(EXPECTED), "all of them known")
        assert serving.metric("answers_total", outcome="named") == 6
        # NXDOMAIN.
        assert serving.metric("answers_total", outcome="nothing") == 1
        assert serving.metric("queries_total", transport="tcp") == 1
        asked = serving.metric("queries_total", transport="udp")
        assert asked == len(EXPECTED)
        series = serving.collector.api("graph", from_="-1h", to="now", dimensions="SrcAddr", limit="50")["series"]
        assert {s["key"][0]: s["labels"][0] for s in series if s["kind"] == "value"} == EXPECTED
        # What is known, and that there is no name, is not asked for again.
        assert serving.metric("queries_total", transport="udp") == asked
        assert serving.metric("queue_drops_total") == 0


def test_names_in_sql_and_after_a_restart(name_server, tmp_path):
    with Serving(tmp_path, f"{{servers: [{name_server('::1')}], queriesPerSecond: 100}}") as serving:
        serving.send(*EXPECTED)
        serving.collector.settled("1")
        assert serving.names(6) == EXPECTED
        network.wait_for(lambda: serving.metric("cache_addresses") == len(EXPECTED), "all of them known")

        def in_sql():
            rows = serving.collector.sql(
                "SELECT IPv6ToString(SrcAddr) AS address, HostToString(SamplerAddress, SrcAddr) AS name, "
                "dictGetOrDefault('ResolvedNames', 'Name', tuple(SrcAddr), '') AS resolved FROM flows_raw")
            return {row["address"]: (row["name"], row["resolved"]) for row in rows}
        names = {key: label.removesuffix(key).strip() for key, label in EXPECTED.items()}
        wanted = {key: (name or key, name) for key, name in names.items()}
        # What was learnt after the first look goes to the dictionary a minute later.
        network.wait_for(lambda: in_sql() == wanted, "names in SQL", 90)

        # Nobody is asked for what is known, names and that there is none.
        serving.collector.stop()
        serving.collector.start()
        assert serving.top() == EXPECTED and in_sql() == wanted
        assert serving.metric("cache_addresses") == len(EXPECTED) and serving.metric("queries_total", transport="udp") == 0

        # Other servers know other names, and nobody none.
        text = serving.collector.configuration.read_text()
        serving.collector.configuration.write_text(text.replace("enrichment: {resolver", "# enrichment: {resolver"))
        serving.collector.stop()
        serving.collector.start()
        network.wait_for(lambda: in_sql() == {key: (key, "") for key in EXPECTED}, "no names")


def test_top_talkers_that_nobody_looks_at(name_server, pretender, tmp_path):
    """The two largest have names in SQL; one of them is named by the configuration, and nobody asks for the small ones."""
    elsewhere = pretender()
    samplers = "samplers: {127.0.0.1: {host: {198.51.100.1: {description: ours}}}}\n"
    resolver = f'{{servers: "127.0.0.1:5301", zones: {{198.51.100.0/24: {name_server("127.0.0.1")}}}, talkers: 0}}'
    with Serving(tmp_path, resolver, samplers) as serving:
        serving.send("198.51.100.1", "198.51.100.9", "198.51.100.7", "203.0.113.1")
        assert serving.collector.settled("1") == 4
        text = serving.collector.configuration.read_text()
        serving.collector.configuration.write_text(text.replace("talkers: 0", "talkers: 2"))

        def in_sql():
            rows = serving.collector.sql(
                "SELECT IPv6ToString(SrcAddr) AS address, HostToString(SamplerAddress, SrcAddr) AS name FROM flows_raw")
            return {row["address"]: row["name"] for row in rows}
        wanted = {"198.51.100.1": "ours", "198.51.100.9": "nine-a.example.net", "198.51.100.7": "198.51.100.7",
                  "203.0.113.1": "203.0.113.1"}
        network.wait_for(lambda: in_sql() == wanted, "a name in SQL", 30)
        assert serving.metric("queries_total", transport="udp") == 1
        assert elsewhere.asked == []


def test_private_addresses_anonymised_ones_and_names_from_the_configuration(name_server, pretender, tmp_path):
    server = name_server("127.0.0.1")
    samplers = (
        'samplers: {127.0.0.2: {anonymizeAddresses: true}, '
        '127.0.0.1: {host: {198.51.100.1: {description: ours}}}}\n')
    elsewhere = pretender()
    resolver = f'{{servers: ["127.0.0.1:5301"], zones: {{198.51.100.0/24: {server}, 192.0.2.0/24: {server}}}}}'
    with Serving(tmp_path, resolver, samplers) as serving:
        serving.send("198.51.100.1", "198.51.100.9", "10.0.0.1", "fe80::1", "224.0.0.5")
        serving.send("192.0.2.77", sampler="127.0.0.2")
        serving.collector.settled("SrcAddr = toIPv6('192.0.2.0')")
        found = serving.names(3)
        assert found["198.51.100.1"] == "ours 198.51.100.1"
        assert found["198.51.100.9"] == "nine-a.example.net 198.51.100.9"
        assert found["192.0.2.0"] == "network.example.net 192.0.2.0"
        assert found["10.0.0.1"] == "10.0.0.1"
        assert elsewhere.asked == []
        # 9 and the anonymised network; neither what the configuration names nor what is private.
        assert serving.metric("queries_total", transport="udp") == 2

        # A zone for what is private, from now on; what was known is asked for anew.
        text = serving.collector.configuration.read_text()
        serving.collector.configuration.write_text(text.replace("zones: {", f"zones: {{10.0.0.0/8: {server}, "))
        network.wait_for(lambda: serving.top().get("10.0.0.1") == "inside.example.net 10.0.0.1", "a name from inside")
        assert elsewhere.asked == []


def test_a_dead_server_holds_up_nothing(name_server, pretender, tmp_path):
    dead = pretender()
    # Documentation prefixes have no more addresses; these are asked of nobody but this side.
    many = [f"203.0.113.{number}" for number in range(1, 255)]
    resolver = f'{{servers: ["127.0.0.1:5301"], zones: {{198.51.100.0/24: {name_server("127.0.0.1")}}}}}'
    with Serving(tmp_path, resolver) as serving:
        serving.send(*many, "198.51.100.9")
        assert serving.collector.settled("1") == 255
        longest = 0
        for _ in range(10):
            start = time.monotonic()
            serving.top()
            longest = max(longest, time.monotonic() - start)
        network.wait_for(lambda: dead.asked, "questions to the dead server")
        # Who waited for the dead server waited 2 s at least.
        assert longest < 1.9
        found = serving.names(1, filter="SrcAddr = 198.51.100.9 or SrcAddr = 203.0.113.1")
        assert found["198.51.100.9"] == "nine-a.example.net 198.51.100.9"
        network.wait_for(lambda: serving.metric("answers_total", outcome="failed") >= 40, "all of them given up")
        assert serving.metric("queue_addresses") == 0
        # It is left alone after a few: eight at a time, each at most twice.
        assert len(dead.asked) <= 20
        network.wait_for(lambda: serving.metric("problems_total", kind="silence") == len(dead.asked), "the last silence")
        serving.send(*many)
        assert serving.collector.settled("1") == 509
        serving.collector.accounted(14)
        checks.nothing_lost(serving.collector)
        # Another port and another number for each question.
        assert len({port for _, port in dead.asked}) >= len(dead.asked) / 2
        assert len({question[:2] for question, _ in dead.asked}) > 3


def test_rubbish_from_a_server_is_no_name(pretender, tmp_path):
    dice = random.Random(7)

    def answer(question):
        """Wrong number, wrong name, a circle of pointers, bytes by chance; and last what is right."""
        body = question[12:]
        record = b"\xc0\x0c\0\x0c\0\1\0\0\x0e\x10"
        right = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + body
        wrong = b"\5wrong\7example\3net\0"
        name = b"\5right\7example\3net\0"
        circle = record + b"\0\2" + struct.pack("!H", 0xC000 | (len(right) + 12))
        return [
            struct.pack("!H", struct.unpack("!H", question[:2])[0] ^ 1) + right[2:] + record + b"\0\x13" + wrong,
            right.replace(b"in-addr", b"in-addx") + record + b"\0\x13" + wrong,
            right + circle,
            right[:30],
            *[dice.randbytes(dice.randrange(1, 600)) for _ in range(20)],
            right + record + struct.pack("!H", len(name)) + name,
        ]

    server = pretender(answer)
    with Serving(tmp_path, '{servers: "127.0.0.1:5301"}') as serving:
        serving.send("203.0.113.1")
        serving.collector.settled("1")
        assert serving.names(1) == {"203.0.113.1": "right.example.net 203.0.113.1"}
        assert serving.metric("problems_total", kind="foreign") >= 2
        assert serving.metric("problems_total", kind="malformed") >= 2
        assert serving.collector.api("health")["status"] == "ok"


def test_off_without_servers(netmeta):
    serving = Serving.__new__(Serving)
    serving.collector, serving.sequence = netmeta, 0
    serving.send("198.51.100.1")
    netmeta.settled("1")
    serving.top()
    assert serving.metric("queries_total", transport="udp") == 0
    names = [open(f"/proc/{netmeta.process.pid}/task/{task}/comm").read().strip()
             for task in os.listdir(f"/proc/{netmeta.process.pid}/task")]
    assert "resolver" not in names
