"""Records what the kernel tells a host source: netlink messages one after the
other as a socket gave them, and what an independent reader said of the same.
Run as root: python3 Tests/Lab/record_host.py [conntrack] [nflog] [mirror]; it writes Tests/Fixtures/host/.
"""

import pathlib
import struct
import subprocess
import sys
import time

import hostnet
import network

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures/host"


def drain(opened):
    """Everything that has come, until a second is silent."""
    taken = b""
    while True:
        try:
            taken += opened.recv(1 << 18)
        except TimeoutError:
            return taken


def listing(opened):
    """All connections, as IPCTNL_MSG_CT_GET with NLM_F_DUMP gives them."""
    opened.send(struct.pack("=IHHIIBBH", 20, 0x0101, 0x301, 1, 0, 0, 0, 0))
    taken = b""
    while True:
        part = opened.recv(1 << 18)
        taken += part
        # NLMSG_DONE is the only message of its datagram.
        if struct.unpack_from("=H", part, 4)[0] == 3:
            return taken


def conntrack(router):
    hostnet.nft(hostnet.TRACKING)
    hostnet.sysctl(acct=1, timestamp=1, events=1)
    oracle = subprocess.Popen(
        ["stdbuf", "-oL", "conntrack", "-E", "-o", "timestamp,extended,id"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    time.sleep(0.5)
    events = hostnet.netlink(groups=7)
    router.transfer(5201, 100_000, source_port=40001)
    router.datagrams(network.Stream(hostnet.CLIENT, 40002, hostnet.SERVER, 53535, 3, 100))
    router.ping(hostnet.SERVER, 4)
    router.ping(hostnet.SERVER6, 4)
    (FIXTURES / "conntrack").mkdir(parents=True, exist_ok=True)
    (FIXTURES / "conntrack/listing.bin").write_bytes(listing(hostnet.netlink()))
    (FIXTURES / "conntrack/listing.txt").write_text(network.run("conntrack", "-L", "-o", "extended,id,ktimestamp"))
    network.run("conntrack", "-F")
    (FIXTURES / "conntrack/events.bin").write_bytes(drain(events))
    oracle.terminate()
    (FIXTURES / "conntrack/events.txt").write_text(oracle.communicate()[0])


LOGGED = """
table inet lab {
  chain c_forward {
    type filter hook forward priority 0; policy accept;
    iifname "client0" counter log group 5 snaplen 128 queue-threshold 8 prefix "netmeta:rate=1:dir=in"
    oifname "client0" counter log group 5 snaplen 128 queue-threshold 8 prefix "elsewhere"
  }
  chain c_output {
    type filter hook output priority 0; policy accept;
    oifname "server0" counter log group 5 prefix "netmeta:rate=10:dir=out"
  }
}
"""


def nflog(router):
    def configure(opened, kind, payload):
        attribute = struct.pack("=HH", 4 + len(payload), kind) + payload
        attribute += bytes(-len(attribute) % 4)
        opened.send(struct.pack("=IHHIIBBH", 20 + len(attribute), 0x0401, 5, 1, 0, 0, 0, struct.unpack("=H", struct.pack(">H", 5))[0]) + attribute)
        opened.recv(4096)
    opened = hostnet.netlink()
    configure(opened, 1, b"\x01")
    configure(opened, 2, struct.pack(">IBB", 128, 2, 0))
    configure(opened, 4, struct.pack(">I", 10))
    configure(opened, 6, struct.pack(">H", 1))
    hostnet.nft(LOGGED)
    router.ping(hostnet.SERVER, 5)
    router.ping(hostnet.SERVER6, 3)
    router.transfer(5202, 20_000, source_port=40003)
    network.run("ping", "-q", "-c", "2", "-i", "0.01", hostnet.SERVER)
    (FIXTURES / "nflog").mkdir(parents=True, exist_ok=True)
    (FIXTURES / "nflog/packets.bin").write_bytes(drain(opened))
    (FIXTURES / "nflog/rules.txt").write_text(network.run("nft", "list", "table", "inet", "lab"))


def mirror(router):
    """Frames of the client's interface, 128 bytes of each, and what tshark says of them, summed by flow."""
    (FIXTURES / "mirror").mkdir(parents=True, exist_ok=True)
    path = FIXTURES / "mirror/frames.pcap"
    with network.Capture("client0", path, "ip or ip6", snap=128):
        router.ping(hostnet.SERVER, 4)
        router.ping(hostnet.SERVER6, 4)
        router.transfer(5202, 60_000, source_port=40003)
        router.datagrams(network.Stream(hostnet.CLIENT, 40002, hostnet.SERVER, 53535, 20, 100))
    fields = [
        "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport", "icmp.type",
        "icmpv6.type", "ip.dsfield", "ipv6.tclass", "frame.len"]
    words = [word for field in fields for word in ("-e", field)]
    flows = {}
    for line in network.run("tshark", "-r", str(path), "-T", "fields", "-E", "occurrence=f", *words).splitlines():
        values = dict(zip(fields, line.split("\t")))

        def either(*names):
            return next((values[name] for name in names if values[name]), "0")
        number = 6 if values["tcp.srcport"] else 1 if values["icmp.type"] else 58 if values["icmpv6.type"] else 17
        # An error of ICMP holds the head of what it is about.
        isError = number == 1 and values["icmp.type"] not in ("0", "8")
        ports = ("0", "0") if isError else (either("tcp.srcport", "udp.srcport"), either("tcp.dstport", "udp.dstport"))
        key = (
            f"{number} {either('ip.src', 'ipv6.src')}:{ports[0]}>{either('ip.dst', 'ipv6.dst')}:{ports[1]}"
            f" type {either('icmp.type', 'icmpv6.type')} class {int(either('ip.dsfield', 'ipv6.tclass'), 0)}")
        packets, size = flows.get(key, (0, 0))
        flows[key] = (packets + 1, size + int(values["frame.len"]))
    (FIXTURES / "mirror/flows.txt").write_text("".join(f"{key} {p}/{s}\n" for key, (p, s) in sorted(flows.items())))


RECORDERS = {"conntrack": conntrack, "nflog": nflog, "mirror": mirror}

if __name__ == "__main__":
    network.enter_private_network()
    router = hostnet.Router()
    try:
        for name in sys.argv[1:] or RECORDERS:
            RECORDERS[name](router)
    finally:
        router.close()
