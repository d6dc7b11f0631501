"""Records the golden fixtures of real exporters (root; run by hand).

usage: record.py [CASE...]

Each case sends known traffic, has an exporter tell about it over loopback and
keeps the exporter's datagrams in Tests/Fixtures/FORMAT/CASE/capture.pcap, with
an about.md that says how it came to be. expected.json is not written here: it
is the decoder's answer, reviewed against the truth that about.md states.
"""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import exporters
import network

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures"
PORTS = {"netflow5": 2055, "netflow9": 2055, "ipfix": 4739, "sflow": 6343}
PACKAGES = {"softflowd": "softflowd", "pmacct": "pmacct", "openvswitch": "openvswitch-switch"}

ABOUT = """# {case}

Recorded by Tests/Lab/record.py on loopback, from traffic of the lab's own
(Tests/Lab/network.py); no traffic of anybody else is in it.

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
        with network.Capture(self.peer.near, self.reference, "udp", 200):
            self.peer.send(network.REFERENCE)

    def close(self):
        self.peer.close()
        shutil.rmtree(self.folder)


# MARK: - One recipe for each exporter; they return what about.md says of them


def softflowd(lab, protocol, host, port, *options):
    with udp_collector(host, port):
        exporters.softflowd(lab.folder, lab.reference, protocol, host, port, *options)
    version = exporters.NETFLOW_VERSIONS[protocol]
    command = f"`softflowd -r reference.pcap -n {exporters.target(host, port)} -v {version} -6 -d -c none"
    return " ".join([command, *options]) + "`, replaying a capture of the traffic", network.REFERENCE


def pmacctd(lab, protocol, host, port):
    with udp_collector(host, port), exporters.pmacctd(lab.folder, lab.peer.near, protocol, host, port):
        lab.peer.send(network.REFERENCE)
    lines = exporters.pmacctd_configuration(lab.peer.near, protocol, host, port, 10).splitlines()
    return "`pmacctd -f` with " + ", ".join(f"`{line}`" for line in lines), network.REFERENCE


def openvswitch(lab, protocol, host, port):
    folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
    with udp_collector(host, port), exporters.open_vswitch(folder) as (control, peers):
        exporters.export_from_switch(control, protocol, host, port)
        exporters.cross_switch(peers, exporters.BRIDGED)
    return f"Tests/Lab/exporters.py, export_from_switch({protocol!r}), userspace datapath", exporters.BRIDGED


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
}


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
    with network.Capture("lo", folder / "capture.pcap", f"port {port}"):
        command, streams = recipe(lab, protocol, host, port, *options)
        time.sleep(0.2)
    package = PACKAGES[exporter]
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True).stdout
    traffic = "\n".join(
        f"  - {s.count} UDP datagrams of {s.payload} bytes {s.source}:{s.source_port} > "
        f"{s.target}:{s.target_port} ({s.ip_bytes} IP bytes)".replace("fd99::2:", "[fd99::2]:")
        .replace("fd99::1:", "[fd99::1]:").replace("fd98::1:", "[fd98::1]:").replace("fd98::2:", "[fd98::2]:")
        for s in streams)
    (folder / "about.md").write_text(ABOUT.format(
        case=case, package=package, version=version, protocol=protocol, target=exporters.target(host, port),
        command=command, traffic=traffic, note=f"\n{note}\n" if note else ""))
    print(f"{case}: {(folder / 'capture.pcap').stat().st_size} bytes")


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
