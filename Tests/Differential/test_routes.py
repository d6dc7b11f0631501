"""Every prefix of MRT files and MaxMind DBs as `netmeta asmap` prints it, beside bgpdump, mrtparse and mmdblookup.

From the paths that the other readers print, the origin is found here once more: the rule of Docs/asmap.md.
"""

import bz2
import collections
import ipaddress
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import captures

FIXTURES = captures.ROOT / "Tests/Fixtures/mrt"
SAMPLES = captures.CORPORA / "t2mune+mrtparse/samples"
# Whole tables of other programs, where they lie beside the checkout.
OTHERS = [
    path
    for name in ("bird-mrtdump_rib", "bird6-mrtdump_rib", "openbgpd_rib_table", "openbgpd_rib_table-v2", "quagga_rib")
    if (path := SAMPLES / name).exists()
]
# bgpdump prints "! Error !" for the path of longpath.mrt; mrtparse takes its numbers for two-byte ones and loses its way.
TABLES = [path for path in sorted(FIXTURES.glob("*.mrt*")) if path.name != "longpath.mrt"] + OTHERS

pytestmark = pytest.mark.skipif(
    captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)"
)


def asmap(*arguments):
    command = [captures.binary(), "asmap", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def ours(path):
    found = {}
    for line in asmap(path):
        prefix, asn = line.split(",")[:2]
        found[ipaddress.ip_network(prefix)] = int(asn)
    return found


def origin(path, peer_as):
    """The origin of a path: a list of segments (kind, numbers) where kind is set, sequence or confederation."""
    segments = [(kind, numbers) for kind, numbers in path if kind != "confederation" and numbers]
    if not segments:
        return peer_as
    kind, numbers = segments[-1]
    return min(numbers) if kind == "set" else numbers[-1]


def elect(claims):
    """The origin of each prefix by {prefix: {(peer, origin)}}: most peers, of equals the lowest."""
    chosen = {}
    for prefix, votes in claims.items():
        counts = collections.Counter(number for _, number in votes if number)
        if prefix.prefixlen and counts:
            chosen[prefix] = min(counts, key=lambda number: (-counts[number], number))
    return chosen


def written(path):
    """A path as bgpdump prints it: {1,2} a set, (1 2) and [1,2] confederations."""
    segments = []
    for part in re.findall(r"\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|\d+", path):
        if part[0] == "{":
            segments.append(("set", [int(number) for number in part[1:-1].split(",") if number]))
        elif part[0] in "([":
            segments.append(("confederation", [0]))
        elif segments and segments[-1][0] == "sequence":
            segments[-1][1].append(int(part))
        else:
            segments.append(("sequence", [int(part)]))
    return segments


def by_bgpdump(path):
    text = subprocess.run(["bgpdump", "-m", path], capture_output=True, text=True, check=True).stdout
    claims = collections.defaultdict(set)
    for line in text.splitlines():
        fields = line.split("|")
        # With ADD-PATH a number stands between prefix and path.
        path_field = 7 if fields[0].endswith("_AP") else 6
        prefix = ipaddress.ip_network(fields[5])
        claims[prefix].add(((fields[3], fields[4]), origin(written(fields[path_field]), int(fields[4]))))
    return elect(claims)


@pytest.mark.skipif(shutil.which("bgpdump") is None, reason="bgpdump isn't installed")
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_bgpdump(path):
    found = ours(path)
    assert found
    assert found == by_bgpdump(path)


KINDS = {"AS_SET": "set", "AS_SEQUENCE": "sequence", "AS_CONFED_SEQUENCE": "confederation", "AS_CONFED_SET": "confederation"}


def only(value):
    """The text of an entry of mrtparse, whose types are {number: text}."""
    return next(iter(value.values())) if isinstance(value, dict) else value


def by_mrtparse(path):
    mrtparse = pytest.importorskip("mrtparse")
    claims = collections.defaultdict(set)
    peers = []
    for record in mrtparse.Reader(str(path)):
        data = record.data
        if "peer_entries" in data:
            peers = [int(entry["peer_as"]) for entry in data["peer_entries"]]
            continue
        if "prefix" not in data:
            continue
        prefix = ipaddress.ip_network(f"{data['prefix']}/{data.get('prefix_length', data.get('length'))}")
        for entry in data.get("rib_entries", [data]):
            if "peer_index" in entry:
                peer, peer_as = entry["peer_index"], peers[entry["peer_index"]]
            else:
                peer, peer_as = entry["peer_ip"], int(entry["peer_as"])
            segments = [
                (KINDS[only(segment["type"])], [int(number) for number in segment["value"]])
                for attribute in entry["path_attributes"]
                if only(attribute["type"]) == "AS_PATH"
                for segment in attribute["value"]
            ]
            claims[prefix].add((peer, origin(segments, peer_as)))
    return elect(claims)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_mrtparse(path):
    assert ours(path) == by_mrtparse(path)


def test_long_path():
    """What both other readers fail at: 201 numbers and then 81, of which the last is the origin."""
    assert ours(FIXTURES / "longpath.mrt") == {ipaddress.ip_network("198.18.0.0/15"): 64504}


def test_compressed_is_the_same():
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "plain"
        plain.write_bytes(bz2.decompress((FIXTURES / "bird_master4.mrt.bz2").read_bytes()))
        assert ours(plain) == ours(FIXTURES / "bird_master4.mrt.bz2")


@pytest.mark.skipif(shutil.which("mmdblookup") is None, reason="mmdb-bin isn't installed")
def test_mmdblookup():
    """The first and the last address of every network, and the addresses beside them."""
    path = FIXTURES / "asn.mmdb"
    networks = ours(path)
    assert networks
    addresses = [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("::1")]
    for network in networks:
        addresses += [network[0], network[-1], network[0] - 1, network[-1] + 1]
    wanted = {}
    for address in addresses:
        command = ["mmdblookup", "--file", path, "--ip", str(address), "autonomous_system_number"]
        answer = subprocess.run(command, capture_output=True, text=True)
        number = re.search(r"(\d+) <", answer.stdout)
        wanted[str(address)] = int(number.group(1)) if number else None
    asked = [argument for address in wanted for argument in ("--address", address)]
    found = {}
    for line in asmap(path, *asked):
        address, _, rest = line.partition(": ")
        number = re.match(r"AS(\d+)", rest)
        found[address] = int(number.group(1)) if number else None
    assert found == wanted


@pytest.mark.skipif(shutil.which("mmdblookup") is None, reason="mmdb-bin isn't installed")
def test_places():
    """Country and city of both ends of every network of a city database, and of the addresses beside them."""
    path = FIXTURES / "city.mmdb"
    networks = [ipaddress.ip_network(line.split(",")[0]) for line in asmap(path)]
    assert len(networks) > 50
    addresses = [ipaddress.ip_address("203.0.113.7"), ipaddress.ip_address("::1")]
    for network in networks:
        addresses += [network[0], network[-1], network[0] - 1, network[-1] + 1]
    wanted = {str(address): place(path, address) for address in addresses}
    asked = [argument for address in wanted for argument in ("--address", address)]
    found = {}
    for line in asmap(path, *asked):
        address, _, rest = line.partition(": ")
        # "AS unknown, by a /32, DE, Berlin"
        country, city = [*rest.split(", ", 3)[2:], None, None][:2]
        found[address] = (country, city)
    assert found == wanted


def place(path, address):
    """What mmdblookup says of an address: (country, city)."""
    def ask(*keys):
        command = ["mmdblookup", "--file", path, "--ip", str(address), *keys]
        text = re.search(r'"(.*)" <utf8_string>', subprocess.run(command, capture_output=True, text=True).stdout)
        return text and text.group(1)
    return ask("country", "iso_code"), ask("city", "names", "en")
