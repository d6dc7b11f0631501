"""Names from SNMP agents: the real snmpd over IPv4 and over IPv6 alone, versions
2c and 3, with net-snmp's own client as the oracle; agents that are dead, and fake
ones that are hostile; and communities that stay within their prefixes.
"""

import glob
import ipaddress
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

import pytest

import checks
import collector
import network
import snmp

ROOT = pathlib.Path(__file__).resolve().parents[2]
IFHIGHSPEED = snmp.IFNAME[:-1] + (15,)
COMMUNITY, AUTHENTICATION, PRIVACY = "right-community", "right-authentication", "right-privacy"
USERS = f"""
createUser new SHA-256 {AUTHENTICATION} AES {PRIVACY}
createUser best SHA-512 {AUTHENTICATION} AES-256 {PRIVACY}
createUser old MD5 {AUTHENTICATION}
createUser other SHA-256 {AUTHENTICATION} AES {PRIVACY}
createUser bare SHA-256 {AUTHENTICATION} AES {PRIVACY}
rouser new priv
rouser other priv
rouser bare priv
rouser best priv
rouser old auth
"""
# Debian's agent has no ifAlias of its own.
ROUTER = f"""
rocommunity {COMMUNITY}
rocommunity6 {COMMUNITY}
sysName router.example.net
override .1.3.6.1.2.1.31.1.1.1.18.1 octet_str "uplink to Example"
interface snmp1 53 64000
""" + USERS


class Serving:
    """A collector that asks agents."""

    def __init__(self, folder, agents, more="", **options):
        self.collector = collector.Collector(folder, **options)
        self.usual = self.collector.configuration.read_text()
        self.configure(agents, more)
        self.sequence = 0

    def configure(self, agents, more=""):
        self.collector.configuration.write_text(f"{self.usual}enrichment: {{snmp: {{{agents}}}}}\n{more}")
        if self.collector.process:
            self.collector.process.send_signal(signal.SIGHUP)

    def __enter__(self):
        self.collector.start()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.collector.stop()
        finally:
            self.collector.kill()

    def send(self, *exporters, interface=1, told=()):
        """One flow from each exporter, in through an interface; and the names that it tells in options data."""
        for exporter in exporters:
            six = ":" in exporter
            out = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
            out.bind((exporter, 0))
            template = struct.pack("!HHHHHHHHHH", 256, 4, 8, 4, 10, 4, 1, 8, 2, 8)
            record = ipaddress.ip_address("198.51.100.1").packed + struct.pack("!IQQ", interface, 1000, 1)
            sets = [(2, template), (256, record)]
            if told:
                sets.append((3, struct.pack("!HHHHHHH", 257, 2, 1, 10, 4, 82, 16)))
                sets.append((257, b"".join(struct.pack("!I16s", number, name.encode()) for number, name in told)))
            body = b"".join(struct.pack("!HH", number, 4 + len(content)) + content for number, content in sets)
            out.sendto(struct.pack("!HHIII", 10, 16 + len(body), int(time.time()), 0, 7) + body,
                       ("::1" if six else "127.0.0.1", collector.IPFIX))
            out.close()

    def rows(self, count):
        network.wait_for(lambda: self.collector.rows() >= count, f"{count} rows")

    def exporter(self, address):
        found = self.collector.api("exporters", address=address)["exporters"]
        return found[0] if found else {"snmp": None}

    def asked(self, address, problem=None):
        """What is known of an exporter once its agent has answered, or the problem has those words in it."""
        def state():
            exporter = self.exporter(address)
            agent = exporter["snmp"] or {"asked": None}
            if agent["asked"] is None:
                return None
            return exporter if problem is None and agent["answered"] or problem and problem in (agent["problem"] or "") else None
        try:
            return network.wait_for(state, f"the agent of {address}")
        except TimeoutError as error:
            raise AssertionError(f"{error}: {self.exporter(address)['snmp']}")

    def metric(self, name, **labels):
        words = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return self.collector.metrics().get(f"netmeta_{name}" + (f"{{{words}}}" if words else ""))


