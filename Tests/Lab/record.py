"""Records the golden fixtures of real exporters (root; run by hand).

usage: record.py [CASE...]

Each case sends known traffic, has an exporter tell about it over loopback and
keeps the exporter's datagrams in Tests/Fixtures/FORMAT/CASE/capture.pcap (or
its messages in export.ipfix), with an about.md that says how it came to be. expected.json is not written here: it
is the decoder's answer, reviewed against the truth that about.md states.
"""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import exporters
import frames
import network

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures"
PORTS = {"netflow1": 2055, "netflow5": 2055, "netflow9": 2055, "ipfix": 4739, "sflow": 6343}
PACKAGES = {"softflowd": "softflowd", "pmacct": "pmacct", "openvswitch": "openvswitch-switch"}

ABOUT = """# {case}

Recorded by Tests/Lab/record.py on loopback, from traffic of the lab's own
({origin}); no traffic of anybody else is in it.

- exporter: {package} {version} (Debian 12)
- protocol: {protocol}, to {target}
- run as: {command}
- traffic seen by the exporter:
{traffic}
{note}"""


class Lab:
    """The lab's network, and the reference traffic as a file."""

    def __init__(self):
        network.enter_private_network()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-record-"))
        self.peer = network.Peer("lab", ["10.99.0.1/24", "fd99::1/64"], ["10.99.0.2/24", "fd99::2/64"])
        self.sinks = network.sinks(network.REFERENCE)
        self.reference = self.folder / "reference.pcap"
        # What the last TCP session sent.
        self.session = self.folder / "session.ipfix"
        with network.Capture(self.peer.near, self.reference, "udp", 200):
            self.peer.send(network.REFERENCE)

    def close(self):
        self.peer.close()
        shutil.rmtree(self.folder)


# MARK: - One recipe for each exporter; they return what about.md says of them: the command, the traffic


def told(streams):
    """Streams as about.md lists them."""
    def end(address, port):
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    return [f"{s.count} UDP datagrams of {s.payload} bytes {end(s.source, s.source_port)} > "
            f"{end(s.target, s.target_port)} ({s.ip_bytes} IP bytes)" for s in streams]


def told_frames(name):
    """A set of frames as about.md lists it."""
    return [f"02:00:00:00:00:{0x40 + number:02x}: {frame.name} ({len(frame.on_wire(number))} bytes)"
            for number, frame in enumerate(frames.SETS[name])]


def softflowd(lab, protocol, host, port, *options):
    with tcp_collector(lab, host, port) if "tcp" in options else udp_collector(host, port):
        exporters.softflowd(lab.folder, lab.reference, protocol, host, port, *options)
    version = exporters.NETFLOW_VERSIONS[protocol]
    command = f"`softflowd -r reference.pcap -n {exporters.target(host, port)} -v {version} -6 -d -c none"
    return " ".join([command, *options]) + "`, replaying a capture of the traffic", told(network.REFERENCE)


def pmacctd(lab, protocol, host, port):
    with udp_collector(host, port), exporters.pmacctd(lab.folder, lab.peer.near, protocol, host, port):
        lab.peer.send(network.REFERENCE)
    lines = exporters.pmacctd_configuration(lab.peer.near, protocol, host, port, 10).splitlines()
    return "`pmacctd -f` with " + ", ".join(f"`{line}`" for line in lines), told(network.REFERENCE)


def openvswitch(lab, protocol, host, port):
    folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
    with udp_collector(host, port), exporters.open_vswitch(folder) as (control, peers):
        exporters.export_from_switch(control, protocol, host, port)
        exporters.cross_switch(peers, exporters.BRIDGED)
    return f"Tests/Lab/exporters.py, export_from_switch({protocol!r}), userspace datapath", told(exporters.BRIDGED)


def pmacctd_frames(lab, protocol, host, port, name):
    """A set of frames, each sampled."""
    peer = network.Peer("frm", [], [])
    try:
        peer.silence()
        with udp_collector(host, port), exporters.pmacctd(lab.folder, peer.near, protocol, host, port, sampling=1):
            peer.send_frames(name)
    finally:
        peer.close()
    lines = exporters.pmacctd_configuration("frm0", protocol, host, port, 1).splitlines()
    return "`pmacctd -f` with " + ", ".join(f"`{line}`" for line in lines), told_frames(name)


