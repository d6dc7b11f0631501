"""Runs the browser tests (Tests/Browser) against two servers of their own:
one that has just received the two flows of a fixture, and the options data of
an exporter about which all is doubtful, and one that has received nothing.
Needs no root. Further arguments go to pytest.
"""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Lab"))

from collector import Collector  # noqa: E402

SEED = ROOT / "Tests/Fixtures/netflow/softflowd-ipfix/capture.pcap"
SEED_FLOWS = 2


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server(folder):
    """A server on free ports, and the port that takes flows."""
    folder.mkdir()
    port = free_port(socket.SOCK_DGRAM)
    return Collector(
        folder, netflow=port, ipfix="off", sflow="off", console=free_port(socket.SOCK_STREAM)).start(), port


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


def main(arguments):
    servers = []
    with tempfile.TemporaryDirectory(prefix="netmeta-browser-") as folder:
        try:
            for name in ("seeded", "empty"):
                servers.append(server(pathlib.Path(folder, name)))
            (seeded, port), (empty, _) = servers
            seed(port)
            seed_doubtful(port)
            assert seeded.settled("Proto = 17") == SEED_FLOWS
            environment = {**os.environ, "NETMETA_URL": seeded.url, "NETMETA_EMPTY_URL": empty.url}
            words = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments, "Tests/Browser"]
            status = subprocess.run(words, cwd=ROOT, env=environment).returncode
            for running, _ in servers:
                running.stop()
            return status
        finally:
            for running, _ in servers:
                running.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
