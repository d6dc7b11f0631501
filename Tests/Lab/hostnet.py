"""A router as a host source sees it: this process's network between a client
and a server, with rules of a firewall. Used by the labs of the host's own
sources and by the recorder of their fixtures.
"""

import socket
import subprocess
import sys

import network

# Python doesn't know the name.
SO_RCVBUFFORCE = 33

CLIENT, SERVER = "10.1.0.2", "10.2.0.2"
INSIDE, OUTSIDE = "10.1.0.1", "10.2.0.1"
CLIENT6, SERVER6 = "fd01::2", "fd02::2"

# The connection tracking of a namespace starts with the first rule that needs it, for each family; masquerading makes
# the addresses of both sides of a connection differ.
TRACKING = """
table inet lab {
  chain c_zone {
    type filter hook prerouting priority raw; policy accept;
    iifname "lo" notrack
    udp dport 53535 ct zone set 7
    udp sport 53535 ct zone set 7
  }
  chain c_forward {
    type filter hook forward priority 0; policy accept;
    ct state new tcp dport 5201 ct mark set 0x2a
    ct state established counter
  }
  chain c_input {
    type filter hook input priority 0; policy accept;
    ct state established counter
  }
}
table inet lab_quiet {
  chain c_output {
    type filter hook output priority raw; policy accept;
    oifname "lo" notrack
  }
}
table ip lab_nat {
  chain c_masquerade {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "server0" ip saddr 10.1.0.0/24 tcp dport 5201 masquerade
  }
}
"""


def sysctl(**settings):
    for name, value in settings.items():
        network.run("sysctl", "-qw", f"net.netfilter.nf_conntrack_{name}={value}")


def nft(rules):
    network.run("nft", "-f", "-", input=rules)


class Router:
    """The client's and the server's side, and forwarding between them."""

    def __init__(self):
        self.client = network.Peer("client", [f"{INSIDE}/24", "fd01::1/64"], [f"{CLIENT}/24", f"{CLIENT6}/64"])
        self.server = network.Peer("server", [f"{OUTSIDE}/24", "fd02::1/64"], [f"{SERVER}/24", f"{SERVER6}/64"])
        for peer, v4, v6 in ((self.client, INSIDE, "fd01::1"), (self.server, OUTSIDE, "fd02::1")):
            network.run(*peer.inside(), "ip", "route", "add", "default", "via", v4)
            network.run(*peer.inside(), "ip", "-6", "route", "add", "default", "via", v6)
        network.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        network.wait_for(lambda: self.client.reaches(SERVER), "a way from the client to the server")
        network.wait_for(lambda: self.client.reaches(SERVER6), "a way from the client to the server by IPv6")

    def ping(self, target, count, size=56):
        """Echo requests from the client."""
        network.run(
            *self.client.inside(), "ping", "-q", "-c", str(count), "-i", "0.01", "-s", str(size), "-W", "2", target)

    def datagrams(self, stream):
        """UDP from the client; the server's kernel answers with ICMP errors, as nobody listens there."""
        self.client.send([stream])

    def transfer(self, port, size, source_port=0, reply=100, target=SERVER, dialled=None):
        """A TCP connection from client to server that carries `size` bytes one way and `reply` back. The client dials a
        target, and a port where that isn't the one that the server listens at."""
        program = """
import socket, sys
listener = socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
connection, _ = listener.accept()
left = int(sys.argv[2])
while left:
    left -= len(connection.recv(min(left, 65536)))
connection.sendall(bytes(int(sys.argv[3])))
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
"""
        words = [*self.server.inside(), sys.executable, "-c", program, str(port), str(size), str(reply)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as listener:
            listener.stdout.readline()
            try:
                network.run(*self.client.inside(), sys.executable, "-c", """
import socket, sys
connection = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
# The port may be that of a connection that has ended just now.
connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
connection.bind(("", int(sys.argv[5])))
connection.connect((sys.argv[1], int(sys.argv[2])))
connection.sendall(bytes(int(sys.argv[3])))
left = int(sys.argv[4])
while left:
    left -= len(connection.recv(left))
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
""", target, str(dialled or port), str(size), str(reply), str(source_port))
            except RuntimeError:
                # It would wait for a connection for good.
                listener.kill()
                raise

    def close(self):
        subprocess.run(["nft", "flush", "ruleset"], capture_output=True)
        self.client.close()
        self.server.close()


def netlink(groups=0, buffer=4 << 20):
    """A netlink socket to netfilter, a member of groups of conntrack's events."""
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer)
    opened.bind((0, groups))
    opened.settimeout(1)
    return opened
