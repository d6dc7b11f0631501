#!/usr/bin/env python3
"""How many frames a second one core captures, beside tcpdump and dumpcap.

usage: mirror.py [--frames N] [--binary FILE]

As root, in network namespaces of its own: frames of 60, 590 and 1514 bytes (7:4:1) of 2,000 flows go through a veth
pair as fast as one sender sends them, one reader after the other takes them, 256 bytes of each:

    nobody        the sender alone
    tcpdump       tcpdump -w /dev/null
    dumpcap       dumpcap -w /dev/null
    rows 1:1      netmeta's mirror, a row a frame
    flows 1:1     the same with aggregate: a row a flow
    1:1000        one of a thousand frames, picked by the kernel

Prints what was sent and how fast, what was captured and lost by each reader's own count, and CPU time for a million
frames that were sent: of the reading thread (of tcpdump and dumpcap, all of it) and of the whole process, which for
netmeta has enriching and storing in it. "frames/s per core" is a million by the reading thread's time, and the ratio
is that to tcpdump's. Exits with 1 when a frame was neither seen nor counted as lost.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Lab"))

import network  # noqa: E402

SNAP = 256
BUFFER = 16 << 20


def main():
    words = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    words.add_argument("--frames", type=int, default=2_000_000)
    words.add_argument("--binary", default=os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta")))
    words.add_argument("--send", help=argparse.SUPPRESS)
    arguments = words.parse_args()
    if arguments.send:
        return send(arguments.send, arguments.frames)
    if os.geteuid() != 0:
        sys.exit("mirror.py: needs root, for network namespaces and captures")
    network.enter_private_network()
    peer = network.Peer("tap", [], [])
    peer.silence()
    network.run("ip", "link", "set", peer.near, "up")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-mirror-"))
    try:
        sys.exit(compare(arguments, peer, scratch))
    finally:
        peer.close()
        shutil.rmtree(scratch, ignore_errors=True)


def compare(arguments, peer, scratch):
    readers = [
        ("nobody", Nobody()), ("tcpdump", Tcpdump(peer.near)), ("dumpcap", Dumpcap(peer.near, scratch)),
        ("rows 1:1", Mirror(arguments, peer.near, scratch / "rows", "samplingRate: 1")),
        ("flows 1:1", Mirror(arguments, peer.near, scratch / "flows", "samplingRate: 1, aggregate: true")),
        ("1:1000", Mirror(arguments, peer.near, scratch / "sampled", "samplingRate: 1000"))]
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {arguments.frames} frames each")
    print(f"{'':10} {'sent/s':>9} {'captured':>9} {'lost':>9} {'rows':>9} {'thread s/M':>10} {'process s/M':>11} "
          f"{'frames/s per core':>17} {'ratio':>6}")
    missing, reference = 0, None
    for name, reader in readers:
        with reader:
            seconds = sent_in(arguments, peer)
        result = reader.result
        million = arguments.frames / 1e6
        line = f"{name:10} {arguments.frames / seconds:>9.0f}"
        if result:
            thread = result["thread"] / million
            reference = reference or thread
            line += (f" {result['captured']:>9} {result['lost']:>9} {result.get('rows', ''):>9} {thread:>10.3f} "
                     f"{result['process'] / million:>11.3f} {1e6 / thread:>17.0f} {reference / thread:>6.2f}")
            if name != "1:1000":
                missing += abs(arguments.frames - result["captured"] - result["lost"])
        print(line, flush=True)
    if missing:
        print(f"{missing} frames were neither captured nor counted as lost")
    return 1 if missing else 0


# MARK: - The sender


def sent_in(arguments, peer):
    """Sends from the far end, and tells the seconds that it took."""
    out = network.run(*peer.inside(), sys.executable, __file__, "--send", peer.far, "--frames", str(arguments.frames))
    return float(out)


def frames():
    chance = random.Random(7)
    flows = [(chance.randrange(1 << 32), chance.randrange(1 << 32), chance.randrange(1024, 65536), chance.choice((80, 443, 53)))
             for _ in range(2000)]
    made = []
    for _ in range(12_000):
        source, target, port, service = chance.choice(flows)
        length = chance.choice((60,) * 7 + (590,) * 4 + (1514,))
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, length - 14, chance.randrange(65536), 0, 61, 17, 0, source, target)
        made.append(bytes.fromhex("0200000000020200000000010800") + ip + struct.pack(">HHHH", port, service, length - 34, 0)
                    + bytes(length - 42))
    return made


def send(interface, count):
    import socket
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    opened.bind((interface, 0))
    # PACKET_QDISC_BYPASS
    opened.setsockopt(263, 20, 1)
    made, put = frames(), opened.send
    start = time.monotonic()
    left = count
    while left > 0:
        for frame in made[:left]:
            put(frame)
        left -= len(made)
    print(time.monotonic() - start)


# MARK: - The readers


def cpu(*tasks):
    """Seconds that threads were on a processor, by the scheduler's own clock."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def threads(process):
    return list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())


