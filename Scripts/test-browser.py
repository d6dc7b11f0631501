"""Runs the browser tests (Tests/Browser) against four servers of their own:
one that has just received the two flows of a fixture, and the options data of
an exporter about which all is doubtful, one that has received nothing, one
that was sent more than its socket could hold, and one with an hour in which
something changed, in its traffic and on its paths.
Needs no root. Further arguments go to pytest.
"""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from random import Random

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Lab"))
sys.path.insert(0, str(ROOT / "Tests/Browser"))

import warts  # noqa: E402
from collector import BINARY, Collector  # noqa: E402

SEED = ROOT / "Tests/Fixtures/netflow/softflowd-ipfix/capture.pcap"
SEED_FLOWS = 2


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server(folder, **options):
    """A server on free ports, and the port that takes flows."""
    folder.mkdir(exist_ok=True)
    port = free_port(socket.SOCK_DGRAM)
    return Collector(
        folder, netflow=port, ipfix="off", sflow="off", console=free_port(socket.SOCK_STREAM), **options).start(), port


def payloads(capture):
    """The UDP payloads of one of our own captures (pcap of Ethernet, IPv4, UDP)."""
    content, offset = capture.read_bytes(), 24
    while offset < len(content):
        length = struct.unpack_from("<I", content, offset + 8)[0]
        frame = content[offset + 16:offset + 16 + length]
        offset += 16 + length
        yield frame[14 + 4 * (frame[14] & 15) + 8:]


def seed(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for payload in payloads(SEED):
            sender.sendto(payload, ("127.0.0.1", port))


def seed_doubtful(port):
    """An exporter that tells the names of 30 interfaces, no sampling rate and no flow, whose
    clock is two hours behind, and whose data needs a template that never comes (RFC 3954)."""
    def flow_set(number, body):
        body += bytes(-len(body) % 4)
        return struct.pack("!HH", number, 4 + len(body)) + body
    names = b"".join(struct.pack("!I16s", index, f"xe-0/0/{index}".encode()) for index in range(1, 31))
    sets = [
        # Scope: interface (2); option: interfaceName (82).
        flow_set(1, struct.pack("!HHHHHHH", 256, 4, 4, 2, 4, 82, 16)), flow_set(256, names), flow_set(300, bytes(40))]
    header = struct.pack("!HHIIII", 9, 32, 1000, int(time.time()) - 7200, 1, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.9", 0))
        sender.sendto(header + b"".join(sets), ("127.0.0.1", port))


def changed(folder):
    """A data folder with 20 minutes of NetFlow v5 (30 records a second), in the last ten of which one host asks another
    for one port after the other; and when that begins."""
    end = int(time.time()) // 60 * 60 - 60
    border, begin = end - 600, end - 1200
    random = Random(1)

    def record(source, target, source_port, target_port, packets, size, flags):
        return struct.pack("!IIIHHIIIIHHBBBBHHBBH", source, target, 0, 1, 2, packets, packets * size, 0, 1000, source_port,
                           target_port, 0, flags, 6, 0, 64500, 64501, 24, 24, 0)

    def ordinary():
        ends = (0x64400000 + int(200 ** random.random()), 0x5DB80000 + int(5000 ** random.random()))
        return record(*ends, random.randrange(1024, 65536), random.choice([443, 443, 443, 80, 53]),
                      int(200 ** random.random()), random.choice([64, 576, 1420]), 24)

    capture = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for second in range(begin, end):
        records = [ordinary() for _ in range(20)]
        if second >= border:
            records += [record(0xC6336407, 0x64400032, 40000, (second - border) * 10 + n, 1, 40, 2) for n in range(10)]
        datagram = struct.pack("!HHIIIIBBH", 5, len(records), 5000, second, 0, 30 * (second - begin), 0, 0, 0)
        datagram += b"".join(records)
        frame = bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBH4s4s", 69, 0, 28 + len(datagram), 0, 0, 64, 17, 0,
                                                      bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
        frame += struct.pack("!HHHH", 2055, 2055, 8 + len(datagram), 0) + datagram
        capture.append(struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame)
    folder.mkdir()
    (folder / "changed.pcap").write_bytes(b"".join(capture))
    words = [BINARY, "import", "pcap", "--data", str(folder / "data"), str(folder / "changed.pcap")]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    (folder / "paths.warts").write_bytes(warts.measured(end))
    (folder / "parallel.warts").write_bytes(warts.parallel(end - 300))
    words = [BINARY, "import", "warts", "--data", str(folder / "data"), str(folder / "paths.warts"), str(folder / "parallel.warts")]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return border


def overload(running, port):
    """Sends something that is no flow, then what a buffer holds and far more while nobody reads."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(b"no flow at all", ("127.0.0.1", port))
    words = [BINARY, "generate", "--protocol", "mixed", "--rate", "5000", "--seconds", "2", "--target",
             f"127.0.0.1:{port}"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    running.process.send_signal(signal.SIGSTOP)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    running.process.send_signal(signal.SIGCONT)
    running.accounted(20_000)


def main(arguments):
    servers = []
    with tempfile.TemporaryDirectory(prefix="netmeta-browser-") as folder:
        try:
            border = changed(pathlib.Path(folder, "changed"))
            for name, buffer in (("seeded", None), ("empty", None), ("overloaded", "512KB"), ("changed", None)):
                servers.append(server(pathlib.Path(folder, name), buffer=buffer))
            (seeded, port), (empty, _), (overloaded, flood), (explained, _) = servers
            seed(port)
            seed_doubtful(port)
            assert seeded.settled("Proto = 17") == SEED_FLOWS
            overload(overloaded, flood)
            environment = {**os.environ, "NETMETA_URL": seeded.url, "NETMETA_EMPTY_URL": empty.url,
                           "NETMETA_OVERLOADED_URL": overloaded.url, "NETMETA_CHANGED_URL": explained.url,
                           "NETMETA_CHANGED_AT": str(border)}
            # The filter's first: values are offered with their share of the last five minutes, and the seed is sent once.
            tests = sorted(ROOT.glob("Tests/Browser/test_*.py"), key=lambda path: (path.name != "test_filter.py", path.name))
            words = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments, *tests]
            status = subprocess.run(words, cwd=ROOT, env=environment).returncode
            for running, _ in servers:
                running.stop()
            return status
        finally:
            for running, _ in servers:
                running.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