@pytest.fixture
def agent(tmp_path, private_network):
    agents = []

    def start(*addresses, configuration=ROUTER, port=161):
        agents.append(snmp.Agent(tmp_path / f"snmpd{len(agents)}", addresses, configuration, port))
        return agents[-1]
    yield start
    for one in agents:
        one.close()


@pytest.fixture
def fake(private_network):
    fakes = []

    def start(*words):
        fakes.append(snmp.FakeAgent(*words))
        return fakes[-1]
    yield start
    for one in fakes:
        one.close()


def user(name, **more):
    parts = {"version": 3, "user": name} | more
    return json.dumps(parts)


def test_names_from_agents(agent, tmp_path):
    # A real interface besides the loopback, whose name the configuration gives.
    if "snmp0" not in [name for _, name in socket.if_nameindex()]:
        network.run("ip", "link", "add", "snmp0", "type", "veth", "peer", "name", "snmp1")
    number = socket.if_nametoindex("snmp0")
    # It reads the list of interfaces when it starts, and then once in a while.
    agent("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.6", "127.0.0.7", "127.0.0.8", "::1")
    slowest = socket.if_nametoindex("snmp1")
    # Of an interface that has just come it tells the kernel's speed at first.
    network.wait_for(lambda: snmp.walk("127.0.0.1", IFHIGHSPEED, "-v2c", "-c", COMMUNITY).get(slowest) == "0",
                     "the speed of its configuration")
    secret = tmp_path / "community"
    secret.write_text(COMMUNITY + "\n")
    key, hidden = {"password": AUTHENTICATION}, {"password": PRIVACY}
    agents = {
        "127.0.0.0/29": json.dumps({"community": {"file": str(secret)}, "interval": 30}),
        "127.0.0.2": json.dumps({"community": "wrong-community"}),
        "127.0.0.3": user("best", authentication=key | {"protocol": "sha512"}, privacy=hidden | {"protocol": "aes256"}),
        "127.0.0.4": user("old", authentication=key | {"protocol": "md5"}),
        "127.0.0.6": user("nobody", authentication=key),
        "127.0.0.7": user("other", authentication={"password": "wrong-authentication"}, privacy=hidden),
        "127.0.0.8": user("bare", authentication=key),
        '"::1"': user("new", authentication=key, privacy=hidden),
    }
    given = (f"samplers: {{127.0.0.1: {{interface: {{{number}: given}}}}, 127.0.0.5: {{description: given, too}}, "
             '"::1": {description: six}}\n').replace("given, too", "given-too")
    with Serving(tmp_path, ", ".join(f"{name}: {value}" for name, value in agents.items()), given) as serving:
        serving.send("127.0.0.1", told=[(1, "told"), (999, "told-only")])
        serving.send("127.0.0.1", interface=number)
        serving.send("127.0.0.1", interface=999)
        for last in range(2, 9):
            serving.send(f"127.0.0.{last}")
        serving.send("::1")
        # What it told in flow data is known a moment after the flow is.
        network.wait_for(lambda: "told-only" in json.dumps(serving.exporter("127.0.0.1")), "a name in options data")
        four, six = serving.asked("127.0.0.1"), serving.asked("::1")

        # What the other client reads, over both versions and families.
        words = {"127.0.0.1": ["-v2c", "-c", COMMUNITY],
                 "::1": ["-v3", "-l", "authPriv", "-u", "new", "-a", "SHA-256", "-A", AUTHENTICATION, "-x", "AES", "-X", PRIVACY]}
        for exporter in (four, six):
            address = exporter["address"]
            names = snmp.walk(address, snmp.IFNAME, *words[address])
            speeds = snmp.walk(address, IFHIGHSPEED, *words[address])
            aliases = snmp.walk(address, snmp.IFNAME[:-1] + (18,), *words[address])
            assert names[1] == "lo" and aliases[1] == "uplink to Example" and names[number] == "snmp0"
            expected = {index: f"{name}: {aliases[index]}" if aliases[index] else name for index, name in names.items()}
            if exporter is four:
                expected |= {number: "given", 999: "told-only"}
            assert {int(entry["id"]): entry["name"] for entry in exporter["names"]["interfaces"]} == expected
            found = {int(entry["id"]): entry["speed"] for entry in exporter["names"]["interfaces"] if "speed" in entry}
            slow = snmp.walk(address, (1, 3, 6, 1, 2, 1, 2, 2, 1, 5), *words[address])
            expected = {index: int(speed) for index, speed in slow.items() if speed not in ("0", "4294967295")}
            expected |= {index: int(speed) * 1_000_000 for index, speed in speeds.items() if speed != "0"}
            assert found == expected and found[socket.if_nametoindex("snmp1")] == 64_000
            assert exporter["snmp"]["problem"] is None and exporter["snmp"]["name"] == "router.example.net"
            assert serving.metric("exporter_snmp_up", exporter=address) == 1
        assert (four["name"], six["name"]) == ("router.example.net", "six")
        assert (four["snmp"]["version"], six["snmp"]["version"]) == ("2c", "3")
        assert serving.asked("127.0.0.3")["snmp"]["interfaces"] == serving.asked("127.0.0.4")["snmp"]["interfaces"] > 0

        # The words that name the fix.
        serving.asked("127.0.0.2", "wrong community or not allowed by the agent")
        assert serving.asked("127.0.0.5", "nothing listens on UDP port 161")["name"] == "given-too"
        serving.asked("127.0.0.6", "doesn't know the user")
        serving.asked("127.0.0.8", "may need privacy")
        serving.asked("127.0.0.7", "wrong password or protocol of authentication")
        assert serving.metric("exporter_snmp_up", exporter="127.0.0.2") == 0

        # Answers and SQL.
        serving.rows(10)
        rows = serving.collector.api(
            "top", from_="-1h", to="now", dimensions="SamplerAddress,InIf", filter="SamplerAddress = 127.0.0.1")["rows"]
        assert {tuple(row["labels"]) for row in rows if row["kind"] == "value"} == {
            ("router.example.net 127.0.0.1", f"{name} if {index}")
            for index, name in ((1, "lo: uplink to Example"), (number, "given"), (999, "told-only"))}
        sql = ("SELECT DISTINCT InIf, InterfaceToString(SamplerAddress, InIf) AS name FROM flows_raw "
               "WHERE SamplerAddress = toIPv6('{}') ORDER BY InIf")

        def in_sql(address):
            return {row["InIf"]: row["name"] for row in serving.collector.sql(sql.format(address))}
        network.wait_for(lambda: in_sql("127.0.0.1") == {
            1: "router.example.net - 1 [lo: uplink to Example]", number: f"router.example.net - {number} [given]",
            999: "router.example.net - 999 [told-only]"}, "names in SQL")
        assert in_sql("::1") == {1: "six - 1 [lo: uplink to Example]"}
        assert in_sql("127.0.0.2") == {1: "127.0.0.2 - 1"}

        # Health, and secrets that stay where they are.
        health = serving.collector.api("health")["snmp"]
        assert health == {"agents": 9, "answering": 4, "leftOut": 0, "problem": None}
        command = [collector.BINARY, "doctor", "--config", str(serving.collector.configuration), "--data", str(serving.collector.data)]
        doctor = subprocess.run(command, capture_output=True, text=True).stdout
        assert "4 of 9 agents tell names" in doctor and "127.0.0.2: no answer: wrong community" in doctor
        shown = network.run(collector.BINARY, "config", "show", "--config", str(serving.collector.configuration))
        assert "(hidden)" in shown and str(secret) in shown
        everything = shown + doctor + serving.collector.log.read_text() + json.dumps(serving.collector.api("exporters")) + str(
            serving.collector.metrics()) + json.dumps(serving.collector.api("health"))
        for word in (COMMUNITY, AUTHENTICATION, PRIVACY, "wrong-community", "wrong-authentication"):
            assert word not in everything


