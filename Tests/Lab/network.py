"""A network of the lab's own: this process moves into a fresh network
namespace (own loopback, so default ports are always free), and peers are
further namespaces joined by veth pairs. Nothing has a name outside, so
nothing is left behind, however the process ends.
"""

import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
# What is started behind these words dies with this process.
WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]
TRAFFIC = pathlib.Path(__file__).with_name("traffic.py")
FRAMES = pathlib.Path(__file__).with_name("frames.py")


class Stream:
    """Equal UDP datagrams from one port to another; the unit of the labs."""

    def __init__(self, source, source_port, target, target_port, count, payload):
        self.source, self.source_port = source, source_port
        self.target, self.target_port = target, target_port
        self.count, self.payload = count, payload

    @property
    def ip_bytes(self):
        """IP bytes of all datagrams: payload, UDP (8) and IPv4 (20) or IPv6 (40) header."""
        return self.count * (self.payload + 8 + (40 if ":" in self.source else 20))

    def words(self):
        return [str(word) for word in vars(self).values()]


# The reference traffic: 114000 and 314400 IP bytes.
REFERENCE = [
    Stream("10.99.0.2", 4001, "10.99.0.1", 5001, 500, 200),
    Stream("fd99::2", 4002, "fd99::1", 5002, 300, 1000),
]


def run(*words, **options):
    """Runs a command that has to succeed; its output is the error's text if it doesn't."""
    result = subprocess.run(words, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {result.stdout}{result.stderr}")
    return result.stdout


def wait_for(condition, what, seconds=30):
    """Asks until the answer is true and returns it; the only way that the labs wait."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return answer


def enter_private_network():
    """Moves this process, and so all that it starts, into a namespace of its own."""
    # os.unshare is new in Python 3.12; Debian 12 has 3.11.
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"unshare: {os.strerror(error)}")
    run("ip", "link", "set", "lo", "up")


class Peer:
    """A neighbouring namespace behind a veth pair; `near` is this side's interface."""

    def __init__(self, name, near_addresses, far_addresses):
        self.near, self.far = f"{name}0", f"{name}1"
        self.holder = subprocess.Popen(
            [*WITH_PARENT, "unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        run("ip", "link", "add", self.near, "type", "veth", "peer", "name", self.far)
        run("ip", "link", "set", self.far, "netns", str(self.holder.pid))
        self.configure(self.near, near_addresses, [])
        self.configure(self.far, far_addresses, self.inside())
        run(*self.inside(), "ip", "link", "set", "lo", "up")

    @staticmethod
    def configure(interface, addresses, inside):
        for address in addresses:
            # nodad: usable at once.
            run(*inside, "ip", "address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))
        run(*inside, "ip", "link", "set", interface, "up")
        # One frame on the wire for each datagram, with checksums in place.
        run(*inside, "ethtool", "-K", interface, "gro", "off", "gso", "off", "tso", "off", "tx", "off")

    def inside(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def send(self, streams):
        """Sends the streams from the far side, one after the other."""
        for stream in streams:
            run(*self.inside(), sys.executable, str(TRAFFIC), "send", *stream.words())

    def silence(self):
        """Lets nobody say anything of their own accord (neighbours, routers, multicast groups)."""
        for interface, inside in ((self.near, []), (self.far, self.inside())):
            run(*inside, "ip", "address", "flush", "dev", interface)
            run(*inside, "sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")

    def send_frames(self, name):
        """Sends a set of frames from the far side."""
        run(*self.inside(), sys.executable, str(FRAMES), "send", self.far, name)

    def receive(self, streams):
        """Receives on the far side until `close`."""
        words = [word for stream in streams for word in stream.words()]
        process = subprocess.Popen(
            [*self.inside(), sys.executable, str(TRAFFIC), "receive", *words], stdout=subprocess.PIPE)
        process.stdout.readline()
        return process

    def reaches(self, address):
        """Whether the far side gets an answer from an address."""
        probe = [*self.inside(), sys.executable, str(TRAFFIC), "probe", address]
        return subprocess.run(probe, capture_output=True).returncode == 0

    def close(self):
        self.holder.kill()
        self.holder.wait()
        # The pair dies with the namespace, but not at once.
        subprocess.run(["ip", "link", "del", self.near], capture_output=True)


def sinks(streams):
    """Open ports for the streams, so that nobody answers with ICMP errors; never read."""
    opened = []
    for stream in streams:
        family = socket.AF_INET6 if ":" in stream.target else socket.AF_INET
        sink = socket.socket(family, socket.SOCK_DGRAM)
        sink.bind((stream.target, stream.target_port))
        opened.append(sink)
    return opened


class Capture:
    """tcpdump into a file while the block runs; written out when it ends."""

    def __init__(self, interface, path, expression, snap=0):
        self.path = path
        self.words = ["tcpdump", "-Z", "root", "-i", interface, "-s", str(snap), "--immediate-mode", "-U", "-w", str(path), expression]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stderr=subprocess.PIPE, text=True)
        while "listening on" not in (line := self.process.stderr.readline()):
            if not line:
                raise RuntimeError(f"{' '.join(self.words)} ended early")
        return self

    def __exit__(self, *_):
        # Frames reach tcpdump after they were sent, on a busy machine a good while after.
        size = -1
        for _ in range(20):
            if (now := os.path.getsize(self.path)) == size:
                break
            size = now
            time.sleep(0.5)
        self.process.terminate()
        self.process.communicate()