class Nobody:
    result = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Tool:
    """A capture tool that ends by a signal and then tells its counts."""

    def start(self, words, sign):
        self.process = subprocess.Popen([*network.WITH_PARENT, *words], stderr=subprocess.PIPE, text=True)
        told = ""
        while sign not in told:
            told += (line := self.process.stderr.readline())
            if not line:
                raise RuntimeError(f"{' '.join(words)} ended early: {told}")
        self.before = cpu(*threads(self.process))

    def stop(self):
        time.sleep(1)
        spent = cpu(*threads(self.process)) - self.before
        self.process.send_signal(signal.SIGINT)
        _, told = self.process.communicate()
        return spent, told


class Tcpdump(Tool):
    def __init__(self, interface):
        self.words = ["tcpdump", "-Z", "root", "-n", "-i", interface, "-s", str(SNAP), "-B", str(BUFFER >> 10), "-w", "/dev/null"]

    def __enter__(self):
        self.start(self.words, "listening on")

    def __exit__(self, *_):
        spent, told = self.stop()
        seen, lost = (int(re.search(rf"(\d+) packets {what}", told)[1]) for what in ("captured", "dropped by kernel"))
        self.result = {"thread": spent, "process": spent, "captured": seen, "lost": lost}


class Dumpcap(Tool):
    def __init__(self, interface, scratch):
        self.words = ["dumpcap", "-i", interface, "-s", str(SNAP), "-B", str(BUFFER >> 20), "-q", "-w", "/dev/null"]

    def __enter__(self):
        self.start(self.words, "Capturing on")
        # It says so before it does.
        time.sleep(1)

    def __exit__(self, *_):
        spent, told = self.stop()
        seen, lost = map(int, re.search(r"received/dropped on interface [^:]*: (\d+)/(\d+)", told).groups())
        self.result = {"thread": spent, "process": spent, "captured": seen, "lost": lost}


class Mirror:
    def __init__(self, arguments, interface, folder, settings):
        self.binary, self.interface, self.folder, self.settings = arguments.binary, interface, folder, settings

    def __enter__(self):
        self.folder.mkdir(parents=True)
        configuration = self.folder / "netmeta.yaml"
        configuration.write_text(
            "listeners: {netflow: off, ipfix: off, sflow: off}\nconsole: {listen: \"127.0.0.1:8080\", sql: off}\n"
            f"sources: {{mirror: {{host: {{taps: {self.interface}, buffer: {BUFFER}, {self.settings}}}}}}}\n")
        self.process = subprocess.Popen(
            [*network.WITH_PARENT, self.binary, "serve", "--config", configuration, "--data", self.folder / "data"],
            stdout=subprocess.PIPE, stderr=(self.folder / "log").open("w"), text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                break
        else:
            raise RuntimeError((self.folder / "log").read_text())
        self.thread = next(task for task in threads(self.process) if (task / "comm").read_text().startswith("mirror"))
        self.before = self.spent()

    def spent(self):
        return cpu(self.thread), cpu(*threads(self.process))

    def health(self):
        with urllib.request.urlopen("http://127.0.0.1:8080/api/v1/health", timeout=30) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        # Until nothing is on its way to the store, and the source has told what it knows.
        time.sleep(2)
        end = time.monotonic() + 120
        while time.monotonic() < end and self.health()["losses"]["rows"]["inFlight"]["total"] > 0:
            time.sleep(0.2)
        after = self.spent()
        source = self.health()["sources"][0]
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(90)
        self.process.stdout.close()
        self.result = {
            "thread": after[0] - self.before[0], "process": after[1] - self.before[1], "captured": source["read"],
            "lost": source["lost"]["ring_full"], "rows": source["rows"]}


if __name__ == "__main__":
    main()