def test_a_new_interface_is_asked_for_before_its_turn(agent, tmp_path):
    agent("127.0.0.1")
    with Serving(tmp_path, f"127.0.0.1: {{community: {COMMUNITY}, interval: 3600}}") as serving:
        serving.send("127.0.0.1")
        serving.asked("127.0.0.1")
        assert serving.metric("snmp_extra_polls_total") == 0
        network.run("ip", "link", "add", "snmp2", "type", "veth", "peer", "name", "snmp3")
        try:
            number = socket.if_nametoindex("snmp2")

            def name():
                serving.send("127.0.0.1", interface=number)
                names = serving.exporter("127.0.0.1")["names"]["interfaces"]
                return [entry["name"] for entry in names if entry["id"] == str(number)]
            # Ten seconds after the first poll, or twenty after that one: the agent looks for interfaces every 15.
            assert network.wait_for(name, "the name of a new interface", seconds=60) == ["snmp2"]
        finally:
            network.run("ip", "link", "delete", "snmp2")
        assert 1 <= serving.metric("snmp_extra_polls_total") <= 3


def test_dead_agents_hold_up_nothing(agent, fake, tmp_path):
    # A black hole for all of 127/8 but the one that is alive.
    hole = fake("0.0.0.0", lambda *_: None)
    agent("127.0.0.1", port=1161)
    dead = [f"127.1.0.{number}" for number in range(1, 41)]
    agents = f"127.1.0.0/16: {{community: {COMMUNITY}}}, 127.0.0.1: {{community: {COMMUNITY}, port: 1161}}"
    with Serving(tmp_path, agents) as serving:
        serving.send(*dead)
        network.wait_for(lambda: hole.asked, "questions to dead agents")
        assert serving.metric("snmp_open_polls") <= 32
        serving.send(*dead, "127.0.0.1")
        longest = 0
        for _ in range(5):
            start = time.monotonic()
            serving.collector.api("top", from_="-1h", to="now", dimensions="SamplerAddress,InIf")
            longest = max(longest, time.monotonic() - start)
        # Who waited for a dead agent waited 3 s.
        assert longest < 2.9
        serving.rows(2 * len(dead) + 1)
        serving.collector.accounted(2 * len(dead) + 1)
        checks.nothing_lost(serving.collector)
        # The one that is alive isn't asked after all that are dead have had their second turn.
        assert serving.asked("127.0.0.1")["name"] == "router.example.net"
        # Two datagrams each at the most, and then they are left alone for a while.
        network.wait_for(lambda: serving.metric("snmp_polls_total", outcome="silence"), "silence to be counted")
        assert len(hole.asked) <= 2 * len(dead)


