"""The captures of exports, what netmeta makes of them, and how disagreements are listed."""

import atexit
import collections
import fnmatch
import functools
import ipaddress
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPORA = ROOT.parent / "shared" / "corpora"
# Those of other folders are packets of other kinds.
FOLDERS = ("local-lab", "local-lab/_replay", "the-tcpdump-group+tcpdump/tests")
# Datagrams in files of their own: those of a folder belong together, or each stands alone.
TOGETHER = ("influxdata+telegraf/**/*.bin", "kentik+ktranslate/**/*.dat", "repeatedly+fluent-plugin-netflow/**/*.dump")
ALONE = ("gopacket+gopacket/**/*.dat", "netsampler+goflow2/**/*.dat", "bitkeks+python-netflow-v9-softflowd/**/*.dat")
NOT_EXPORTS = ("nflog", "ref-traffic", "erspan", "LACP", "mpls", "bgp", "nsh", "vxlan", "gso", "geneve", "various")
LISTED = pathlib.Path(__file__).with_name("disagreements.tsv")


def binary():
    default = ROOT / ".build/release/netmeta"
    path = pathlib.Path(os.environ.get("NETMETA") or os.environ.get("NETMETA_BINARY") or default)
    return path if path.exists() else None


@functools.lru_cache(maxsize=None)
def captures():
    found = {path.parent.name: path for path in sorted(ROOT.glob("Tests/Fixtures/*/*/capture.pcap"))}
    for folder in FOLDERS:
        for path in sorted((CORPORA / folder).glob("*.pcap")):
            if not path.name.startswith(NOT_EXPORTS):
                found[path.stem] = path
    folder = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-differential-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, files in loose().items():
        found[name] = folder / f"{name}.pcap"
        found[name].write_bytes(pcap([alone(file.read_bytes()) for file in files]))
    for file in sorted(ROOT.glob("Tests/Fixtures/*/*/export.ipfix")):
        found[file.parent.name] = folder / f"{file.parent.name}.pcap"
        found[file.parent.name].write_bytes(pcap(map(alone, messages(file.read_bytes()))))
    return found


def loose():
    """Files of one datagram each, by the name of the capture that they make."""
    found = {}
    for pattern in TOGETHER:
        # Where names tell of templates, those come first.
        for path in sorted(CORPORA.glob(pattern), key=lambda path: (".dump" in path.name and "template" not in path.name, path)):
            origin = path.relative_to(CORPORA).parts[0].partition("+")[2]
            found.setdefault(f"{origin}-{path.parent.name}", []).append(path)
    for pattern in ALONE:
        for path in sorted(CORPORA.glob(pattern)):
            found[path.name.removesuffix(".dat")] = [path]
    return found


Datagram = collections.namedtuple("Datagram", "source source_port target_port payload is_tcp", defaults=(False,))


def alone(payload):
    """A datagram that nobody captured."""
    return Datagram("192.0.2.1", 40000, 6343 if payload[:4] == b"\0\0\0\5" else 2055, payload)


def pcap(datagrams):
    """A capture of UDP datagrams, at the times when they were exported: no clock is wrong in it."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, (source, source_port, target_port, payload, _) in enumerate(datagrams):
        udp = struct.pack(">HHHH", source_port, target_port, len(payload) + 8, 0) + payload
        ip = struct.pack(">BBHHHBBH", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0)
        ip += ipaddress.ip_address(source).packed[-4:] + bytes([192, 0, 2, 2])
        seconds = exported(payload) or 1_500_000_000 + number
        data += struct.pack("<IIII", seconds, 0, len(udp) + 20, len(udp) + 20) + ip + udp
    return data


def exported(payload):
    """The export time of a message; None of those that tell none."""
    version = int.from_bytes(payload[:2], "big")
    offset = {1: 8, 5: 8, 7: 8, 9: 8, 10: 4}.get(version)
    return int.from_bytes(payload[offset : offset + 4], "big") if offset and len(payload) >= offset + 4 else None


@functools.lru_cache(maxsize=None)
def datagrams(path):
    """The UDP datagrams of a capture, as tshark reassembles them, and the IPFIX messages of its TCP sessions."""
    names = ("ip.src", "ipv6.src", "udp.srcport", "udp.dstport", "udp.payload", "tcp.srcport", "tcp.dstport", "tcp.stream", "tcp.payload")
    command = ["tshark", "-n", "-r", path, "-T", "fields", *(word for name in names for word in ("-e", name))]
    for protocol in ("cflow", "sflow"):
        command += ["--disable-protocol", protocol]
    result, streams = [], {}
    for line in subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.splitlines():
        v4, v6, source, target, payload, tcp_source, tcp_target, stream, data = line.split("\t")
        # Behind a tunnel's own address come those of the packet inside.
        address = (v4 or v6 or "192.0.2.1").split(",")[0]
        if payload and source.isdigit():
            result.append(Datagram(address, int(source), int(target), bytes.fromhex(payload)))
        elif data:
            # Captured on loopback, where every segment comes once and in order.
            rest = streams.get(stream, b"") + bytes.fromhex(data)
            while len(rest) >= 4 and rest[:2] == b"\0\x0a" and len(rest) >= (length := max(16, int.from_bytes(rest[2:4], "big"))):
                result.append(Datagram(address, int(tcp_source), int(tcp_target), rest[:length], True))
                rest = rest[length:]
            streams[stream] = rest
    return result


def payloads(path):
    """The UDP payloads of a capture, and the messages of its TCP sessions."""
    return [datagram.payload for datagram in datagrams(path)]


def messages(data):
    """The messages of a file of IPFIX (RFC 5655)."""
    result = []
    while data:
        length = int.from_bytes(data[2:4], "big")
        result.append(data[:length])
        data = data[length:]
    return result


@functools.lru_cache(maxsize=None)
def netmeta(path):
    """The rows of a capture, and the summary; as of a capture at the times when it was exported, if clocks were wrong:
    other programs leave times as they are."""
    rows, summary = decode(path)
    if summary["wrongClocks"] == 0:
        return rows, summary
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(pcap(datagrams(path)))
        file.flush()
        return decode(file.name)


def decode(path):
    run = subprocess.run([binary(), "decode", path], capture_output=True, text=True, check=True, timeout=120)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return rows, json.loads(run.stderr.splitlines()[-1])


def listed(tool):
    """What is known to differ: {(pattern of captures, field): (who is right, why)}."""
    known = {}
    for line in LISTED.read_text().splitlines():
        if line and not line.startswith("#"):
            program, capture, field, right, why = line.split("\t")
            if program == tool:
                known[capture, field] = (right, why)
    return known


def unlisted(tool, capture, differences):
    """Those differences that the table doesn't know, as sentences."""
    known = listed(tool)
    return [
        f"{tool}\t{capture}\t{field}\t: {example}"
        for field, example in sorted(differences.items())
        if not any(known_field == field and fnmatch.fnmatchcase(capture, pattern) for pattern, known_field in known)
    ]


def nanoseconds(text):
    """RFC 3339 in UTC to nanoseconds since 1970."""
    import calendar
    import time

    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction.ljust(9, "0") or 0)