def openvswitch_frames(lab, protocol, host, port, name):
    """A set of frames that crosses the bridge, each sampled."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
    with udp_collector(host, port), exporters.open_vswitch(folder) as (control, peers):
        for peer in peers:
            peer.silence()
        exporters.export_from_switch(control, protocol, host, port, sampling=1, header=256)
        peers[0].send_frames(name)
        time.sleep(2)
    command = f"Tests/Lab/exporters.py, export_from_switch({protocol!r}, sampling=1, header=256), userspace datapath"
    return command, told_frames(name)


def told_plain():
    return [f"{frame.name} ({len(frame.on_wire(number))} bytes)" for number, frame in enumerate(frames.PLAIN)]


def told_tunnels(names):
    return [f"in tunnel {name}: {kind} to {remote}, {', '.join(options)}"
            for name, kind, remote, options, _, _ in exporters.TUNNELS if name in names]


def switched_tunnels(lab, protocol, host, port):
    """Frames that Open vSwitch floods into all its tunnels, as pmacctd sees them on the wire behind it."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
    with exporters.open_vswitch(folder) as (control, peers), exporters.switch_tunnels(folder, control) as far:
        for peer in peers:
            peer.silence()
        time.sleep(1)
        with udp_collector(host, port), exporters.pmacctd(lab.folder, far.near, protocol, host, port, sampling=1):
            peers[0].send_frames("plain")
    lines = exporters.pmacctd_configuration("phy0", protocol, host, port, 1).splitlines()
    return "`pmacctd -f` with " + ", ".join(f"`{line}`" for line in lines), [
        *told_plain(), *told_tunnels([tunnel[0] for tunnel in exporters.TUNNELS])]


def openvswitch_tunnels(lab, protocol, host, port):
    """Frames that Open vSwitch sends into a tunnel each, as it tells of them itself."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
    with exporters.open_vswitch(folder) as (control, peers), exporters.switch_tunnels(folder, control) as far:
        for peer in peers:
            peer.silence()
        for match, tunnel in (("udp", "vxlan4"), ("tcp6", "gre4")):
            network.run("ovs-ofctl", "add-flow", f"unix:{folder.resolve()}/br0.mgmt", f"in_port={peers[0].near},{match},actions=output:{tunnel}")
        with udp_collector(host, port):
            exporters.export_from_switch(control, protocol, host, port, sampling=1, header=256)
            peers[0].send_frames("plain")
            far.send_frames("returning")
            # Active timeouts are 2 s, and the switch looks for flows that are over when the next one comes.
            time.sleep(3)
            far.send_frames("returning")
            time.sleep(3)
    command = f"Tests/Lab/exporters.py, export_from_switch({protocol!r}, sampling=1, header=256), userspace datapath"
    return command, [*told_plain(), "the first", *told_tunnels(["vxlan4"]), "the second", *told_tunnels(["gre4"]),
                     *(f"twice, coming back: {frame.name}" for frame in frames.RETURNING)]


def linux_vxlan(lab, protocol, host, port):
    """Datagrams through the kernel's VXLAN devices, over IPv4 and over IPv6."""
    peer = network.Peer("vx", ["10.94.0.1/24", "fd94::1/64"], ["10.94.0.2/24", "fd94::2/64"])
    try:
        for inside, interface, own, other in (([], peer.near, 1, 2), (peer.inside(), peer.far, 2, 1)):
            for name, number, net in (("vxlan4", 42, "10.94.0."), ("vxlan6", 66, "fd94::")):
                network.run(*inside, "ip", "link", "add", name, "type", "vxlan", "id", str(number), "dev", interface,
                            "local", f"{net}{own}", "remote", f"{net}{other}", "dstport", "4789")
                network.run(*inside, "ip", "link", "set", name, "addrgenmode", "none", "up")
                network.run(*inside, "sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_ra=0")
            network.run(*inside, "ip", "address", "add", f"10.93.0.{own}/24", "dev", "vxlan4")
            network.run(*inside, "ip", "address", "add", f"fd93::{own}/64", "dev", "vxlan6", "nodad")
        for stream in TUNNELLED:
            network.wait_for(lambda: peer.reaches(stream.target), f"a way to {stream.target}")
        sinks = network.sinks(TUNNELLED)
        # Until the kernels have told of their multicast groups.
        time.sleep(5)
        with udp_collector(host, port), exporters.pmacctd(lab.folder, peer.near, protocol, host, port, sampling=1):
            peer.send(TUNNELLED)
        for sink in sinks:
            sink.close()
    finally:
        peer.close()
    lines = exporters.pmacctd_configuration("vx0", protocol, host, port, 1).splitlines()
    return "`pmacctd -f` with " + ", ".join(f"`{line}`" for line in lines), [
        *told(TUNNELLED), "the first in VXLAN 42 over 10.94.0.2 > 10.94.0.1", "the second in VXLAN 66 over fd94::2 > fd94::1"]


