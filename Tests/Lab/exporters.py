"""The real exporters of the labs: softflowd, pmacct and Open vSwitch.

Each runs until it has told the collector all about the traffic it saw.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

import network

# What `-v` and `nfprobe_version` call the protocols.
NETFLOW_VERSIONS = {"netflow1": 1, "netflow5": 5, "netflow9": 9, "ipfix": 10}


def target(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def softflowd(folder, capture, protocol, host, port, *options):
    """Replays a capture: from a file its counters are exact, live it may miss the tail."""
    network.run(
        "softflowd", "-r", str(capture), "-n", target(host, port), "-v", str(NETFLOW_VERSIONS[protocol]), "-6", "-d",
        # A control socket would keep it alive after the file's end.
        "-p", "softflowd.pid", "-c", "none", *options, cwd=folder, timeout=60)


def pmacctd_configuration(interface, protocol, host, port, sampling):
    lines = ["daemonize: false", f"pcap_interface: {interface}"]
    if protocol == "sflow":
        lines += [
            "plugins: sfprobe",
            f"sfprobe_receiver: {target(host, port)}",
            "sfprobe_agentip: 10.99.0.1",
            f"sampling_rate: {sampling}",
        ]
    else:
        lines += [
            "aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags, in_iface, out_iface",
            "plugins: nfprobe",
            f"nfprobe_receiver: {target(host, port)}",
            f"nfprobe_version: {NETFLOW_VERSIONS[protocol]}",
            "nfprobe_timeouts: tcp=2:udp=2:icmp=2:general=2:maxlife=3:expint=1",
        ]
    return "".join(line + "\n" for line in lines)


@contextlib.contextmanager
def pmacctd(folder, interface, protocol, host, port, sampling=10):
    """Watches an interface while the block runs, then exports what is left."""
    configuration, log = pathlib.Path(folder, "pmacctd.conf"), pathlib.Path(folder, "pmacctd.log")
    configuration.write_text(pmacctd_configuration(interface, protocol, host, port, sampling))
    with log.open("w") as output:
        process = subprocess.Popen(["pmacctd", "-f", str(configuration)], stdout=output, stderr=output)
    try:
        network.wait_for(
            lambda: "link type is" in log.read_text() or process.poll() is not None, "pmacctd watches the interface")
        if process.poll() is not None:
            raise RuntimeError(f"pmacctd ended: {log.read_text()}")
        yield
        # Flows idle for 2 s are expired once a second; sFlow waits 1 s at most.
        time.sleep(4.5)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# What crosses the bridge of the Open vSwitch lab.
BRIDGED = [
    network.Stream("10.98.0.1", 4003, "10.98.0.2", 5003, 400, 500),
    network.Stream("fd98::1", 4004, "fd98::2", 5004, 200, 900),
]


@contextlib.contextmanager
def open_vswitch(folder):
    """A switch of its own (userspace datapath, no kernel module) between two
    peers; gives a function that runs ovs-vsctl, and the two peers."""
    folder = pathlib.Path(folder).resolve()
    database = f"unix:{folder}/db.sock"
    peers, daemons = [], []
    environment = {**os.environ, "OVS_RUNDIR": str(folder), "OVS_LOGDIR": str(folder)}

    def control(*words):
        return network.run("ovs-vsctl", f"--db={database}", "-t", "10", *words, env=environment)

    def daemon(program, *words):
        process = subprocess.Popen(
            [*network.WITH_PARENT, program, *words, f"--unixctl={folder}/{program}.ctl",
             f"--log-file={folder}/{program}.log"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        daemons.append(process)
        network.wait_for(lambda: (folder / f"{program}.ctl").exists(), f"{program} runs")

    network.run("ovsdb-tool", "create", f"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    try:
        daemon("ovsdb-server", f"{folder}/conf.db", f"--remote=punix:{folder}/db.sock")
        control("--no-wait", "init")
        daemon("ovs-vswitchd", database)
        control("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
        for number in (1, 2):
            peers.append(network.Peer(f"sw{number}", [], [f"10.98.0.{number}/24", f"fd98::{number}/64"]))
            control("add-port", "br0", peers[-1].near)
        for address in (BRIDGED[0].target, BRIDGED[1].target):
            network.wait_for(lambda: peers[0].reaches(address), f"the bridge forwards to {address}")
        yield control, peers
    finally:
        # The switch first: it writes to the database as it goes.
        for process in reversed(daemons):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for peer in peers:
            peer.close()


# Tunnels that the switch ends in its userspace datapath: name, type, remote
# end, options, and the row's EncapType and EncapId.
TUNNELS = [
    ("vxlan4", "vxlan", "10.95.0.2", ["key=4660"], "VXLAN", 4660),
    ("vxlan6", "vxlan", "fd95::2", ["key=4661"], "VXLAN", 4661),
    ("geneve4", "geneve", "10.95.0.2", ["key=43"], "Geneve", 43),
    ("geneve6", "geneve", "fd95::2", ["key=44"], "Geneve", 44),
    ("gre4", "gre", "10.95.0.2", ["key=99"], "GRE", 99),
    ("gre6", "ip6gre", "fd95::2", ["key=98"], "GRE", 98),
    ("erspan2", "erspan", "10.95.0.2", ["key=5", "erspan_ver=1", "erspan_idx=7"], "ERSPAN", 5),
    ("erspan3", "erspan", "10.95.0.2", ["key=6", "erspan_ver=2", "erspan_dir=1", "erspan_hwid=4"], "ERSPAN", 6),
    ("erspan26", "ip6erspan", "fd95::2", ["key=8", "erspan_ver=1", "erspan_idx=9"], "ERSPAN", 8),
]


@contextlib.contextmanager
def switch_tunnels(folder, control):
    """Adds TUNNELS to br0, over a second bridge; gives the peer that they lead to, which answers nothing."""
    def ask(*words):
        return network.run("ovs-appctl", "-t", f"{pathlib.Path(folder).resolve()}/ovs-vswitchd.ctl", *words)

    peer = network.Peer("phy", [], [])
    try:
        peer.silence()
        control("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev",
                'other_config:hwaddr="02:00:00:00:00:02"')
        control("add-port", "br1", peer.near)
        network.run("ip", "address", "replace", "10.95.0.1/24", "dev", "br1")
        network.run("ip", "address", "replace", "fd95::1/64", "dev", "br1", "nodad")
        network.run("ip", "link", "set", "br1", "up")
        link = network.run(*peer.inside(), "ip", "-o", "link", "show", peer.far)
        for address in ("10.95.0.2", "fd95::2"):
            ask("tnl/arp/set", "br1", address, link.split("link/ether ")[1].split()[0])
        for name, kind, remote, options, _, _ in TUNNELS:
            control("add-port", "br0", name, "--", "set", "interface", name, f"type={kind}",
                    *(f"options:{option}" for option in [f"remote_ip={remote}", *options]))
        # Until the kernel has told of br1's groups and the switch has read its routes.
        time.sleep(3)
        yield peer
    finally:
        peer.close()


def export_from_switch(control, protocol, host, port, sampling=4, header=128):
    """Has the bridge export with one protocol."""
    collector = f'"{target(host, port)}"'
    if protocol == "netflow5":
        record = ["create", "netflow", f"targets={collector}", "active_timeout=2"]
    elif protocol == "sflow":
        record = ["create", "sflow", "agent=lo", f"target={collector}", f"header={header}", f"sampling={sampling}", "polling=2"]
    else:
        record = ["create", "ipfix", f"targets={collector}", "obs_domain_id=77", "obs_point_id=5", "sampling=1",
                  "cache_active_timeout=2", "cache_max_flows=100"]
    column = "netflow" if protocol == "netflow5" else protocol
    control("--", "--id=@exporter", *record, "--", "set", "bridge", "br0", f"{column}=@exporter")
    # ovs-vsctl returns when the setting is read, not yet when every thread of
    # the datapath follows it; what crosses before is not told of.
    time.sleep(3)


def cross_switch(peers, streams):
    """Sends the streams through the bridge, then waits until its timeouts have passed."""
    receiver = peers[1].receive(streams)
    try:
        peers[0].send(streams)
        # Active timeouts are 2 s, and idle flows leave the datapath after 10.
        time.sleep(5)
    finally:
        receiver.kill()
        receiver.wait()
