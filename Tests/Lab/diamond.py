"""Namespaces in a row with a diamond in the middle, for traceroutes:

    vp -- r1 -- r2a -- r3 -- dst
             `- r2b -'

r1 has two ways of equal cost and chooses by addresses and ports. Nothing has a name outside.
"""

import subprocess

import network

NODES = ("vp", "r1", "r2a", "r2b", "r3", "dst")
DESTINATION = "10.77.6.2"
DESTINATION6 = "2001:db8:77:6::2"
# What answers at each TTL: r3 from the side of its way back.
WAY = [{"10.77.1.2"}, {"10.77.2.2", "10.77.3.2"}, {"10.77.4.2"}, {DESTINATION}]
# The ends of each link: node, interface, node, interface; the place is the third octet.
LINKS = [("vp", "e0", "r1", "e1"), ("r1", "ea", "r2a", "e1"), ("r1", "eb", "r2b", "e1"), ("r2a", "e2", "r3", "ea"),
         ("r2b", "e2", "r3", "eb"), ("r3", "e9", "dst", "e0")]
ROUTES = [
    ("vp", "default via 10.77.1.2", "default via 2001:db8:77:1::2"),
    ("r1", "10.77.6.0/30 nexthop via 10.77.2.2 nexthop via 10.77.3.2",
     "2001:db8:77:6::/64 nexthop via 2001:db8:77:2::2 nexthop via 2001:db8:77:3::2"),
    ("r2a", "10.77.6.0/30 via 10.77.4.2", "2001:db8:77:6::/64 via 2001:db8:77:4::2"),
    ("r2a", "10.77.1.0/30 via 10.77.2.1", "2001:db8:77:1::/64 via 2001:db8:77:2::1"),
    ("r2b", "10.77.6.0/30 via 10.77.5.2", "2001:db8:77:6::/64 via 2001:db8:77:5::2"),
    ("r2b", "10.77.1.0/30 via 10.77.3.1", "2001:db8:77:1::/64 via 2001:db8:77:3::1"),
    ("r3", "default via 10.77.4.1", "default via 2001:db8:77:4::1"),
    ("dst", "default via 10.77.6.1", "default via 2001:db8:77:6::1"),
]
SETTINGS = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0",
            "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv6.icmp.ratelimit=0", "net.ipv4.fib_multipath_hash_policy=1",
            "net.ipv6.fib_multipath_hash_policy=1"]


class Diamond:
    def __init__(self):
        self.holders = {node: subprocess.Popen(
            [*network.WITH_PARENT, "unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE)
            for node in NODES}
        for node, holder in self.holders.items():
            holder.stdout.readline()
            network.run(*self.inside(node), "ip", "link", "set", "lo", "up")
            network.run(*self.inside(node), "sysctl", "-qw", *SETTINGS)
        for place, (near, near_name, far, far_name) in enumerate(LINKS, 1):
            network.run("ip", "link", "add", "dia0", "type", "veth", "peer", "name", "dia1")
            for end, (node, name, temporary) in enumerate(((near, near_name, "dia0"), (far, far_name, "dia1")), 1):
                network.run("ip", "link", "set", temporary, "netns", str(self.holders[node].pid), "name", name)
                network.run(*self.inside(node), "ip", "address", "add", f"10.77.{place}.{end}/30", "dev", name)
                network.run(*self.inside(node), "ip", "address", "add", f"2001:db8:77:{place}::{end}/64", "dev", name, "nodad")
            for node, name in ((near, near_name), (far, far_name)):
                network.run(*self.inside(node), "ip", "link", "set", name, "up")
        for node, route, route6 in ROUTES:
            network.run(*self.inside(node), "ip", "route", "add", *route.split())
            network.run(*self.inside(node), "ip", "-6", "route", "add", *route6.split())

    def inside(self, node):
        return ["nsenter", f"--net=/proc/{self.holders[node].pid}/ns/net"]

    def scamper(self, path, *commands):
        """Measures from vp, one command after the other, into a warts file."""
        words = [word for command in commands for word in ("-I", command)]
        network.run(*self.inside("vp"), "scamper", "-O", "warts", "-o", str(path), *words, timeout=120)

    def close(self):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()