TUNNELLED = [
    network.Stream("10.93.0.2", 4005, "10.93.0.1", 5005, 5, 40),
    network.Stream("fd93::2", 4006, "fd93::1", 5006, 5, 40),
]

FRAMES_NOTE = """Every packet sampled. The frames are listed by their source address; the columns that each of them must have
stand in Tests/Lab/frames.py, and Tests/Differential/test_frames.py compares them."""

CASES = {
    # case: (folder of the format, exporter, recipe, protocol, host, further options, note)
    "softflowd-v5": ("netflow", "softflowd", softflowd, "netflow5", "127.0.0.1", [], "NetFlow v5 knows no IPv6."),
    "softflowd-v9": ("netflow", "softflowd", softflowd, "netflow9", "127.0.0.1", [],
                     "Its data sets have lengths that are no multiple of 4."),
    "softflowd-v9-ipv6": ("netflow", "softflowd", softflowd, "netflow9", "::1", [], "The exporter speaks IPv6."),
    "softflowd-v9-sampled": ("netflow", "softflowd", softflowd, "netflow9", "127.0.0.1", ["-s", "10"],
                             "Every tenth packet; the rate is in options data."),
    "softflowd-ipfix": ("netflow", "softflowd", softflowd, "ipfix", "127.0.0.1", [], ""),
    "softflowd-ipfix-biflow": ("netflow", "softflowd", softflowd, "ipfix", "127.0.0.1", ["-b"],
                               "With reverse elements (RFC 5103). Its flow starts at the other end, so the traffic is in the\n"
                               "reverse counters and the forward ones are 0."),
    "softflowd-v1": ("netflow", "softflowd", softflowd, "netflow1", "127.0.0.1", [],
                     "NetFlow v1 knows no IPv6, no sequence numbers, no AS and no masks."),
    "softflowd-ipfix-tcp": ("netflow", "softflowd", softflowd, "ipfix", "127.0.0.1", ["-P", "tcp"],
                            "One TCP session, captured on loopback, with segments of less than 200 bytes: a message spans several."),
    "softflowd-ipfix-file": ("netflow", "softflowd", softflowd, "ipfix", "127.0.0.1", ["-P", "tcp"],
                             "export.ipfix holds the bytes of one TCP session, message behind message, which is a file of IPFIX\n"
                             "(RFC 5655 section 6). Decoded, its rows count as received when they were exported."),
    "pmacctd-v5": ("netflow", "pmacct", pmacctd, "netflow5", "127.0.0.1", [], "NetFlow v5 knows no IPv6."),
    "pmacctd-v9": ("netflow", "pmacct", pmacctd, "netflow9", "127.0.0.1", [], "May hold neighbour discovery as well."),
    "pmacctd-ipfix": ("netflow", "pmacct", pmacctd, "ipfix", "127.0.0.1", [], "May hold neighbour discovery as well."),
    "pmacctd-sflow": ("sflow", "pmacct", pmacctd, "sflow", "127.0.0.1", [],
                      "1 of 10 packets sampled; the frame length counts Ethernet header and FCS (18 bytes)."),
    "openvswitch-v5": ("netflow", "openvswitch", openvswitch, "netflow5", "127.0.0.1", [],
                       "NetFlow v5 knows no IPv6. Its octets count the Ethernet header (14 bytes a packet) as well."),
    "openvswitch-ipfix": ("netflow", "openvswitch", openvswitch, "ipfix", "127.0.0.1", [],
                          "Each packet counts in an ingress and in an egress record (flowDirection 0 and 1)."),
    "openvswitch-sflow": ("sflow", "openvswitch", openvswitch, "sflow", "127.0.0.1", [],
                          "1 of 4 packets sampled, counter samples every 2 s."),
    **{f"pmacctd-sflow-{name}": ("sflow", "pmacct", pmacctd_frames, "sflow", "127.0.0.1", [name], FRAMES_NOTE)
       for name in frames.SETS},
    **{f"openvswitch-sflow-{name}": ("sflow", "openvswitch", openvswitch_frames, "sflow", "127.0.0.1", [name], FRAMES_NOTE)
       for name in frames.SETS},
    "pmacctd-sflow-linux-vxlan": ("sflow", "pmacct", linux_vxlan, "sflow", "127.0.0.1", [],
                                  "Every packet sampled. The tunnels are Linux's own; neighbour discovery may be among the rows."),
    "pmacctd-sflow-switched-tunnels": (
        "sflow", "pmacct", switched_tunnels, "sflow", "127.0.0.1", [],
        "Every packet sampled. The tunnels are those of Open vSwitch (userspace datapath), which floods each frame into all of\n"
        "them; Tests/Differential/test_frames.py compares the rows with what they must be."),
    "openvswitch-sflow-tunnels": (
        "sflow", "openvswitch", openvswitch_tunnels, "sflow", "127.0.0.1", [],
        "Every packet sampled. The headers are those of the frames before they enter a tunnel and after they left it; what the\n"
        "tunnel is stands in records of its own (extended_ipv4_tunnel_egress and _ingress, extended_vni_egress and _ingress)."),
    "openvswitch-ipfix-tunnels": (
        "netflow", "openvswitch", openvswitch_tunnels, "ipfix", "127.0.0.1", [],
        "What the tunnel is stands in elements of enterprise 6876."),
}


