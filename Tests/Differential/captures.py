"""The captures of exports, what netmeta makes of them, and how disagreements are listed."""

import atexit
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
TOGETHER = ("influxdata+telegraf/**/*.bin", "kentik+ktranslate/**/*.dat")
ALONE = ("gopacket+gopacket/**/*.dat", "netsampler+goflow2/**/*.dat", "bitkeks+python-netflow-v9-softflowd/**/*.dat")
NOT_EXPORTS = ("nflog", "ref-traffic", "erspan", "LACP", "mpls", "bgp", "nsh", "vxlan", "gso", "geneve", "various")
LISTED = pathlib.Path(__file__).with_name("disagreements.tsv")


def binary():
    default = ROOT / ".build/release/netmeta"
    path = pathlib.Path(os.environ.get("NETMETA") or os.environ.get("NETMETA_BINARY") or default)
    return path if path.exists() else None


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
        found[name].write_bytes(pcap([file.read_bytes() for file in files]))
    return found


def loose():
    """Files of one datagram each, by the name of the capture that they make."""
    found = {}
    for pattern in TOGETHER:
        for path in sorted(CORPORA.glob(pattern)):
            origin = path.relative_to(CORPORA).parts[0].partition("+")[2]
            found.setdefault(f"{origin}-{path.parent.name}", []).append(path)
    for pattern in ALONE:
        for path in sorted(CORPORA.glob(pattern)):
            found[path.name.removesuffix(".dat")] = [path]
    return found


def pcap(payloads):
    """A capture of UDP datagrams from 192.0.2.1 port 40000, a second apart."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, payload in enumerate(payloads):
        port = 6343 if payload[:4] == b"\0\0\0\5" else 2055
        udp = struct.pack(">HHHH", 40000, port, len(payload) + 8, 0) + payload
        ip = struct.pack(">BBHHHBBH", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0) + bytes([192, 0, 2, 1, 192, 0, 2, 2])
        data += struct.pack("<IIII", 1_500_000_000 + number, 0, len(udp) + 20, len(udp) + 20) + ip + udp
    return data


def payloads(path):
    """The UDP payloads of a capture, as tshark reassembles them."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-e", "udp.payload", "--disable-protocol", "cflow"]
    lines = subprocess.run(command + ["--disable-protocol", "sflow"], capture_output=True, text=True, timeout=120)
    return [bytes.fromhex(line) for line in lines.stdout.splitlines() if line]


def netmeta(path):
    """The rows of a capture, and the summary."""
    run = subprocess.run([binary(), "decode", path], capture_output=True, text=True, check=True, timeout=120)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return rows, json.loads(run.stderr.splitlines()[-1])


def listed(tool):
    """What is known to differ: {(capture, field): (who is right, why)}; a capture of * stands for all."""
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
        if (capture, field) not in known and ("*", field) not in known
    ]


def nanoseconds(text):
    """RFC 3339 in UTC to nanoseconds since 1970."""
    import calendar
    import time

    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction.ljust(9, "0") or 0)
