"""Real BGP speakers that tell their routes by BMP: FRR's bgpd and GoBGP, in
the far side's namespace, without a kernel's routes (nothing is installed).
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import network

BGPD = "/usr/lib/frr/bgpd"


class Speaker:
    """A daemon on the far side, in a folder of its own that its user can read."""

    def __init__(self, peer, name):
        self.peer = peer
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"netmeta-{name}-"))
        self.folder.chmod(0o755)
        self.log = self.folder / "log"
        self.process = None

    def begin(self, *words):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.peer.inside(), *network.WITH_PARENT, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    def ask(self, *words):
        return network.run(*self.peer.inside(), *words)

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)

    def close(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class FRR(Speaker):
    """bgpd of AS 64500 at 10.98.0.1 and fd98::1, with two neighbours."""

    def __init__(self, peer, collector):
        super().__init__(peer, "frr")
        shutil.chown(self.folder, "frr", "frr")
        self.collector = collector
        self.networks = ["10.1.0.0/16", "2001:db8:1::/48"]

    def start(self):
        v4 = "\n".join(f"  network {n}" for n in self.networks if ":" not in n)
        v6 = "\n".join(f"  network {n}" for n in self.networks if ":" in n)
        host, port = self.collector
        (self.folder / "bgpd.conf").write_text(f"""hostname edge
log stdout
router bgp 64500
 bgp router-id 10.98.0.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.98.0.2 remote-as 64501
 neighbor 10.98.0.2 port 1792
 neighbor 10.98.0.2 update-source 10.98.0.1
 neighbor 10.98.0.2 ebgp-multihop 5
 neighbor 10.98.0.2 timers 3 9
 neighbor 10.98.0.2 timers connect 1
 neighbor fd98::3 remote-as 64502
 neighbor fd98::3 port 1793
 neighbor fd98::3 update-source fd98::1
 neighbor fd98::3 ebgp-multihop 5
 neighbor fd98::3 timers 3 9
 neighbor fd98::3 timers connect 1
 address-family ipv4 unicast
{v4}
  neighbor 10.98.0.2 soft-reconfiguration inbound
 exit-address-family
 address-family ipv6 unicast
{v6}
  neighbor 10.98.0.2 activate
  neighbor fd98::3 activate
  neighbor fd98::3 soft-reconfiguration inbound
 exit-address-family
 bmp targets lab
  bmp connect {host} port {port} min-retry 100 max-retry 500
  bmp stats interval 1000
  bmp monitor ipv4 unicast pre-policy
  bmp monitor ipv4 unicast post-policy
  bmp monitor ipv6 unicast pre-policy
  bmp monitor ipv6 unicast post-policy
 exit
exit
""")
        self.begin(
            BGPD, "-M", "bmp", "-f", str(self.folder / "bgpd.conf"), "-Z", "-n", "-u", "frr", "-g", "frr", "-p", "1790",
            "-i", str(self.folder / "pid"), "-A", "127.0.0.1", "-P", "0", "--vty_socket", str(self.folder))

    def show(self, words):
        return json.loads(self.ask("vtysh", "--vty_socket", str(self.folder), "-c", f"show bgp {words} json"))

    def routes(self):
        """{prefix: (next hop, path)} of the routes that it chose."""
        found = {}
        for family in ("ipv4", "ipv6"):
            for prefix, paths in self.show(f"{family} unicast")["routes"].items():
                for path in paths:
                    if path.get("bestpath"):
                        hop = next(h for h in path["nexthops"] if h.get("used", True) and h.get("scope") != "link-local")
                        found[prefix] = (hop["ip"], [int(number) for number in path["path"].split()])
        return found

    def communities(self, prefix):
        family = "ipv6" if ":" in prefix else "ipv4"
        path = next(p for p in self.show(f"{family} unicast {prefix}")["paths"] if p.get("bestpath", {}).get("overall"))
        return path.get("community", {}).get("list", [])

    def large_communities(self, prefix):
        path = next(p for p in self.show(f"ipv4 unicast {prefix}")["paths"] if p.get("bestpath", {}).get("overall"))
        return path.get("largeCommunity", {}).get("list", [])

    def route_targets(self, prefix):
        path = next(p for p in self.show(f"ipv4 unicast {prefix}")["paths"] if p.get("bestpath", {}).get("overall"))
        words = path.get("extendedCommunity", {}).get("string", "").split()
        return [word.removeprefix("RT:") for word in words if word.startswith("RT:")]


class GoBGP(Speaker):
    """gobgpd that waits for its neighbour, and may tell its routes by BMP itself."""

    def __init__(self, peer, asn, address, port, api, neighbour, collector=None):
        super().__init__(peer, "gobgp")
        self.api = api
        monitor = "" if collector is None else f"""[[bmp-servers]]
  [bmp-servers.config]
    address = "{collector[0]}"
    port = {collector[1]}
    route-monitoring-policy = "all"
    sys-name = "gobgp"
    sys-descr = "a router of the lab"