@contextlib.contextmanager
def tcp_collector(lab, host, port):
    """Takes one session, whose bytes are a file of IPFIX (RFC 5655 section 6)."""
    # Small segments, on the wire as they are in the capture: messages span several.
    network.run("ethtool", "-K", "lo", "tso", "off", "gso", "off", "gro", "off")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 200)
    listener.bind((host, port))
    listener.listen()
    listener.settimeout(30)

    def receive():
        session, _ = listener.accept()
        with session, lab.session.open("wb") as file:
            while data := session.recv(65536):
                file.write(data)

    receiver = threading.Thread(target=receive)
    receiver.start()
    with listener:
        yield
        receiver.join()


@contextlib.contextmanager
def udp_collector(host, port):
    """Keeps the port open, so that the recording has no ICMP errors."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind((host, port))
        yield


def record(lab, case):
    kind, exporter, recipe, protocol, host, options, note = CASES[case]
    port = PORTS[protocol]
    folder = FIXTURES / kind / case
    folder.mkdir(parents=True, exist_ok=True)
    is_file = case.endswith("-file")
    recorded = folder / ("export.ipfix" if is_file else "capture.pcap")
    with network.Capture("lo", lab.folder / "capture.pcap", f"port {port}"):
        command, lines = recipe(lab, protocol, host, port, *options)
        time.sleep(0.2)
    shutil.copyfile(lab.session if is_file else lab.folder / "capture.pcap", recorded)
    package = PACKAGES[exporter]
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True).stdout
    traffic = "\n".join(f"  - {line}" for line in lines)
    (folder / "about.md").write_text(ABOUT.format(
        case=case, origin="Tests/Lab/frames.py" if "frames" in recipe.__name__ else "Tests/Lab/network.py",
        package=package, version=version, protocol=protocol, target=exporters.target(host, port),
        command=command, traffic=traffic, note=f"\n{note}\n" if note else ""))
    print(f"{case}: {recorded.stat().st_size} bytes")


def main(cases):
    unknown = [case for case in cases if case not in CASES]
    if unknown:
        sys.exit(f"record: no such case: {' '.join(unknown)}; there are: {' '.join(CASES)}")
    lab = Lab()
    try:
        for case in cases or CASES:
            record(lab, case)
    finally:
        lab.close()


if __name__ == "__main__":
    main(sys.argv[1:])