FAKES = {
    "127.0.0.20": (snmp.endless, "more names than one agent may have"),
    "127.0.0.21": (snmp.standing, "don't increase"),
    "127.0.0.22": (snmp.falling, "don't increase"),
    "127.0.0.24": (snmp.rubbish(), "no answer"),
    "127.0.0.25": (lambda *_: [], "no answer"),
}


def test_fake_hostile_agents_and_communities_within_their_prefixes(fake, tmp_path):
    inside = [fake(address, answer) for address, (answer, _) in FAKES.items()]
    large, outside = fake("127.0.0.23", snmp.oversized), fake("127.0.0.33", snmp.oversized)
    inside.append(large)
    with Serving(tmp_path, "127.0.0.16/28: {community: for-the-first}") as serving:
        serving.send("127.0.0.33", *FAKES, "127.0.0.23")
        for address, (_, problem) in FAKES.items():
            assert serving.asked(address, problem)["names"]["interfaces"] == []
        exporter = serving.asked("127.0.0.23")
        # Cut to 128 bytes, nothing behind a zero byte, and no byte that moves a cursor.
        assert exporter["name"] == "?[2J<script>"
        assert [entry["name"] for entry in exporter["names"]["interfaces"]] == ["?" + "y" * 127] * 3
        assert serving.collector.api("health")["status"] == "ok"
        assert outside.asked == [] and serving.exporter("127.0.0.33")["snmp"] is None

        # Others from now on: what was told is forgotten, and no community goes to both.
        count = sum(len(one.asked) for one in inside)
        serving.configure("127.0.0.33: {community: for-the-second}")
        assert serving.asked("127.0.0.33")["name"] == "?[2J<script>"
        gone = serving.exporter("127.0.0.23")
        assert gone["snmp"] is None and gone["name"] is None and gone["names"]["interfaces"] == []
        assert sum(len(one.asked) for one in inside) == count
        for agents, word in ((inside, b"for-the-first"), ([outside], b"for-the-second")):
            assert all(word in message for one in agents for message in one.asked)