"""
        (self.folder / "gobgp.toml").write_text(f"""[global.config]
  as = {asn}
  router-id = "10.98.0.{port - 1790}"
  port = {port}
  local-address-list = ["{address}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{neighbour}"
    peer-as = 64500
  [neighbors.transport.config]
    passive-mode = true
    local-address = "{address}"
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 5
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.add-paths.config]
      receive = true
      send-max = 4
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-unicast"
{monitor}""")

    def start(self):
        self.begin("gobgpd", "-t", "toml", "-f", str(self.folder / "gobgp.toml"), "--api-hosts", f"127.0.0.1:{self.api}")
        network.wait_for(lambda: self.works("global"), "an answer of gobgpd")

    def works(self, *words):
        words = [*self.peer.inside(), "gobgp", "-u", "127.0.0.1", "-p", str(self.api), *words]
        return subprocess.run(words, capture_output=True).returncode == 0

    def command(self, *words):
        return self.ask("gobgp", "-u", "127.0.0.1", "-p", str(self.api), *words)

    def add(self, prefix, *words):
        self.command("global", "rib", "-a", "ipv6" if ":" in prefix else "ipv4", "add", prefix, *words)

    def remove(self, prefix):
        self.command("global", "rib", "-a", "ipv6" if ":" in prefix else "ipv4", "del", prefix)

    def attribute(self, prefix, number):
        """What gobgp shows of an attribute of the route that it chose; {} without it."""
        family = "ipv6" if ":" in prefix else "ipv4"
        paths = json.loads(self.command("-j", "global", "rib", "-a", family, prefix))
        best = next(path for found in paths.values() for path in found if path.get("best"))
        return next((a for a in best["attrs"] if a["type"] == number), {})

    def communities(self, prefix):
        numbers = self.attribute(prefix, 8).get("communities", [])
        return [f"{number >> 16}:{number & 0xFFFF}" for number in numbers]

    def large_communities(self, prefix):
        found = self.attribute(prefix, 32).get("value", [])
        return [f"{one['ASN']}:{one['LocalData1']}:{one['LocalData2']}" for one in found]

    def route_targets(self, prefix):
        found = self.attribute(prefix, 16).get("value", [])
        return [one["value"] for one in found if one["type"] == 0 and one["subtype"] == 2]

    def routes(self):
        """{prefix: (next hop, path)} of the routes that it chose."""
        found = {}
        for family in ("ipv4", "ipv6"):
            for prefix, paths in json.loads(self.command("-j", "global", "rib", "-a", family)).items():
                best = next(path for path in paths if path.get("best"))
                hop, numbers = "::", []
                for attribute in best["attrs"]:
                    hop = attribute.get("nexthop", hop)
                    for segment in attribute.get("as_paths", []):
                        numbers += segment["asns"]
                found[prefix] = (hop, numbers)
        return found