def test_without_the_library(fake, tmp_path):
    dead = fake("127.0.0.1")
    library = glob.glob("/usr/lib/*/libsnmp.so.40")[0]
    serving = Serving(tmp_path, "127.0.0.1: {community: word}")
    # Another file in its place, in the eyes of this process only.
    serving.collector.wrapper = [
        "unshare", "--mount", "sh", "-c", f'mount --bind /dev/null {os.path.realpath(library)} && exec "$@"', "sh"]
    with serving:
        serving.send("127.0.0.1")
        problem = network.wait_for(lambda: serving.collector.api("health")["snmp"]["problem"], "what is missing")
        assert "apt install libsnmp40" in problem
        serving.rows(1)
        assert dead.asked == []
        lines = [line for line in serving.collector.log.read_text().splitlines() if "libsnmp40" in line]
        assert len(lines) == 1


def test_off_by_default(netmeta):
    serving = Serving.__new__(Serving)
    serving.collector, serving.sequence = netmeta, 0
    serving.send("127.0.0.1")
    serving.rows(1)
    assert netmeta.api("health")["snmp"] is None and serving.exporter("127.0.0.1")["snmp"] is None
    process = pathlib.Path(f"/proc/{netmeta.process.pid}")
    assert "libsnmp" not in (process / "maps").read_text()
    assert "snmp" not in [(task / "comm").read_text().strip() for task in (process / "task").iterdir()]


def test_our_declarations_are_those_of_the_library(tmp_path):
    """Offsets, and so sizes and order, of all fields that are declared for use without the headers."""
    header = (ROOT / "Sources/CNetSNMP/net_snmp_types.h").read_text()
    fields = {"ns_variable": ("netsnmp_variable_list", "next_variable name name_length type val val_len"),
              "ns_pdu": ("netsnmp_pdu", "version command reqid msgid transid sessid errstat errindex time flags securityModel "
                         "securityLevel msgParseModel msgMaxSize variables community community_len contextEngineID "
                         "securityEngineID securityEngineIDLen securityName securityNameLen"),
              "ns_session": ("netsnmp_session", "version retries timeout flags peername callback callback_magic s_errno "
                             "s_snmp_errno community community_len securityEngineID securityEngineIDLen securityName "
                             "securityNameLen securityAuthProto securityAuthProtoLen securityAuthKey securityAuthKeyLen "
                             "securityPrivProto securityPrivProtoLen securityPrivKey securityPrivKeyLen securityModel "
                             "securityLevel myvoid"),
              "ns_fd_set": ("netsnmp_large_fd_set", "lfs_setsize lfs_setptr lfs_set")}
    checks_in_c = "".join(
        f'_Static_assert(offsetof({ours}, {name}) == offsetof({theirs}, {name}), "{ours}.{name}");\n'
        f'_Static_assert(sizeof((({ours} *)0)->{name}) == sizeof((({theirs} *)0)->{name}), "{ours}.{name}");\n'
        for ours, (theirs, names) in fields.items() for name in names.split())
    whole = "".join(f'_Static_assert(sizeof({ours}) == sizeof({fields[ours][0]}), "{ours}");\n' for ours in ("ns_session", "ns_fd_set"))
    source = tmp_path / "check.c"
    source.write_text(f"#include <net-snmp/net-snmp-config.h>\n#include <net-snmp/net-snmp-includes.h>\n{header}\n{checks_in_c}{whole}")
    network.run("gcc", "-fsyntax-only", "-Wno-deprecated-declarations", str(source))
